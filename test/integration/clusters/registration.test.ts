import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../../sandbox/sandbox.js';
import { caCertificate, otherCaCertificate } from '../../kit/certificates.js';
import { FakeApiServer, sendJson } from '../../kit/fake-api-server.js';
import { everything, serviceAccountToken } from '../../kit/service-account.js';
import { eventually } from '../../kit/wait.js';
import { type Platform, startPlatform, type User, uniqueName } from './platform.js';

const fields =
  'cluster { id name displayName infrastructure location labels ingressDomain status kubernetesVersion version }';

let platform: Platform;
let admin: User;
let sandbox: Sandbox;
let other: Sandbox;
/** Speaks TLS with a certificate that the test authority signed. */
let tls: FakeApiServer;
/** Counts who comes by; nobody should. */
let listening: FakeApiServer;

beforeAll(async () => {
  [sandbox, other, tls, listening] = await Promise.all([
    startSandbox({ name: 'one', pace: 0.1 }),
    startSandbox({ name: 'two', pace: 0.1, version: 'v1.35.0' }),
    FakeApiServer.start(
      (_request, response) => sendJson(response, 200, { gitVersion: 'v1.30.0', items: [] }),
      {
        tls: true,
      },
    ),
    FakeApiServer.start((_request, response) => sendJson(response, 200, {})),
  ]);
  platform = await startPlatform({
    origins: [sandbox.url, other.url, tls.origin, listening.origin, 'http://127.0.0.1:9'],
  });
  admin = platform.admin;
});
afterAll(async () => {
  await platform?.dispose();
  await Promise.all([sandbox?.dispose(), other?.dispose(), tls?.close(), listening?.close()]);
});

const input = (more: object = {}) => ({
  name: uniqueName('cluster'),
  infrastructure: 'VMWARE',
  kubeconfig: sandbox.kubeconfig,
  ...more,
});
const withToken = (more: object = {}) => ({
  name: uniqueName('cluster'),
  infrastructure: 'OTHER',
  server: sandbox.url,
  token: sandbox.token,
  ...more,
});
const register = async (more: object = {}) =>
  (await admin.clusters.mutate('registerCluster', input(more), fields)).cluster;
/** Another token of an account that may do everything. */
const otherToken = (of: Sandbox) => serviceAccountToken(of, [everything]);
const find = async (id: string, selection = 'status version') =>
  (await admin.clusters.query(`query ($id: ID!) { cluster(id: $id) { ${selection} } }`, { id })).cluster;
const statusOf = async (id: string): Promise<string> => (await find(id, 'status')).status;

describe('registering a cluster', () => {
  it('looks at it first, keeps what describes it, and soon knows that it is ready', async () => {
    const cluster = await register({
      displayName: 'Frankfurt 1',
      location: 'Frankfurt',
      labels: { tier: 'gold' },
      ingressDomain: 'apps.example.com',
    });
    expect(cluster).toMatchObject({
      displayName: 'Frankfurt 1',
      infrastructure: 'VMWARE',
      location: 'Frankfurt',
      labels: { tier: 'gold' },
      ingressDomain: 'apps.example.com',
      kubernetesVersion: 'v1.36.2',
      version: 1,
    });
    await eventually(async () => (await statusOf(cluster.id)) === 'READY');
    const events = (await platform.audited('registerCluster')).filter(
      (event) => event.target_id === cluster.id,
    );
    expect(events).toMatchObject([{ result: 'DONE', user_id: admin.id, target_name: cluster.name }]);
    expect(events[0].changes).toContainEqual({ path: 'server', before: null, after: sandbox.url });
  });

  it('works with server and token instead of a kubeconfig', async () => {
    const { cluster } = await admin.clusters.mutate('registerCluster', withToken(), fields);
    await eventually(async () => (await statusOf(cluster.id)) === 'READY');
  });

  it('needs clusters.register for the platform', async () => {
    const viewer = await platform.user({ role: 'viewer' });
    expect(await viewer.clusters.refusal('registerCluster', input())).toMatchObject({ code: 'FORBIDDEN' });
    const { errors } = await platform.anonymous.clusters.send(
      'mutation ($input: RegisterClusterInput!) { registerCluster(input: $input) { userErrors { code } } }',
      { input: input() },
    );
    expect(errors[0].extensions.code).toBe('UNAUTHENTICATED');
  });

  it('of a taken name twice at once succeeds once, and the others get CONFLICT (DB-10)', async () => {
    const same = input();
    const payloads = await Promise.all(
      Array.from({ length: 4 }, () => admin.clusters.attempt('registerCluster', same, 'cluster { id }')),
    );
    const refused = payloads.filter(({ cluster }) => cluster === null);
    expect(refused).toHaveLength(3);
    for (const { userErrors } of refused) {
      expect(userErrors).toMatchObject([{ code: 'CONFLICT', field: ['input', 'name'] }]);
    }
  });

  it('repeated with its idempotency key gives the same cluster', async () => {
    const same = input({ idempotencyKey: uniqueName('key') });
    const first = await admin.clusters.mutate('registerCluster', same, 'cluster { id }');
    expect(await admin.clusters.mutate('registerCluster', same, 'cluster { id }')).toEqual(first);
  });

  it.each([
    [{ displayName: ' ' }, 'displayName'],
    [{ location: 'a\nb' }, 'location'],
    [{ ingressDomain: 'Not A Domain' }, 'ingressDomain'],
    [{ labels: [] }, 'labels'],
    [{ labels: { tier: 1 } }, 'labels'],
    [{ kubeconfig: null }, 'kubeconfig'],
    [{ token: 'x' }, 'token'],
  ])('refuses %j', async (more, field) => {
    const refusal = await admin.clusters.refusal('registerCluster', input(more));
    expect(refusal.code).toBe('BAD_USER_INPUT');
    expect(refusal.field.slice(0, 2)).toEqual(['input', field]);
  });
});

