import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../../sandbox/sandbox.js';
import { makeAuthority, type TestAuthority } from '../../kit/authority.js';
import { FaultProxy } from '../../kit/fault-proxy.js';
import { eventually } from '../../kit/wait.js';
import { type Platform, startPlatform, type User, uniqueName } from './platform.js';

type Data = any;

let platform: Platform;
let admin: User;
let sandbox: Sandbox;
let authority: TestAuthority;
let other: TestAuthority;
/** Speaks TLS with the certificate that a test gives it, in front of the sandbox. */
let proxy: FaultProxy;

beforeAll(async () => {
  [sandbox, authority, other] = await Promise.all([
    startSandbox({ name: 'one', pace: 0.1, controllers: false }),
    makeAuthority(),
    makeAuthority(),
  ]);
  proxy = await FaultProxy.start(sandbox.url, await authority.issue());
  platform = await startPlatform({ origins: [proxy.url, sandbox.url] });
  admin = platform.admin;
});
afterAll(async () => {
  await platform?.dispose();
  await proxy?.dispose();
  await sandbox?.dispose();
});

const selection = 'cluster { id tlsVerified status } check { problem } warnings { code }';
const input = (more: object = {}) => ({
  name: uniqueName('cluster'),
  infrastructure: 'OTHER',
  server: proxy.url,
  token: sandbox.token,
  caCertificate: authority.certificate,
  ...more,
});
const attempt = (given: object, user: User = admin): Promise<Data> =>
  user.clusters.attempt('registerCluster', given, selection);
const register = async (given: object): Promise<Data> => {
  const payload = await admin.clusters.mutate('registerCluster', given, selection);
  return payload;
};
const find = async (id: string, fields: string): Promise<Data> =>
  (await admin.clusters.query(`query ($id: ID!) { cluster(id: $id) { ${fields} } }`, { id })).cluster;

const base64 = (text: string) => Buffer.from(text).toString('base64');
const kubeconfig = (cluster: object, user: object = { token: sandbox.token }) =>
  JSON.stringify({
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster: { server: proxy.url, ...cluster } }],
    users: [{ name: 'u', user }],
  });

describe('the certificate of an API server (CL-9)', () => {
  it.each([
    ['of another authority', 'TLS_UNKNOWN_AUTHORITY', 'caCertificate', () => other.issue()],
    [
      'for another name',
      'TLS_WRONG_NAME',
      'tlsServerName',
      () => authority.issue({ names: ['kube.elsewhere'] }),
    ],
    ['that has expired', 'TLS_EXPIRED', 'expired', () => authority.issue({ fromDays: -9, toDays: -2 })],
    [
      'that is not valid yet',
      'TLS_NOT_YET_VALID',
      'not valid yet',
      () => authority.issue({ fromDays: 2, toDays: 9 }),
    ],
  ] as const)('%s is refused as %s, and no credential is sent', async (_what, problem, said, issue) => {
    proxy.useCertificate(await issue());
    const given = input();
    const token = uniqueName('token');
    const { cluster, check, userErrors } = await attempt({ ...given, token });
    expect({ cluster, check }).toEqual({ cluster: null, check: { problem } });
    expect(userErrors).toMatchObject([{ code: 'BAD_USER_INPUT', field: ['input', 'server'] }]);
    expect(userErrors[0].message).toContain(said);
    // Never tried again without verification.
    expect(proxy.seen(({ headers }) => headers.authorization === `Bearer ${token}`)).toEqual([]);
    proxy.useCertificate(await authority.issue());
    expect((await register(given)).cluster.tlsVerified).toBe(true);
  });

  it('for another name is accepted when that name is given', async () => {
    proxy.useCertificate(await authority.issue({ names: ['kube.elsewhere'] }));
    const { cluster } = await register(input({ tlsServerName: 'kube.elsewhere' }));
    expect(cluster.tlsVerified).toBe(true);
    proxy.useCertificate(await authority.issue());
  });

  it('is not looked at on an origin with plain http, which is shown', async () => {
    const { cluster, warnings } = await register(input({ server: sandbox.url, caCertificate: null }));
    expect(cluster.tlsVerified).toBe(false);
    expect(warnings).toEqual([]);
  });

  it('that turns bad later is told by the status of the cluster', async () => {
    proxy.useCertificate(await authority.issue());
    const { cluster } = await register(input());
    await eventually(async () => (await find(cluster.id, 'status')).status === 'READY');
    proxy.useCertificate(await authority.issue({ fromDays: -9, toDays: -2 }));
    for (const socket of proxy.sockets) socket.destroy();
    await eventually(async () => (await find(cluster.id, 'problem')).problem === 'TLS_EXPIRED');
    proxy.useCertificate(await authority.issue());
    await eventually(async () => (await find(cluster.id, 'status')).status === 'READY', { seconds: 40 });
  });
});

