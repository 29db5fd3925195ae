import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../../sandbox/sandbox.js';
import {
  impersonationRights,
  requiredRights,
} from '../../../subgraphs/clusters/registration/required-rights.js';
import { FakeApiServer, type FakeRequest, sendJson } from '../../kit/fake-api-server.js';
import { everything, serviceAccountToken } from '../../kit/service-account.js';
import { eventually } from '../../kit/wait.js';
import { type Platform, startPlatform, type User, uniqueName } from './platform.js';

type Data = any;

let platform: Platform;
let admin: User;
let sandbox: Sandbox;
/** Answers as `answer` says. */
let fake: FakeApiServer;
let answer: (request: FakeRequest) => { code: number; body: unknown } | undefined;

beforeAll(async () => {
  [sandbox, fake] = await Promise.all([
    startSandbox({ name: 'one', pace: 0.1, controllers: false }),
    FakeApiServer.start((request, response) => {
      const { code, body } = answer(request) ?? { code: 404, body: 'nothing here' };
      if (typeof body === 'string') {
        response.writeHead(code, { 'content-type': 'text/html' });
        response.end(body);
      } else sendJson(response, code, body);
    }),
  ]);
  platform = await startPlatform({ origins: [sandbox.url, fake.origin] });
  admin = platform.admin;
});
afterAll(async () => {
  await platform?.dispose();
  await Promise.all([sandbox?.dispose(), fake?.close()]);
});

const checked = `check { problem message kubernetesVersion account latencyMs }
  warnings { code message remedy features group resource verbs }`;
const selection = `cluster { id name version tlsVerified impersonate permissionsCheckedAt
  permissionWarnings { code group resource verbs features } } ${checked}`;
const input = (token: string, more: object = {}) => ({
  name: uniqueName('cluster'),
  infrastructure: 'OTHER',
  server: sandbox.url,
  token,
  ...more,
});
const attempt = (given: object): Promise<Data> => admin.clusters.attempt('registerCluster', given, selection);
const register = (given: object): Promise<Data> => admin.clusters.mutate('registerCluster', given, selection);
const rulesOf = (rights: typeof requiredRights) =>
  rights.map(({ group, resource, verbs }) => ({ apiGroups: [group], resources: [resource], verbs }));
const isKept = async (name: string): Promise<boolean> =>
  (await platform.sql('SELECT id FROM clusters.cluster WHERE name = $1', [name])).length > 0;

/** A well-behaved API server but for what the test says. */
const kubernetes =
  (more: (request: FakeRequest) => ReturnType<typeof answer> = () => undefined): typeof answer =>
  (request) => {
    const given = more(request);
    if (given) return given;
    const { pathname } = request.url;
    if (pathname === '/version') return { code: 200, body: { gitVersion: 'v1.30.0' } };
    if (pathname.endsWith('/selfsubjectaccessreviews'))
      return { code: 201, body: { status: { allowed: true } } };
    if (pathname.endsWith('/selfsubjectreviews'))
      return { code: 201, body: { status: { userInfo: { username: 'somebody' } } } };
    return { code: 200, body: { metadata: { resourceVersion: '1' }, items: [] } };
  };