describe('a cluster that cannot be used', () => {
  it.each([
    [
      'that refuses connections',
      () => withToken({ server: 'http://127.0.0.1:9' }),
      ['input', 'server'],
      /refuses connections/,
    ],
    [
      'with a wrong token',
      () => withToken({ token: 'wrong-token' }),
      ['input', 'server'],
      /refuses these credentials/,
    ],
    [
      'whose authority is another (CL-9)',
      () => withToken({ server: tls.origin, caCertificate: otherCaCertificate }),
      ['input', 'server'],
      /certificate of an authority that was not registered/,
    ],
    [
      'whose authority is not given (CL-9)',
      () => withToken({ server: tls.origin }),
      ['input', 'server'],
      /certificate of an authority that was not registered/,
    ],
  ])('%s is refused at its field, and not kept', async (_what, given, field, message) => {
    const attempt = given();
    const refusal = await admin.clusters.refusal('registerCluster', attempt);
    expect(refusal).toMatchObject({ code: 'BAD_USER_INPUT', field });
    expect(refusal.message).toMatch(message);
    expect(refusal.message).not.toContain('127.0.0.1');
    expect(await platform.sql('SELECT id FROM clusters.cluster WHERE name = $1', [attempt.name])).toEqual([]);
  });

  it('is accepted with the right authority', async () => {
    const { cluster } = await admin.clusters.mutate(
      'registerCluster',
      withToken({ server: tls.origin, caCertificate, token: 'whatever' }),
      fields,
    );
    expect(cluster.kubernetesVersion).toBe('v1.30.0');
    await admin.clusters.mutate('unregisterCluster', { clusterId: cluster.id });
  });
});

describe('changing what describes a cluster', () => {
  it('is told to nobody who holds its connection; new credentials are, and keep it too', async () => {
    const drops: string[] = [];
    const stop = platform.services.connections.onDropped((id) => drops.push(id));
    const { id: clusterId } = await register();
    const dropped = () => drops.filter((id) => id === clusterId).length;
    const connection = await platform.services.connections.get(clusterId);
    await admin.clusters.mutate('updateCluster', { clusterId, displayName: 'Renamed' });
    await admin.clusters.mutate('rotateClusterCredentials', { clusterId, token: sandbox.token });
    expect(dropped()).toBe(0);
    await admin.clusters.mutate('rotateClusterCredentials', { clusterId, token: await otherToken(sandbox) });
    await eventually(() => dropped() === 1);
    expect(connection.closed.aborted).toBe(false);
    await admin.clusters.mutate('rotateClusterCredentials', { clusterId, kubeconfig: other.kubeconfig });
    await eventually(() => connection.closed.aborted);
    stop();
  });
});

