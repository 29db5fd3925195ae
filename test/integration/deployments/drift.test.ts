import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Stack, startStack } from '../../kit/stack.js';
import { eventually } from '../../kit/wait.js';
import { history } from './operations.js';

type Data = any;

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack?.dispose());

const api = () => {
  const found = stack.meridian.sandboxes[0]?.api;
  if (!found) throw new Error('there is no sandbox');
  return found;
};
const look = async (id: string): Promise<Data> =>
  (
    await stack.admin.query(
      'query ($id: ID!) { service(id: $id) { status statusReason drift { path before after } } }',
      { id },
    )
  ).service;

/** As `kubectl edit` does it. */
function edit(
  resource: Parameters<ReturnType<typeof api>['get']>[0],
  namespace: string,
  name: string,
  change: (object: any) => void,
) {
  const object = structuredClone(api().get(resource, namespace, name)) as any;
  change(object);
  api().update(resource, object);
}

describe('the drift of a service', () => {
  it('is what others changed or deleted, stays, and is overwritten by the next deploy, which says so', async () => {
    const { serviceId, namespace } = await stack.seed.runningService({
      spec: {
        environmentVariables: [{ name: 'LEVEL', value: 'info' }],
        requests: { cpu: '1000m', memory: '64Mi' },
        volumes: [{ name: 'cache', path: '/cache' }],
        readiness: { httpPath: '/', port: 8080 },
        tolerations: [{ name: 'spot', effect: 'NO_SCHEDULE' }],
      },
    });
    expect(await look(serviceId)).toEqual({ status: 'HEALTHY', statusReason: null, drift: [] });

    edit('deployments', namespace, 'web', (object) => {
      object.spec.replicas = 3;
      object.spec.template.spec.containers[0].env[0].value = 'debug';
      object.spec.template.spec.containers[0].env.push({ name: 'MINE', value: 'x' });
    });
    api().remove('ingresses', namespace, 'web');
    const drifted = await eventually(async () => {
      const found = await look(serviceId);
      return found.drift.length === 3 && found.statusReason ? found : undefined;
    });
    expect(drifted.drift).toEqual(
      expect.arrayContaining([
        { path: 'Deployment/web.spec.replicas', before: 2, after: 3 },
        {
          path: 'Deployment/web.spec.template.spec.containers.web.env.LEVEL.value',
          before: 'info',
          after: 'debug',
        },
        { path: 'Ingress/web', before: 'applied', after: null },
      ]),
    );
    expect(drifted.statusReason).toContain('Others changed it in the cluster: Deployment/web.spec.replicas');

    const { planDeployment } = await stack.admin.query(
      'query ($input: DeployInput!) { planDeployment(input: $input) { overwrites { path } } }',
      { input: { serviceId } },
    );
    expect(planDeployment.overwrites).toHaveLength(3);
    const id = await stack.seed.deploy(serviceId);
    expect(await stack.seed.finished(id)).toBe('SUCCEEDED');
    await eventually(async () => (await look(serviceId)).drift.length === 0);
    expect((await look(serviceId)).statusReason).toBeNull();
    const [record] = await history(stack.admin, serviceId);
    expect(record.log.nodes).toContainEqual({
      level: 'WARNING',
      message: expect.stringMatching(
        /^Overwrites what others changed in the cluster: .*Ingress\/web \(gone\)/,
      ),
    });
    expect(api().get('ingresses', namespace, 'web')).toBeDefined();
  });

  it('is not what an autoscaler does', async () => {
    const { serviceId, namespace } = await stack.seed.runningService({
      spec: { autoscaling: { minReplicas: 1, maxReplicas: 4, cpuPercent: 50 }, replicas: 2 },
    });
    edit('deployments', namespace, 'web', (object) => {
      object.spec.replicas = 4;
    });
    await eventually(async () => {
      const { service } = await stack.admin.query(
        'query ($id: ID!) { service(id: $id) { replicas { desired } } }',
        { id: serviceId },
      );
      return service.replicas.desired === 4;
    });
    expect(await look(serviceId)).toMatchObject({ drift: [] });
  });

  it('is empty for what was never deployed', async () => {
    const { serviceId } = await stack.seed.service();
    expect((await look(serviceId)).drift).toEqual([]);
  });
});
