import { afterEach, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.js';
import { Stopwatch } from '../kit/stopwatch.js';
import { eventually } from '../kit/wait.js';
import { ApiClient } from './api-client.js';

const started: Sandbox[] = [];
const start = async (options: Partial<Parameters<typeof startSandbox>[0]> = {}): Promise<Sandbox> => {
  const sandbox = await startSandbox({ name: 'test', seed: 1, pace: 0.05, ...options });
  started.push(sandbox);
  return sandbox;
};

afterEach(async () => {
  await Promise.all(started.splice(0).map((sandbox) => sandbox.dispose()));
});

describe('a sandbox', () => {
  test('starts with its neighbours in well under a second, each with a port and a token of its own', async () => {
    const watch = new Stopwatch();
    const [one, two] = await Promise.all([start({ name: 'one' }), start({ name: 'two' })]);
    expect(watch.seconds).toBeLessThan(1);
    expect(one?.url).not.toBe(two?.url);
    expect(await new ApiClient(one as Sandbox, two?.token).status('GET', '/api/v1/nodes')).toBe(401);
  });

  test('gives the same uids and names for the same seed', async () => {
    const uids = async (seed: number): Promise<unknown> => {
      const { api } = await start({ seed, controllers: false });
      const { uid, name } = api.create('configmaps', {
        metadata: { generateName: 'x-', namespace: 'default' },
      }).metadata;
      return { uid, name };
    };
    expect(await uids(7)).toEqual(await uids(7));
    expect(await uids(7)).not.toEqual(await uids(8));
  });

  test('runs a deployment until it is available and counts it against the quota', async () => {
    const sandbox = await start();
    const client = new ApiClient(sandbox);
    await client.post('/api/v1/namespaces', { metadata: { name: 'shop' } });
    await client.post('/api/v1/namespaces/shop/resourcequotas', {
      metadata: { name: 'limits' },
      spec: { hard: { pods: '2' } },
    });
    await client.post('/apis/apps/v1/namespaces/shop/deployments', {
      metadata: { name: 'web' },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: 'web' } },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: { containers: [{ name: 'nginx', image: 'nginx:1.27' }] },
        },
      },
    });
    await eventually(async () => {
      const { body } = await client.get('/apis/apps/v1/namespaces/shop/deployments/web');
      return body.status.availableReplicas === 2;
    });
    const { body } = await client.get('/api/v1/namespaces/shop/resourcequotas/limits');
    expect(body.status.used).toEqual({ pods: '2' });
    const refused = await client.post('/api/v1/namespaces/shop/pods', {
      metadata: { name: 'third' },
      spec: { containers: [{ name: 'c', image: 'busybox' }] },
    });
    expect(refused.body.message).toBe(
      'pods "third" is forbidden: exceeded quota: limits, requested: pods=1, used: pods=2, limited: pods=2',
    );
  });

  test('refuses names that would lead out of a path', async () => {
    const client = new ApiClient(await start({ controllers: false }));
    const namespaces = '/api/v1/namespaces/default/configmaps';
    for (const name of [
      '..',
      '.',
      'a/b',
      'A',
      'a_b',
      'a'.repeat(254),
      'a.',
      'a\u0000',
      'a\n',
      '\uff41',
      '__proto__',
    ])
      expect(await client.status('POST', namespaces, { metadata: { name } }), JSON.stringify(name)).toBe(422);
    for (const escaped of ['%2e%2e', '%2e', 'a%2fb', 'a%25b'])
      expect(await client.status('DELETE', `${namespaces}/${escaped}`), escaped).toBe(400);
    expect(await client.status('GET', '/api/v1/namespaces/default')).toBe(200);
  });

  test('keeps fields that look like parts of the language apart from it', async () => {
    const client = new ApiClient(await start({ controllers: false }));
    const patch = JSON.parse(
      '{"metadata":{"annotations":{"constructor":"x"}},"__proto__":{"polluted":true}}',
    );
    await client.post('/api/v1/namespaces/default/configmaps', { metadata: { name: 'plain' } });
    for (const type of ['merge-patch', 'strategic-merge-patch'])
      expect(await client.patch('/api/v1/namespaces/default/configmaps/plain', patch, type)).toMatchObject({
        code: 200,
      });
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
  });

  test('logs requests and knows which watches are open', async () => {
    const sandbox = await start({ controllers: false });
    const client = new ApiClient(sandbox);
    await client.get('/api/v1/nodes');
    const stop = await client.watch('/api/v1/configmaps?watch=1', () => undefined);
    expect(sandbox.requests.count(({ path }) => path.startsWith('/api/v1/nodes'))).toBe(1);
    expect(sandbox.requests.openWatches()).toBe(1);
    stop();
    await eventually(() => sandbox.requests.openWatches() === 0);
  });
});