describe('credentials', () => {
  it('are encrypted at rest, bound to their cluster, and in no log, audit event or answer (SE-4)', async () => {
    const { cluster } = await admin.clusters.mutate('registerCluster', withToken(), fields);
    const rows = await platform.sql('SELECT * FROM clusters.cluster');
    const published = await platform.sql('SELECT * FROM clusters.published_connection WHERE id = $1', [
      cluster.id,
    ]);
    expect(published[0].encrypted_credentials).toMatch(/^v1:/);
    const audit = await platform.sql('SELECT * FROM audit.event');
    const keys = await platform.sql('SELECT * FROM clusters.idempotency_key');
    for (const text of [rows, audit, keys, platform.log].map((part) => JSON.stringify(part))) {
      expect(text).not.toContain(sandbox.token);
      expect(text).not.toContain(Buffer.from(sandbox.token).toString('base64').slice(0, -3));
    }
    // A row that was copied to another cluster can't be read.
    const victim = await register();
    await platform.sql('UPDATE clusters.cluster SET encrypted_credentials = $1 WHERE id = $2', [
      published[0].encrypted_credentials,
      victim.id,
    ]);
    await platform.services.connections.drop(victim.id, 'CREDENTIALS_CHANGED');
    await eventually(async () => (await statusOf(victim.id)) === 'UNREACHABLE');
    await admin.clusters.mutate('unregisterCluster', { clusterId: victim.id });
  });

  it('stay when a cluster is changed without them (SE-3)', async () => {
    const cluster = await register({ location: 'Bonn' });
    const before = await platform.sql('SELECT encrypted_credentials FROM clusters.cluster WHERE id = $1', [
      cluster.id,
    ]);
    const { cluster: changed } = await admin.clusters.mutate(
      'updateCluster',
      { clusterId: cluster.id, displayName: 'Changed', location: null, version: 1 },
      fields,
    );
    expect(changed).toMatchObject({
      displayName: 'Changed',
      location: null,
      infrastructure: 'VMWARE',
      version: 2,
    });
    const after = await platform.sql('SELECT encrypted_credentials FROM clusters.cluster WHERE id = $1', [
      cluster.id,
    ]);
    expect(after).toEqual(before);
    const refusal = await admin.clusters.refusal('updateCluster', {
      clusterId: cluster.id,
      displayName: 'Late',
      version: 1,
    });
    expect(refusal).toMatchObject({ code: 'CONFLICT', field: ['input', 'version'] });
  });

  it('must be given anew for a new server: old ones are never sent to it (SE-3)', async () => {
    const cluster = await register();
    const refusal = await admin.clusters.refusal('rotateClusterCredentials', {
      clusterId: cluster.id,
      server: listening.origin,
    });
    expect(refusal).toMatchObject({ code: 'BAD_USER_INPUT', field: ['input', 'token'] });
    expect(refusal.message).toContain('Changing the server requires new credentials');
    expect(listening.connections).toBe(0);
  });

  it('are replaced only by ones that work, and the cluster is then reached with them', async () => {
    const cluster = await register();
    const refusal = await admin.clusters.refusal('rotateClusterCredentials', {
      clusterId: cluster.id,
      token: 'wrong-token',
    });
    expect(refusal).toMatchObject({ code: 'BAD_USER_INPUT', field: ['input', 'token'] });
    expect(await statusOf(cluster.id)).not.toBe('CREDENTIALS_REJECTED');
    await admin.clusters.mutate('rotateClusterCredentials', {
      clusterId: cluster.id,
      kubeconfig: other.kubeconfig,
    });
    await eventually(async () => {
      const now = await find(cluster.id, 'status kubernetesVersion');
      return now.status === 'READY' && now.kubernetesVersion === 'v1.35.0';
    });
    const [event] = (await platform.audited('rotateClusterCredentials')).filter(
      ({ target_id, result }) => target_id === cluster.id && result === 'DONE',
    );
    expect(event.changes).toContainEqual({ path: 'credentials', before: null, after: 'replaced' });
  });
});

