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