describe('what Meridian may not do in a cluster', () => {
  it('is nothing for an account that may do everything', async () => {
    const token = await serviceAccountToken(sandbox, [everything]);
    const { cluster, check, warnings } = await register(input(token));
    expect(warnings).toEqual([]);
    expect(check).toMatchObject({ problem: null, kubernetesVersion: 'v1.36.2' });
    expect(check.account).toMatch(/^system:serviceaccount:default:account-/);
    expect(check.latencyMs).toBeGreaterThanOrEqual(0);
    expect(cluster).toMatchObject({ permissionWarnings: [], permissionsCheckedAt: expect.any(String) });
  });

  it('is nothing for one with just the rights that are listed', async () => {
    const token = await serviceAccountToken(sandbox, rulesOf(requiredRights));
    expect((await register(input(token))).warnings).toEqual([]);
  });

  it('is told by resource and verb, with what does not work and what to do; and kept on the cluster', async () => {
    const rights = requiredRights
      .filter(({ resource }) => resource !== 'pods/exec')
      .map((right) =>
        right.resource === 'nodes' && right.group === ''
          ? { ...right, verbs: right.verbs.filter((verb) => verb !== 'patch') }
          : right,
      )
      .filter(({ verbs }) => verbs.length > 0);
    const token = await serviceAccountToken(sandbox, [
      ...rulesOf(rights),
      { apiGroups: [''], resources: ['pods/exec'], verbs: ['get'] },
    ]);
    const { cluster, warnings } = await register(input(token));
    expect(warnings).toEqual([
      {
        code: 'PERMISSION_MISSING',
        features: ['EXEC'],
        group: '',
        resource: 'pods/exec',
        verbs: ['create'],
        message: 'Meridian may not create on pods/exec. No shell or command can be opened in a container.',
        remedy: expect.stringContaining('{apiGroups: [""], resources: ["pods/exec"], verbs: ["create"]}'),
      },
      expect.objectContaining({ features: ['NODE_MAINTENANCE'], resource: 'nodes', verbs: ['patch'] }),
    ]);
    const found = await admin.clusters.query(
      'query ($id: ID!) { cluster(id: $id) { permissionWarnings { resource verbs } } }',
      { id: cluster.id },
    );
    expect(found.cluster.permissionWarnings).toEqual([
      { resource: 'pods/exec', verbs: ['create'] },
      { resource: 'nodes', verbs: ['patch'] },
    ]);
  });

  it('includes impersonating when that is asked for, and only then', async () => {
    const token = await serviceAccountToken(sandbox, rulesOf(requiredRights));
    const { cluster, warnings } = await register(input(token, { impersonate: true }));
    expect(warnings.map(({ resource }: Data) => resource)).toEqual(['users', 'groups', 'uids']);
    expect(warnings[0]).toMatchObject({ features: ['IMPERSONATION'], verbs: ['impersonate'] });
    expect(cluster.impersonate).toBe(true);
    const better = await serviceAccountToken(sandbox, rulesOf([...requiredRights, ...impersonationRights]));
    const rotated = await admin.clusters.mutate(
      'rotateClusterCredentials',
      { clusterId: cluster.id, token: better },
      selection,
    );
    expect(rotated.warnings).toEqual([]);
    expect(rotated.cluster.permissionWarnings).toEqual([]);
  });

  it('is asked again once impersonation is switched on', async () => {
    const token = await serviceAccountToken(sandbox, rulesOf(requiredRights));
    const { cluster } = await register(input(token));
    await admin.clusters.mutate('updateCluster', { clusterId: cluster.id, impersonate: true });
    await eventually(async () => {
      const found = await admin.clusters.query(
        'query ($id: ID!) { cluster(id: $id) { permissionWarnings { features } } }',
        { id: cluster.id },
      );
      return found.cluster.permissionWarnings.length === impersonationRights.length;
    });
  });

  it('is looked at again on demand, without a new version of the record', async () => {
    const narrow = await serviceAccountToken(sandbox, rulesOf(requiredRights.slice(0, 3)));
    const { cluster, warnings } = await register(input(narrow));
    expect(warnings.length).toBeGreaterThan(10);
    // Somebody gives the account more, in the cluster.
    for (const role of sandbox.api.list('clusterroles')) {
      if (!role.metadata.name?.startsWith('account-')) continue;
      sandbox.api.update('clusterroles', { ...role, rules: [everything] });
    }
    const again = await admin.clusters.mutate('checkCluster', { clusterId: cluster.id }, selection);
    expect(again).toMatchObject({
      warnings: [],
      check: { problem: null },
      cluster: { permissionWarnings: [], version: cluster.version },
    });
    const [event] = (await platform.audited('checkCluster')).filter(
      ({ target_id }) => target_id === cluster.id,
    );
    expect(event).toMatchObject({ result: 'DONE', user_id: admin.id });
  });

  it('is everything once the account of a registered cluster has lost all rights', async () => {
    const { cluster } = await register(input(await serviceAccountToken(sandbox, [everything])));
    for (const binding of sandbox.api.list('clusterrolebindings')) {
      if (!binding.metadata.name?.startsWith('account-')) continue;
      sandbox.api.remove('clusterrolebindings', undefined, binding.metadata.name);
    }
    const { warnings, cluster: now } = await admin.clusters.mutate(
      'checkCluster',
      { clusterId: cluster.id },
      selection,
    );
    expect(warnings).toHaveLength(requiredRights.length);
    expect(now.permissionWarnings).toHaveLength(requiredRights.length);
  });

  it('is unknown where the cluster can not be asked, which is said', async () => {
    answer = kubernetes(({ url }) =>
      url.pathname.includes('/selfsubject')
        ? { code: 404, body: { kind: 'Status', reason: 'NotFound', message: 'no such resource' } }
        : undefined,
    );
    const { warnings, check } = await register(input('some-token', { server: fake.origin }));
    expect(warnings).toMatchObject([
      { code: 'PERMISSIONS_UNKNOWN', features: [], resource: null, verbs: [] },
    ]);
    expect(check.account).toBeNull();
  });

  it('is found out by itself for a cluster that came with the process', async () => {
    const token = await serviceAccountToken(sandbox, rulesOf(requiredRights.slice(0, 1)));
    const kubeconfig = sandbox.kubeconfig.replace(sandbox.token, token);
    const { id } = await platform.clusters.ensureCluster({
      name: uniqueName('own'),
      displayName: 'Own',
      infrastructure: 'OTHER',
      location: null,
      labels: {},
      ingressDomain: null,
      kubeconfig,
    });
    const found = await eventually(async () => {
      const { cluster } = await admin.clusters.query(
        'query ($id: ID!) { cluster(id: $id) { permissionsCheckedAt permissionWarnings { code } } }',
        { id },
      );
      return cluster.permissionsCheckedAt && cluster;
    });
    expect(found.permissionWarnings.length).toBeGreaterThan(5);
  });
});

