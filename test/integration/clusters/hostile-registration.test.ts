import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FakeApiServer, sendJson } from '../../kit/fake-api-server.js';
import { hostileNames } from '../../kit/hostile-names.js';
import { type Platform, startPlatform, type User, uniqueName } from './platform.js';

let platform: Platform;
let admin: User;
/** Both count who comes by; nobody should, though one's address is allowed. */
let trap: FakeApiServer;
let listening: FakeApiServer;

beforeAll(async () => {
  [trap, listening] = await Promise.all([
    FakeApiServer.start((_request, response) => sendJson(response, 200, {})),
    FakeApiServer.start((_request, response) => sendJson(response, 200, {})),
  ]);
  platform = await startPlatform({ origins: [listening.origin] });
  admin = platform.admin;
});
afterAll(async () => {
  await platform?.dispose();
  await Promise.all([trap?.close(), listening?.close()]);
});

const withToken = (more: object = {}) => ({
  name: uniqueName('cluster'),
  infrastructure: 'OTHER',
  server: listening.origin,
  token: 'some-token',
  ...more,
});

describe('a hostile name of a cluster (IN-5)', () => {
  it.each(hostileNames)('is refused before anything is sent: %j', async (name) => {
    const refusal = await admin.clusters.refusal(
      'registerCluster',
      withToken({ name, server: listening.origin }),
    );
    expect(refusal).toMatchObject({ code: 'BAD_USER_INPUT', field: ['input', 'name'] });
    expect(listening.connections).toBe(0);
    const { data, errors } = await admin.clusters.send(
      'query ($name: String!) { cluster(name: $name) { id } }',
      {
        name,
      },
    );
    expect(data?.cluster ?? null).toBeNull();
    expect(errors[0].extensions.code).toBe('BAD_USER_INPUT');
  });
});

