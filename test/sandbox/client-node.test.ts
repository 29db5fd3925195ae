import {
  AppsV1Api,
  CoreV1Api as Core,
  type CoreV1Api,
  KubeConfig,
  KubernetesObjectApi,
  Watch,
} from '@kubernetes/client-node';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.js';
import { eventually } from '../kit/wait.js';

let sandbox: Sandbox;
let config: KubeConfig;
let core: CoreV1Api;

beforeAll(async () => {
  sandbox = await startSandbox({ name: 'client-node', seed: 1, pace: 0.05 });
  config = new KubeConfig();
  // The client refuses plain HTTP otherwise.
  config.loadFromString(
    sandbox.kubeconfig.replace('server:', 'insecure-skip-tls-verify: true\n      server:'),
  );
  core = config.makeApiClient(Core);
  await core.createNamespace({ body: { metadata: { name: 'team' } } });
});

afterAll(() => sandbox.dispose());

describe('the official client', () => {
  test('lists nodes, and reads typed objects with their times', async () => {
    const { items } = await core.listNode();
    expect(items).toHaveLength(3);
    expect(items[0]?.metadata?.creationTimestamp).toBeInstanceOf(Date);
  });

  test('creates a deployment, watches it come up, changes its image and its scale', async () => {
    const apps = config.makeApiClient(AppsV1Api);
    const seen: string[] = [];
    const controller = await new Watch(config).watch(
      '/apis/apps/v1/namespaces/team/deployments',
      {},
      (type: string) => seen.push(type),
      () => undefined,
    );
    await apps.createNamespacedDeployment({
      namespace: 'team',
      body: {
        metadata: { name: 'web' },
        spec: {
          replicas: 2,
          selector: { matchLabels: { app: 'web' } },
          template: {
            metadata: { labels: { app: 'web' } },
            spec: { containers: [{ name: 'nginx', image: 'nginx:1.27' }] },
          },
        },
      },
    });
    const read = () => apps.readNamespacedDeployment({ namespace: 'team', name: 'web' });
    await eventually(async () => (await read()).status?.availableReplicas === 2);
    expect(seen[0]).toBe('ADDED');
    expect(seen).toContain('MODIFIED');

    await apps.replaceNamespacedDeploymentScale({
      namespace: 'team',
      name: 'web',
      body: { metadata: { name: 'web', namespace: 'team' }, spec: { replicas: 3 } },
    });
    await eventually(async () => (await read()).status?.availableReplicas === 3);
    controller.abort();
  });

  test('applies an object on the server side and is told of conflicts', async () => {
    const objects = KubernetesObjectApi.makeApiClient(config);
    const map = (value: string) => ({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'applied', namespace: 'team' },
      data: { a: value },
    });
    await objects.patch(map('1'), undefined, undefined, 'one', false, 'application/apply-patch+yaml');
    const conflict = objects.patch(
      map('2'),
      undefined,
      undefined,
      'two',
      false,
      'application/apply-patch+yaml',
    );
    await expect(conflict).rejects.toMatchObject({ code: 409 });
    await objects.patch(map('2'), undefined, undefined, 'two', true, 'application/apply-patch+yaml');
    expect((await core.readNamespacedConfigMap({ namespace: 'team', name: 'applied' })).data).toEqual({
      a: '2',
    });
  });

  test('gets the errors of the API as the typed ones it knows', async () => {
    const missing = core.readNamespacedPod({ namespace: 'team', name: 'nope' });
    await expect(missing).rejects.toMatchObject({
      code: 404,
      body: expect.stringContaining('pods \\"nope\\" not found'),
    });
  });
});