describe('a dry run', () => {
  it('of a registration answers like one, and keeps nothing but that somebody asked', async () => {
    const token = await serviceAccountToken(sandbox, rulesOf(requiredRights.slice(0, 3)));
    const given = input(token, { dryRun: true });
    const { cluster, check, warnings, userErrors } = await attempt(given);
    expect({ cluster, userErrors }).toEqual({ cluster: null, userErrors: [] });
    expect(check).toMatchObject({ problem: null, message: null, kubernetesVersion: 'v1.36.2' });
    expect(warnings.length).toBeGreaterThan(5);
    expect(await isKept(given.name)).toBe(false);
    // Then in earnest, under the same name.
    expect((await register({ ...given, dryRun: false })).cluster.name).toBe(given.name);
    expect((await attempt(given)).userErrors).toMatchObject([{ code: 'CONFLICT', field: ['input', 'name'] }]);
  });

  it('of a rotation leaves the credentials as they are', async () => {
    const { cluster } = await register(input(sandbox.token));
    const sealed = () =>
      platform.sql('SELECT encrypted_credentials, version FROM clusters.cluster WHERE id = $1', [cluster.id]);
    const before = await sealed();
    const token = await serviceAccountToken(sandbox, rulesOf(requiredRights.slice(0, 3)));
    const { warnings, cluster: same } = await admin.clusters.mutate(
      'rotateClusterCredentials',
      { clusterId: cluster.id, token, dryRun: true },
      selection,
    );
    expect(warnings.length).toBeGreaterThan(5);
    expect(same.permissionWarnings).toEqual([]);
    expect(await sealed()).toEqual(before);
  });

  it('needs the same permission as the real thing', async () => {
    const viewer = await platform.user({ role: 'viewer' });
    expect(
      await viewer.clusters.refusal('registerCluster', input(sandbox.token, { dryRun: true })),
    ).toMatchObject({ code: 'FORBIDDEN' });
    const { cluster } = await register(input(sandbox.token));
    expect(await viewer.clusters.refusal('checkCluster', { clusterId: cluster.id })).toMatchObject({
      code: 'FORBIDDEN',
    });
    const stranger = await platform.user({
      role: 'viewer',
      scope: { clusterId: (await register(input(sandbox.token))).cluster.id },
    });
    const hidden = await stranger.clusters.refusal('checkCluster', { clusterId: cluster.id });
    expect(hidden.code).toMatch(/FORBIDDEN|NOT_FOUND/);
  });
});