describe('a hostile registration (IN-8)', () => {
  const kubeconfig = (cluster: object, user: object = {}) =>
    JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'c',
      contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
      clusters: [{ name: 'c', cluster: { server: listening.origin, ...cluster } }],
      users: [{ name: 'u', user: { token: 'some-token', ...user } }],
    });

  it.each([
    ['users[0].user.exec', () => kubeconfig({}, { exec: { command: 'sh', args: ['-c', 'id'] } })],
    ['users[0].user.auth-provider', () => kubeconfig({}, { 'auth-provider': { name: 'gcp' } })],
    ['users[0].user.token-file', () => kubeconfig({}, { 'token-file': '/etc/passwd' })],
    ['users[0].user.tokenFile', () => kubeconfig({}, { tokenFile: '/etc/passwd' })],
    ['users[0].user.client-key', () => kubeconfig({}, { 'client-key': '/etc/passwd' })],
    ['users[0].user.client-certificate', () => kubeconfig({}, { 'client-certificate': '/etc/passwd' })],
    ['users[0].user.as', () => kubeconfig({}, { as: 'root' })],
    ['users[0].user.as-uid', () => kubeconfig({}, { 'as-uid': '0' })],
    ['users[0].user.as-groups', () => kubeconfig({}, { 'as-groups': ['system:masters'] })],
    ['users[0].user.as-user-extra', () => kubeconfig({}, { 'as-user-extra': { scopes: ['all'] } })],
    ['users[0].user.username', () => kubeconfig({}, { username: 'admin', password: 'hunter2' })],
    ['users[0].user.surprise', () => kubeconfig({}, { surprise: true })],
    ['clusters[0].cluster.surprise', () => kubeconfig({ surprise: 'x' })],
    [
      'clusters[0].cluster.certificate-authority',
      () => kubeconfig({ 'certificate-authority': '/etc/passwd' }),
    ],
    ['clusters[0].cluster.proxy-url', () => kubeconfig({ 'proxy-url': trap.origin })],
    ['clusters[0].cluster.insecure-skip-tls-verify', () => kubeconfig({ 'insecure-skip-tls-verify': true })],
    ['clusters[0].cluster.server', () => kubeconfig({ server: trap.origin })],
    ['clusters[0].cluster.server', () => kubeconfig({ server: `https://127.0.0.1:${trap.port}` })],
    ['clusters[0].cluster.server', () => kubeconfig({ server: `https://[::1]:${trap.port}` })],
    ['clusters[0].cluster.server', () => kubeconfig({ server: 'http://169.254.169.254' })],
    ['clusters[0].cluster.server', () => kubeconfig({ server: 'https://169.254.169.254' })],
    ['clusters[0].cluster.server', () => kubeconfig({ server: 'https://10.0.0.1:6443' })],
    ['clusters[0].cluster.server', () => kubeconfig({ server: `https://[::ffff:127.0.0.1]:${trap.port}` })],
    ['clusters[0].cluster.server', () => kubeconfig({ server: `https://[::127.0.0.1]:${trap.port}` })],
    ['clusters[0].cluster.server', () => kubeconfig({ server: 'https://[fe80::1]' })],
    ['clusters[0].cluster.server', () => kubeconfig({ server: 'https://[fd00:ec2::254]' })],
    ['clusters[0].cluster.server', () => kubeconfig({ server: 'file:///etc/passwd' })],
    ['clusters[0].cluster.server', () => kubeconfig({ server: 'https://user:hunter2@example.com' })],
    ['', () => 'a: &a [1]\nb: *a'],
    ['', () => 'not a kubeconfig'],
  ])('is refused naming %s, with no connection made', async (path, document) => {
    const refusal = await admin.clusters.refusal('registerCluster', {
      name: uniqueName('cluster'),
      infrastructure: 'OTHER',
      kubeconfig: document(),
    });
    expect(refusal).toMatchObject({ code: 'BAD_USER_INPUT' });
    expect(refusal.field.slice(0, 2)).toEqual(['input', 'kubeconfig']);
    expect([...refusal.field.slice(2), refusal.message].join(' ')).toContain(path);
    expect(refusal.message).not.toContain('hunter2');
    expect(trap.connections + listening.connections).toBe(0);
  });

  it('is refused with the problem in a word, also in a dry run', async () => {
    const given = withToken({ server: `https://localhost:${trap.port}`, dryRun: true });
    const payload = await admin.clusters.attempt('registerCluster', given, 'check { problem }');
    expect(payload).toMatchObject({
      check: { problem: 'ADDRESS_NOT_ALLOWED' },
      userErrors: [{ code: 'BAD_USER_INPUT', field: ['input', 'server'] }],
    });
    expect(trap.connections).toBe(0);
  });

  it.each([
    [{ tlsServerName: 'a b' }, 'tlsServerName'],
    [{ tlsServerName: 'x'.repeat(254) }, 'tlsServerName'],
    [{ caCertificate: 'not a certificate' }, 'caCertificate'],
    [{ token: 'two words' }, 'token'],
    [{ token: 'x'.repeat(20_000) }, 'token'],
    [{ kubeconfig: 'a: b', token: '', server: '', tlsServerName: 'kube.test' }, 'tlsServerName'],
  ])('is refused for %j at its field, with nothing sent', async (more, field) => {
    const before = listening.connections;
    const refusal = await admin.clusters.refusal('registerCluster', withToken(more));
    expect(refusal).toMatchObject({ code: 'BAD_USER_INPUT', field: ['input', field] });
    expect(listening.connections).toBe(before);
  });

  it.each([
    'https://localhost:1',
    'https://127.1',
    'https://0x7f.0.0.1',
    'ftp://example.com',
    'https://example.com/?a=b',
  ])('is refused at input.server: %s', async (server) => {
    const refusal = await admin.clusters.refusal('registerCluster', withToken({ server }));
    expect(refusal).toMatchObject({ code: 'BAD_USER_INPUT', field: ['input', 'server'] });
  });
});