describe('a certificate that nobody verifies', () => {
  it('needs a right of its own, is warned of and shown', async () => {
    proxy.useCertificate(await other.issue());
    const { role } = await admin.identity.mutate(
      'createRole',
      {
        name: uniqueName('registrar'),
        permissions: ['clusters.register', 'clusters.read', 'clusters.update'],
      },
      'role { name }',
    );
    const registrar = await platform.user({ role: role.name });
    const given = input({ caCertificate: null, insecureSkipTlsVerify: true });
    expect((await attempt(given, registrar)).userErrors).toMatchObject([
      { code: 'FORBIDDEN', message: expect.stringContaining('clusters.skip-verification') },
    ]);
    const { cluster, warnings } = await register(given);
    expect(cluster.tlsVerified).toBe(false);
    expect(warnings).toEqual([{ code: 'TLS_NOT_VERIFIED' }]);
    await eventually(async () => (await find(cluster.id, 'status')).status === 'READY');

    // Each rotation says it again, or verifies.
    const rotation = { clusterId: cluster.id, token: sandbox.token };
    const refusal = await admin.clusters.attempt('rotateClusterCredentials', rotation, selection);
    expect(refusal.check).toEqual({ problem: 'TLS_UNKNOWN_AUTHORITY' });
    const asked = { ...rotation, insecureSkipTlsVerify: true };
    expect(await registrar.clusters.refusal('rotateClusterCredentials', asked)).toMatchObject({
      code: 'FORBIDDEN',
    });
    await admin.clusters.mutate('rotateClusterCredentials', asked);
    const verified = await admin.clusters.mutate(
      'rotateClusterCredentials',
      { ...rotation, caCertificate: other.certificate },
      selection,
    );
    expect(verified.cluster.tlsVerified).toBe(true);
    proxy.useCertificate(await authority.issue());
  });

  it('is refused in a kubeconfig unless the input says it as well', async () => {
    proxy.useCertificate(await other.issue());
    const given = {
      name: uniqueName('cluster'),
      infrastructure: 'OTHER',
      kubeconfig: kubeconfig({ 'insecure-skip-tls-verify': true }),
    };
    const { userErrors } = await attempt(given);
    expect(userErrors[0].message).toContain('clusters[0].cluster.insecure-skip-tls-verify');
    expect((await register({ ...given, insecureSkipTlsVerify: true })).cluster.tlsVerified).toBe(false);
    proxy.useCertificate(await authority.issue());
  });

  it('and an authority contradict each other', async () => {
    const both = { insecureSkipTlsVerify: true };
    expect((await attempt(input(both))).userErrors).toMatchObject([
      { code: 'BAD_USER_INPUT', field: ['input', 'caCertificate'] },
    ]);
    const document = kubeconfig({ 'certificate-authority-data': base64(authority.certificate) });
    const inKubeconfig = {
      name: uniqueName('c'),
      infrastructure: 'OTHER',
      kubeconfig: document,
      ...both,
    };
    expect((await attempt(inKubeconfig)).userErrors[0].message).toContain('certificate-authority-data');
  });
});

describe('an authority that is replaced', () => {
  it('by way of both together: nothing is cut, and the old one counts no more after', async () => {
    proxy.useCertificate(await authority.issue());
    const { cluster } = await register(input());
    await eventually(async () => (await find(cluster.id, 'status')).status === 'READY');
    const connection = await platform.services.connections.get(cluster.id);
    const rotate = (caCertificate: string) =>
      admin.clusters.attempt(
        'rotateClusterCredentials',
        { clusterId: cluster.id, token: sandbox.token, caCertificate },
        selection,
      );
    // The new one alone is not that of the server yet.
    expect((await rotate(other.certificate)).check).toEqual({ problem: 'TLS_UNKNOWN_AUTHORITY' });
    expect((await rotate(authority.certificate + other.certificate)).userErrors).toEqual([]);
    proxy.useCertificate(await other.issue());
    for (const socket of proxy.sockets) socket.destroy();
    await eventually(async () => (await find(cluster.id, 'status')).status === 'READY');
    expect((await rotate(other.certificate)).userErrors).toEqual([]);
    await eventually(async () => (await find(cluster.id, 'status')).status === 'READY');
    expect(connection.closed.aborted).toBe(false);
    proxy.useCertificate(await authority.issue());
    for (const socket of proxy.sockets) socket.destroy();
    await eventually(async () => (await find(cluster.id, 'problem')).problem === 'TLS_UNKNOWN_AUTHORITY');
  });
});
