import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.js';
import { ApiClient } from './api-client.js';

const WEB = '/apis/apps/v1/namespaces/default/deployments/web';

describe('the scale of a deployment', () => {
  let sandbox: Sandbox;
  let client: ApiClient;

  beforeAll(async () => {
    sandbox = await startSandbox({ name: 'test', seed: 1, controllers: false });
    client = new ApiClient(sandbox);
    await client.post('/apis/apps/v1/namespaces/default/deployments', {
      metadata: { name: 'web' },
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: 'web' } },
        template: { metadata: { labels: { app: 'web' } }, spec: { containers: [{ name: 'c', image: 'x' }] } },
      },
    });
  });

  afterAll(() => sandbox.dispose());

  const apply = (replicas: number, query: string) =>
    client.patch(
      `${WEB}/scale?${query}`,
      { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'web' }, spec: { replicas } },
      'apply-patch',
    );

  test('is applied server-side by a manager that then owns the replicas alone', async () => {
    const conflict = await apply(3, 'fieldManager=autoscaler');
    expect(conflict.code).toBe(409);
    expect(conflict.body.message).toContain('.spec.replicas');
    const { code, body } = await apply(3, 'fieldManager=autoscaler&force=true');
    expect({ code, spec: body.spec, kind: body.kind }).toEqual({
      code: 200,
      kind: 'Scale',
      spec: { replicas: 3 },
    });
    const { metadata, spec } = (await client.get(WEB)).body;
    expect(spec.replicas).toBe(3);
    expect(metadata.managedFields.find(({ manager }: any) => manager === 'autoscaler')).toMatchObject({
      operation: 'Apply',
      subresource: 'scale',
      fieldsV1: { 'f:spec': { 'f:replicas': {} } },
    });
  });

  test('is refused below zero, and as another kind', async () => {
    expect((await apply(-1, 'fieldManager=autoscaler')).body.message).toContain(
      'must be greater than or equal to 0',
    );
    const other = await client.patch(
      `${WEB}/scale?fieldManager=x`,
      { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'web' } },
      'apply-patch',
    );
    expect(other).toMatchObject({
      code: 400,
      body: { message: 'invalid object type: apps/v1, Kind=Deployment' },
    });
  });
});
