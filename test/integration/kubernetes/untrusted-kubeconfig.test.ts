import childProcess from 'node:child_process';
import dns from 'node:dns';
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { BadUserInputError, ClusterUnavailableError } from '../../../subgraphs/shared/errors.js';
import { createAddressPolicy } from '../../../subgraphs/shared/kubernetes/address-policy.js';
import { Connections } from '../../../subgraphs/shared/kubernetes/connections.js';
import { readKubeconfig } from '../../../subgraphs/shared/kubernetes/kubeconfig.js';
import { collectionPath, resources } from '../../../subgraphs/shared/kubernetes/resources.js';
import { FakeApiServer, noActors, sendJson, silentLogger, tokenFor } from '../../kit/fake-api-server.js';

const stack: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  vi.restoreAllMocks();
  syncBuiltinESMExports();
  for (const dispose of stack.splice(0).reverse()) await dispose();
});

async function listener(): Promise<FakeApiServer> {
  const server = await FakeApiServer.start((_request, response) => sendJson(response, 200, { items: [] }));
  stack.push(() => server.close());
  return server;
}

/** Counts whatever would run a program, open a file or resolve a name. */
function traced() {
  const calls: string[] = [];
  const watch = <T extends object>(target: T, name: string, methods: readonly (keyof T & string)[]) => {
    for (const method of methods) {
      const original = target[method] as (...args: unknown[]) => unknown;
      vi.spyOn(target as any, method).mockImplementation((...args: unknown[]) => {
        calls.push(`${name}.${method}(${String(args[0])})`);
        return original.apply(target, args);
      });
    }
  };
  watch(childProcess, 'child_process', [
    'spawn',
    'spawnSync',
    'exec',
    'execSync',
    'execFile',
    'execFileSync',
    'fork',
  ]);
  watch(fs, 'fs', [
    'open',
    'openSync',
    'readFile',
    'readFileSync',
    'createReadStream',
    'stat',
    'statSync',
    'existsSync',
  ]);
  watch(fs.promises, 'fs.promises', ['open', 'readFile', 'stat', 'access']);
  watch(dns, 'dns', ['lookup', 'resolve']);
  syncBuiltinESMExports();
  return calls;
}

const policy = createAddressPolicy({ networks: [], origins: [] });
const kubeconfig = (cluster: object, user: object) =>
  JSON.stringify({
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster: { server: 'https://203.0.113.7.example.com', ...cluster } }],
    users: [{ name: 'u', user: { token: 't', ...user } }],
  });

describe('a hostile kubeconfig (IN-8)', () => {
  it('runs nothing, opens nothing and connects to nothing', async () => {
    const server = await listener();
    const calls = traced();
    fs.existsSync('/the-tracing-works');
    expect(calls).toEqual(['fs.existsSync(/the-tracing-works)']);
    for (const [cluster, user] of [
      [{}, { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: 'sh', args: ['-c', 'id'] } }],
      [{}, { 'auth-provider': { name: 'gcp', config: { 'cmd-path': '/bin/sh', 'cmd-args': '-c id' } } }],
      [{}, { 'token-file': '/etc/passwd' }],
      [{}, { tokenFile: '/etc/passwd' }],
      [{}, { 'client-key': '/etc/passwd', 'client-certificate': '/etc/passwd' }],
      [{ 'certificate-authority': '/etc/passwd' }, {}],
      [{ 'proxy-url': server.origin }, {}],
      [{ 'insecure-skip-tls-verify': true }, {}],
      [{}, { as: 'root', 'as-groups': ['system:masters'] }],
      [{ server: server.origin }, {}],
      [{ server: `https://127.0.0.1:${server.port}` }, {}],
      [{ server: `https://[::ffff:127.0.0.1]:${server.port}` }, {}],
      [{ server: 'http://169.254.169.254/latest/meta-data' }, {}],
      [{ server: 'https://[::1]:6443' }, {}],
      [{ server: 'file:///etc/passwd' }, {}],
      [{ server: 'https://user:pass@example.com' }, {}],
    ]) {
      expect(() =>
        readKubeconfig(kubeconfig(cluster ?? {}, user ?? {}), policy, ['input', 'kubeconfig']),
      ).toThrow(BadUserInputError);
    }
    expect(calls.slice(1)).toEqual([]);
    expect(server.connections).toBe(0);
  });
});

describe('a server name that leads to an address that is not allowed (IN-8)', () => {
  const pods = { method: 'GET', path: collectionPath(resources.pods, 'dev') } as const;
  const connectionsTo = (addresses: () => string) => {
    const asked: string[] = [];
    const connections = new Connections({
      actors: noActors,
      source: {
        find: async () => ({ clusterName: 'alpha', credentials: tokenFor(`https://kube.example:${port}`) }),
      },
      addressPolicy: createAddressPolicy({
        networks: [],
        origins: [],
        lookup: (name, _options, callback) => {
          asked.push(name);
          callback(null, [{ address: addresses(), family: 4 }]);
        },
      }),
      logger: silentLogger,
    });
    stack.push(() => connections.dispose());
    return { connections, asked };
  };
  let port = 0;

  it('is refused at its field when the cluster is registered, before any connection', async () => {
    const server = await listener();
    port = server.port;
    const { connections, asked } = connectionsTo(() => '127.0.0.1');
    const probe = connections.probe(
      tokenFor(`https://kube.example:${port}`),
      { clusterId: 'cluster_a', clusterName: 'alpha', field: ['input', 'server'] },
      (connection) => connection.request(pods),
    );
    await expect(probe).rejects.toMatchObject({ code: 'BAD_USER_INPUT', field: ['input', 'server'] });
    expect(asked).toEqual(['kube.example']);
    expect(server.connections).toBe(0);
  });

  it('is refused for calls, streams and upgrades when it is pointed there later', async () => {
    const server = await listener();
    port = server.port;
    const { connections, asked } = connectionsTo(() => '127.0.0.1');
    const connection = await connections.get('cluster_a');
    const refusal = /has an address that is not allowed here/;
    await expect(connection.request(pods)).rejects.toThrow(refusal);
    await expect(connection.stream(pods)).rejects.toThrow(refusal);
    const upgrade = { path: pods.path, query: {}, protocols: ['v5.channel.k8s.io'] };
    await expect(connection.upgrade(upgrade, () => undefined)).rejects.toThrow(refusal);
    expect(asked).toHaveLength(3);
    expect(server.connections).toBe(0);
  });

  it('is refused although it was accepted once', async () => {
    const server = await listener();
    port = server.port;
    const answers = ['8.8.8.8', '169.254.169.254'];
    const { connections } = connectionsTo(() => answers.shift() ?? '127.0.0.1');
    const probe = connections.probe(
      tokenFor(`https://kube.example:${port}`),
      { clusterId: 'cluster_a', clusterName: 'alpha', field: ['server'] },
      (connection) => connection.request(pods),
    );
    await expect(probe).rejects.toBeInstanceOf(ClusterUnavailableError);
    await expect(probe).rejects.toThrow(/has an address that is not allowed here/);
    expect(server.connections).toBe(0);
  });
});