describe('what is wrong with a cluster', () => {
  it.each([
    [
      'VERSION_NOT_SUPPORTED',
      () =>
        kubernetes(({ url }) =>
          url.pathname === '/version' ? { code: 200, body: { gitVersion: 'v1.19.3' } } : undefined,
        ),
      /v1\.19\.3.*v1\.23/,
    ],
    [
      'NOT_KUBERNETES',
      () => () => ({ code: 200, body: '<html>Welcome to nginx!</html>' }),
      /not a Kubernetes API server|not JSON/,
    ],
    [
      'NOT_KUBERNETES',
      () => () => ({ code: 200, body: { name: 'elasticsearch' } }),
      /not a Kubernetes API server/,
    ],
    ['NOT_KUBERNETES', () => () => undefined, /not a Kubernetes API server/],
    ['NOT_KUBERNETES', () => () => ({ code: 200, body: [] }), /not a Kubernetes API server/],
    ['FAILING', () => () => ({ code: 500, body: 'oops' }), /HTTP 500/],
    [
      'CREDENTIALS_REJECTED',
      () =>
        kubernetes(({ url }) =>
          url.pathname === '/version'
            ? undefined
            : { code: 401, body: { kind: 'Status', message: 'Unauthorized' } },
        ),
      /refuses these credentials/,
    ],
    [
      'CREDENTIALS_REJECTED',
      () =>
        kubernetes(({ url }) =>
          url.pathname.endsWith('/selfsubjectreviews')
            ? { code: 201, body: { status: { userInfo: { username: 'system:anonymous' } } } }
            : undefined,
        ),
      /nobody/,
    ],
    [
      'NO_PERMISSIONS',
      () =>
        kubernetes(({ url }) =>
          url.pathname.endsWith('accessreviews')
            ? { code: 201, body: { status: { allowed: false } } }
            : undefined,
        ),
      /may do nothing/,
    ],
  ] as const)('is %s, in a word and in words (%#)', async (problem, behaviour, message) => {
    answer = behaviour() as typeof answer;
    const given = input('some-token', { server: fake.origin });
    for (const dryRun of [true, false]) {
      const payload = await attempt({ ...given, dryRun });
      expect(payload.cluster).toBeNull();
      expect(payload.userErrors).toMatchObject([{ code: 'BAD_USER_INPUT', field: ['input', 'server'] }]);
      expect(payload.userErrors[0].message).toMatch(message);
      expect(payload.userErrors[0].message).not.toMatch(/127\.0\.0\.1|some-token|<html>/);
      expect(payload.check).toMatchObject({ problem, message: payload.userErrors[0].message });
    }
    expect(await isKept(given.name)).toBe(false);
  });

  it('is told of a registered one as well: by its status and by checkCluster', async () => {
    answer = kubernetes();
    const { cluster } = await register(input('some-token', { server: fake.origin }));
    answer = () => ({ code: 401, body: { kind: 'Status', message: 'Unauthorized' } });
    const { check, warnings, userErrors } = await admin.clusters.attempt(
      'checkCluster',
      { clusterId: cluster.id },
      selection,
    );
    expect(userErrors).toEqual([]);
    expect(warnings).toEqual([]);
    expect(check).toMatchObject({ problem: 'CREDENTIALS_REJECTED' });
    await eventually(async () => {
      const found = await admin.clusters.query('query ($id: ID!) { cluster(id: $id) { status problem } }', {
        id: cluster.id,
      });
      return (
        found.cluster.status === 'CREDENTIALS_REJECTED' && found.cluster.problem === 'CREDENTIALS_REJECTED'
      );
    });
  });
});