describe('unregistering a cluster', () => {
  it('wipes its credentials, frees its name, and is then as absent', async () => {
    const cluster = await register();
    await admin.clusters.mutate('unregisterCluster', { clusterId: cluster.id });
    expect(await find(cluster.id)).toBeNull();
    const [row] = await platform.sql('SELECT * FROM clusters.cluster WHERE id = $1', [cluster.id]);
    expect(row.encrypted_credentials).toBeNull();
    await eventually(async () =>
      platform.services.connections.get(cluster.id).then(
        () => false,
        () => true,
      ),
    );
    expect((await register({ name: cluster.name })).id).not.toBe(cluster.id);
    const again = await admin.clusters.refusal('unregisterCluster', { clusterId: cluster.id });
    expect(again).toMatchObject({ code: 'NOT_FOUND', field: ['input', 'clusterId'] });
  });

  it('is refused while there are environments on it, unless forced; what refers to it still finds it', async () => {
    const cluster = await register();
    const { project } = await admin.projects.mutate(
      'createProject',
      { name: uniqueName('shop') },
      'project { id }',
    );
    const { environment } = await admin.projects.mutate(
      'createEnvironment',
      { projectId: project.id, landscape: 'DEV', clusterId: cluster.id },
      'environment { id }',
    );
    const refusal = await admin.clusters.refusal('unregisterCluster', { clusterId: cluster.id });
    expect(refusal).toMatchObject({ code: 'CONFLICT', field: ['input', 'force'] });
    const [{ namespace, project_name: shop }] = await platform.sql(
      'SELECT namespace, project_name FROM projects.published_environment WHERE id = $1',
      [environment.id],
    );
    expect(refusal.message).toBe(
      `There is 1 environment on the cluster: ${shop} in DEV (namespace ${namespace}). Delete them first, or give force: true to leave them behind.`,
    );
    // Who may not see the environment learns that there is one, and nothing of it.
    const { role } = await admin.identity.mutate(
      'createRole',
      { name: uniqueName('remover'), permissions: ['clusters.read', 'clusters.unregister'] },
      'role { name }',
    );
    const remover = await platform.user({ role: role.name });
    expect((await remover.clusters.refusal('unregisterCluster', { clusterId: cluster.id })).message).toMatch(
      /^There is 1 environment on the cluster: 1 that you may not see\. /,
    );
    await admin.clusters.mutate('unregisterCluster', { clusterId: cluster.id, force: true });
    const { _entities } = await admin.clusters.query(
      'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Cluster { name status statusReason observed { error { code } } } } }',
      { r: [{ __typename: 'Cluster', id: cluster.id }] },
    );
    expect(_entities).toEqual([
      {
        name: cluster.name,
        status: 'UNKNOWN',
        statusReason: 'The cluster was unregistered.',
        observed: { error: { code: 'NOT_FOUND' } },
      },
    ]);
    await admin.projects.mutate('deleteEnvironment', { environmentId: environment.id });
    await eventually(
      async () =>
        (await platform.sql('SELECT id FROM projects.environment WHERE id = $1', [environment.id])).length ===
        0,
    );
  });
});

describe('a cluster that comes with the process', () => {
  it('is registered once by name, follows its address, and is audited without an actor', async () => {
    const name = uniqueName('sandbox');
    const given = {
      name,
      displayName: 'Sandbox',
      infrastructure: 'OTHER',
      location: null,
      kubeconfig: sandbox.kubeconfig,
      ingressDomain: null,
      labels: {},
    } as const;
    const { id } = await platform.clusters.ensureCluster(given);
    expect(await platform.clusters.ensureCluster(given)).toEqual({ id });
    await eventually(async () => (await statusOf(id)) === 'READY');
    await admin.clusters.mutate('updateCluster', { clusterId: id, displayName: 'Mine' });
    expect(await platform.clusters.ensureCluster({ ...given, kubeconfig: other.kubeconfig })).toEqual({ id });
    await eventually(async () => (await find(id, 'kubernetesVersion')).kubernetesVersion === 'v1.35.0');
    expect(await find(id, 'displayName')).toEqual({ displayName: 'Mine' });
    const events = (await platform.audited('startup')).filter((event) => event.target_id === id);
    expect(events).toMatchObject([
      { user_id: null, request_id: 'startup', result: 'DONE' },
      { user_id: null, request_id: 'startup', result: 'DONE' },
    ]);
  });
});
