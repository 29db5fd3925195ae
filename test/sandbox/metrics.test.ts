import { afterEach, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.js';
import { eventually } from '../kit/wait.js';
import { ApiClient } from './api-client.js';

const METRICS = '/apis/metrics.k8s.io/v1beta1';
const SERVICE = '/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.metrics.k8s.io';

describe('metrics.k8s.io', () => {
  const started: Sandbox[] = [];

  const start = async (options: { metrics?: boolean } = {}): Promise<ApiClient> => {
    const sandbox = await startSandbox({ name: 'test', seed: 1, nodes: 2, pace: 0.02, ...options });
    started.push(sandbox);
    return new ApiClient(sandbox);
  };

  afterEach(async () => {
    await Promise.all(started.splice(0).map((sandbox) => sandbox.dispose()));
  });

  const runPod = async (client: ApiClient): Promise<void> => {
    await client.post('/api/v1/namespaces/default/pods', {
      metadata: { name: 'web', labels: { app: 'web' } },
      spec: { containers: [{ name: 'main', image: 'nginx:1.27' }] },
    });
    await eventually(
      async () => (await client.get('/api/v1/namespaces/default/pods/web')).body.status.phase === 'Running',
    );
  };

  test('measures nodes and running pods, together and one by one', async () => {
    const client = await start();
    await runPod(client);
    const nodes = (await client.get(`${METRICS}/nodes`)).body;
    expect(nodes).toMatchObject({ kind: 'NodeMetricsList', apiVersion: 'metrics.k8s.io/v1beta1' });
    expect(nodes.items.map(({ metadata }: any) => metadata.name)).toEqual(['node-1', 'node-2']);
    expect(nodes.items[0].usage).toEqual({
      cpu: expect.stringMatching(/^\d+n$/),
      memory: expect.stringMatching(/^\d+Ki$/),
    });
    const pod = (await client.get(`${METRICS}/namespaces/default/pods/web`)).body;
    expect(pod).toMatchObject({
      kind: 'PodMetrics',
      metadata: { name: 'web', namespace: 'default', labels: { app: 'web' } },
      window: expect.stringMatching(/s$/),
      containers: [{ name: 'main', usage: { cpu: expect.stringMatching(/^\d+n$/) } }],
    });
    const selected = await client.get(`${METRICS}/pods?labelSelector=app%3Dother`);
    expect(selected.body.items).toEqual([]);
  });

  test('knows nothing of pods that are not there, and is read only', async () => {
    const client = await start();
    expect(await client.get(`${METRICS}/namespaces/default/pods/none`)).toMatchObject({
      code: 404,
      body: { reason: 'NotFound' },
    });
    expect(await client.status('DELETE', `${METRICS}/nodes/node-1`)).toBe(405);
    expect(await client.status('GET', `${METRICS}/things`)).toBe(404);
  });

  test('is listed by discovery while it is there, and gone with its APIService', async () => {
    const client = await start();
    const groups = async (): Promise<string[]> =>
      (await client.get('/apis')).body.groups.map(({ name }: any) => name);
    expect(await groups()).toContain('metrics.k8s.io');
    expect((await client.get(METRICS)).body.resources.map(({ name }: any) => name)).toEqual([
      'nodes',
      'pods',
    ]);
    await client.delete(SERVICE);
    expect(await groups()).not.toContain('metrics.k8s.io');
    expect(await client.get(`${METRICS}/nodes`)).toEqual({ code: 404, body: '404 page not found\n' });
  });

  test('is unavailable while the service behind it is missing, and comes back with it', async () => {
    const client = await start();
    const { body: service } = await client.get('/api/v1/namespaces/kube-system/services/metrics-server');
    await client.delete('/api/v1/namespaces/kube-system/services/metrics-server');
    expect(await client.get(`${METRICS}/nodes`)).toEqual({ code: 503, body: 'service unavailable\n' });
    await eventually(async () => {
      const [condition] = (await client.get(SERVICE)).body.status.conditions;
      return condition.status === 'False' && condition.reason === 'ServiceNotFound';
    });
    const { name, namespace } = service.metadata;
    await client.post('/api/v1/namespaces/kube-system/services', {
      metadata: { name, namespace },
      spec: { ports: [{ port: 443 }] },
    });
    expect(await client.status('GET', `${METRICS}/nodes`)).toBe(200);
  });

  test('is not there in a sandbox without metrics', async () => {
    const client = await start({ metrics: false });
    expect(await client.get(METRICS)).toEqual({ code: 404, body: '404 page not found\n' });
    expect(await client.get(`${METRICS}/nodes`)).toEqual({ code: 404, body: '404 page not found\n' });
  });
});
