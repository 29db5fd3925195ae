import { Writable } from 'node:stream';
import { connect } from 'node:tls';
import { CoreV1Api, Exec, KubeConfig } from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { createAuthority } from '../../sandbox/certificates.js';
import { kubeconfigOf } from '../../sandbox/kubeconfig.js';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.js';
import { eventually } from '../kit/wait.js';

describe('a sandbox over TLS', () => {
  let sandbox: Sandbox;

  beforeAll(async () => {
    sandbox = await startSandbox({ name: 'secure', seed: 1, nodes: 1, pace: 0.02, tls: true });
  });

  afterAll(() => sandbox.dispose());

  const clientOf = (kubeconfig: string): KubeConfig => {
    const config = new KubeConfig();
    config.loadFromString(kubeconfig);
    return config;
  };

  const whoAmI = async (kubeconfig: string): Promise<any> => {
    const config = clientOf(kubeconfig);
    const api = config.makeApiClient(CoreV1Api);
    return (await api.listNode()).items.map(({ metadata }) => metadata?.name);
  };

  test('is trusted by whoever has its kubeconfig, with the token or with the certificate', async () => {
    expect(sandbox.url).toMatch(/^https:/);
    expect(await whoAmI(sandbox.kubeconfig)).toEqual(['node-1']);
    expect(await whoAmI(sandbox.certificateKubeconfig ?? '')).toEqual(['node-1']);
  });

  test('proves to be 127.0.0.1 and localhost, and nothing else', async () => {
    const { port } = new URL(sandbox.url);
    const handshake = (servername: string): Promise<boolean> =>
      new Promise((resolve) => {
        const socket = connect(
          { host: '127.0.0.1', port: Number(port), servername, ca: sandbox.caCertificate, timeout: 10_000 },
          () => {
            resolve(socket.authorized);
            socket.destroy();
          },
        );
        socket.on('error', () => resolve(false));
      });
    expect(await handshake('localhost')).toBe(true);
    expect(await handshake('elsewhere.example')).toBe(false);
  });

  test('refuses clients whose certificate somebody else signed', async () => {
    const other = await createAuthority('somebody else');
    const admin = await other.issueClient({ name: 'kubernetes-admin', groups: ['system:masters'] });
    const { name, url, caCertificate } = sandbox;
    const forged = kubeconfigOf([
      { name, url, caCertificate, user: { clientCertificate: admin.certificate, clientKey: admin.key } },
    ]);
    await expect(whoAmI(forged)).rejects.toMatchObject({ code: 401 });
  });

  test('gives pods the certificate of its authority', async () => {
    await eventually(() => sandbox.api.get('configmaps', 'default', 'kube-root-ca.crt') !== undefined);
    expect(sandbox.api.get('configmaps', 'default', 'kube-root-ca.crt')?.['data']['ca.crt']).toBe(
      sandbox.caCertificate,
    );
  });

  test('upgrades to WebSocket for commands', async () => {
    sandbox.api.create('pods', {
      metadata: { name: 'shell', namespace: 'default' },
      spec: { containers: [{ name: 'c', image: 'busybox:1.36', command: ['sleep', '3600'] }] },
    });
    await eventually(() => sandbox.api.get('pods', 'default', 'shell')?.['status'].phase === 'Running');
    let output = '';
    const stdout = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        output += chunk.toString();
        done();
      },
    });
    const exec = new Exec(clientOf(sandbox.certificateKubeconfig ?? ''));
    const status = await new Promise<any>((resolve, reject) => {
      exec.exec('default', 'shell', 'c', ['echo', 'hello'], stdout, null, null, false, resolve).catch(reject);
    });
    expect({ output, status: status.status }).toEqual({ output: 'hello\n', status: 'Success' });
  });

  test('has no keys in the kubeconfig with the token', () => {
    const { users } = parse(sandbox.kubeconfig);
    expect(Object.keys(users[0].user)).toEqual(['token']);
  });
});

test('a sandbox over plain HTTP has neither certificates nor an authority', async () => {
  const sandbox = await startSandbox({ name: 'plain', seed: 1, controllers: false });
  try {
    expect(sandbox).toMatchObject({
      url: expect.stringMatching(/^http:/),
      caCertificate: undefined,
      certificateKubeconfig: undefined,
    });
  } finally {
    await sandbox.dispose();
  }
});
