import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Stack, startStack } from '../../kit/stack.js';
import { attempt, history } from './operations.js';

type Data = any;

let stack: Stack;
/** A service that is only looked at. */
let steady: string;
beforeAll(async () => {
  stack = await startStack();
  steady = (await stack.seed.service()).serviceId;
});
afterAll(() => stack?.dispose());

const planFields =
  'valid diff { path before after } problems { code field message } warnings { field message } quota { resource limit used needed fits } quotaAtMaximum { resource needed fits } overwrites { path }';

const plan = async (input: object, query = 'planDeployment', type = 'DeployInput'): Promise<Data> =>
  (
    await stack.admin.query(`query ($input: ${type}!) { ${query}(input: $input) { ${planFields} } }`, {
      input,
    })
  )[query];

const ofNoClass = { spec: { volumes: [{ name: 'data', path: '/data', size: '1Gi', storageClass: 'none' }] } };

const deploy = (input: object) =>
  attempt(stack.admin, 'deploy', input, 'deployment { rollout { phase blockers { kind } } }');

const api = () => {
  const found = stack.meridian.sandboxes[0]?.api;
  if (!found) throw new Error('there is no sandbox');
  return found;
};

/** What plan says is what deploy answers, and nothing of it reaches the cluster. */
async function refused(serviceId: string, spec: object): Promise<Data[]> {
  const planned = await plan({ serviceId, spec });
  const before = (await history(stack.admin, serviceId)).length;
  const { deployment, userErrors } = await deploy({ serviceId, spec });
  expect(planned.valid).toBe(false);
  expect(planned.problems).toEqual(userErrors);
  expect(deployment.rollout.phase).toBe('FAILED');
  expect(await history(stack.admin, serviceId)).toHaveLength(before + 1);
  return userErrors;
}

describe('planning a deployment', () => {
  it('says what would change, changes nothing, and is valid when a deploy would succeed', async () => {
    const { serviceId, namespace } = await stack.seed.runningService();
    const before = api().list('deployments', { namespace });
    const found = await plan({ serviceId, image: 'nginx:1.28', spec: { replicas: 3 } });
    expect(found).toMatchObject({ valid: true, problems: [], warnings: [], overwrites: [] });
    expect(found.diff.map(({ path }: Data) => path)).toEqual(['image', 'replicas']);
    expect(api().list('deployments', { namespace })).toEqual(before);
    expect(await history(stack.admin, serviceId)).toHaveLength(1);
  });

  it.each([
    ['reason', { reason: 'x'.repeat(3_000) }, 'BAD_USER_INPUT'],
    ['version', { version: 7 }, 'CONFLICT'],
    ['triggerUrl', { triggerUrl: 'ftp://ci.example' }, 'BAD_USER_INPUT'],
    ['commit', { commit: 'x'.repeat(300) }, 'BAD_USER_INPUT'],
    ['image', { image: 'no image', spec: { replicas: 1 } }, 'BAD_USER_INPUT'],
    ['spec.replicas', { image: 'nginx:1.28', spec: { replicas: -1 } }, 'BAD_USER_INPUT'],
    ['spec.volumes.0.storageClass', { image: 'nginx:1.28', ...ofNoClass }, 'BAD_USER_INPUT'],
  ])('says of %s what deploy would say', async (field, change, code) => {
    const { problems, valid } = await plan({ serviceId: steady, ...change });
    const { userErrors } = await deploy({ serviceId: steady, ...change });
    expect(problems).toEqual(userErrors);
    expect(problems).toMatchObject([{ code, field: ['input', ...field.split('.')] }]);
    expect(valid).toBe(false);
  });

  it('names Secrets and keys that are missing, as deploy does', async () => {
    const { serviceId, namespace } = await stack.seed.service();
    api().create('secrets', { metadata: { name: 'shared', namespace }, type: 'Opaque', data: { a: 'YQ==' } });
    const errors = await refused(serviceId, {
      imagePullSecret: 'shared',
      environmentVariables: [
        { name: 'A', secretRef: 'shared', secretKey: 'a' },
        { name: 'B', secretRef: 'shared', secretKey: 'b' },
        { name: 'C', secretRef: 'nowhere', secretKey: 'c' },
      ],
    });
    expect(errors.map(({ field, message }) => [field.slice(2).join('.'), message])).toEqual([
      ['environmentVariables.1', expect.stringContaining('has no key "b"')],
      ['environmentVariables.2', expect.stringContaining('There is no Secret "nowhere"')],
      ['imagePullSecret', expect.stringContaining('use one of type kubernetes.io/dockerconfigjson')],
    ]);
  });

  it('does not miss what goes into the Secret with the deploy itself', async () => {
    const { serviceId } = await stack.seed.service();
    const environmentVariables = [{ name: 'KEY', value: 'planned-secret', secret: true }];
    stack.canaries.add('planned secret', 'planned-secret');
    expect(await plan({ serviceId, spec: { environmentVariables } })).toMatchObject({ problems: [] });
    const id = await stack.seed.deploy(serviceId, { spec: { environmentVariables } });
    expect(await stack.seed.finished(id)).toBe('SUCCEEDED');
  });

  it('names a storage class that is not there, and a volume that would shrink or change its class', async () => {
    const { serviceId } = await stack.seed.service({ spec: { replicas: 1 } });
    const volume = (change: object) => ({
      volumes: [{ name: 'data', path: '/data', size: '2Gi', ...change }],
    });
    const [unknown] = await refused(serviceId, volume({ storageClass: 'golden' }));
    expect(unknown).toMatchObject({
      field: ['input', 'spec', 'volumes', '0', 'storageClass'],
      message: expect.stringContaining('no storage class "golden"'),
    });
    const id = await stack.seed.deploy(serviceId, {
      spec: { ...volume({}), strategy: { type: 'RECREATE' } },
    });
    expect(await stack.seed.finished(id)).toBe('SUCCEEDED');
    const [shrinking] = await refused(serviceId, volume({ size: '1Gi' }));
    expect(shrinking.message).toContain("has 2Gi and can't shrink to 1Gi");
    const [changing] = await refused(serviceId, volume({ storageClass: 'golden' }));
    expect(changing.message).toContain("can't change");
    expect((await plan({ serviceId, spec: { replicas: 2 } })).warnings).toMatchObject([
      { field: ['input', 'spec', 'volumes', '0'], message: expect.stringContaining('ReadWriteOnce') },
    ]);
  });

  it('names what a LimitRange lets no pod have, though the API server takes the Deployment', async () => {
    const { serviceId, namespace } = await stack.seed.service({ spec: { requests: { cpu: '100m' } } });
    api().create('limitranges', {
      metadata: { name: 'bounds', namespace },
      spec: {
        limits: [
          {
            type: 'Container',
            max: { cpu: '500m' },
            default: { cpu: '400m' },
            maxLimitRequestRatio: { cpu: '3' },
          },
        ],
      },
    });
    const spec = (cpu: string, limit?: string) => ({
      requests: { cpu },
      ...(limit ? { limits: { cpu: limit } } : {}),
    });
    expect((await refused(serviceId, spec('600m', '700m')))[0]).toMatchObject({
      field: ['input', 'spec', 'limits', 'cpu'],
      message: expect.stringContaining('at most 500m cpu'),
    });
    expect((await refused(serviceId, spec('100m')))[0].message).toContain('at most 3 times its request');
    expect(await plan({ serviceId, spec: spec('200m') })).toMatchObject({ valid: true });
  });

  it('says at the peak of the rollout what has no room, and refuses only what never has', async () => {
    const environment = await stack.seed.environment({ quota: { pods: 3, cpu: '1' } });
    const { serviceId } = await stack.seed.runningService({
      environment,
      spec: { replicas: 3, strategy: { maxSurge: '1', maxUnavailable: '0' }, requests: { cpu: '100m' } },
    });
    const stuck = await plan({ serviceId, image: 'nginx:1.28' });
    expect(stuck.problems).toEqual([
      {
        code: 'QUOTA_EXCEEDED',
        field: null,
        message: 'The rollout needs 1 more pods at its peak, but 3 of 3 is in use.',
      },
    ]);
    const slow = await plan({ serviceId, image: 'nginx:1.28', spec: { strategy: { maxUnavailable: '1' } } });
    expect(slow.problems).toEqual([]);
    expect(slow.warnings).toMatchObject([{ message: expect.stringContaining('goes on without the surge') }]);
    const recreated = await plan({
      serviceId,
      image: 'nginx:1.28',
      spec: { strategy: { type: 'RECREATE' } },
    });
    expect(recreated).toMatchObject({ valid: true, warnings: [] });
    const canary = await plan({
      serviceId,
      image: 'nginx:1.28',
      spec: { strategy: { type: 'CANARY', steps: [{ percent: 34 }] } },
    });
    // Two new ones beside three old ones, and one more while the main workload takes over.
    expect(canary.quota).toContainEqual({
      resource: 'pods',
      limit: '3',
      used: '3',
      needed: '3',
      fits: false,
    });
    const scaling = await plan({
      serviceId,
      spec: { autoscaling: { minReplicas: 1, maxReplicas: 9, cpuPercent: 50 } },
    });
    expect(scaling.quotaAtMaximum).toContainEqual({ resource: 'pods', needed: '6', fits: false });
    const [never] = await refused(serviceId, { requests: { cpu: '2' } });
    expect(never).toMatchObject({
      code: 'QUOTA_EXCEEDED',
      message: expect.stringContaining('One pod needs 2'),
    });
    const started = await deploy({ serviceId, image: 'nginx:1.28' });
    expect(started).toMatchObject({ deployment: { rollout: {} }, userErrors: [] });
  });

  it('warns of images without a version', async () => {
    const { serviceId } = await stack.seed.service();
    for (const image of ['nginx', 'nginx:latest', 'registry.example:5000/shop/web']) {
      expect((await plan({ serviceId, image })).warnings).toMatchObject([{ field: ['input', 'image'] }]);
    }
    expect((await plan({ serviceId, image: `nginx@sha256:${'a'.repeat(64)}` })).warnings).toEqual([]);
  });

  it('plans what scale, rollback and promote would do', async () => {
    const { serviceId, applicationId, projectId, clusterId, deploymentId, projectName } =
      await stack.seed.runningService();
    const scaled = await plan({ serviceId, replicas: 5 }, 'planScale', 'ScaleInput');
    expect(scaled).toMatchObject({ valid: true, diff: [{ path: 'replicas', before: 2, after: 5 }] });
    await stack.seed.finished(await stack.seed.deploy(serviceId, { image: 'nginx:1.28' }));
    const back = await plan({ serviceId }, 'planRollback', 'RollbackInput');
    expect(back).toMatchObject({ valid: true, diff: [{ path: 'image', after: 'nginx:1.27' }] });
    const test = await stack.seed.environment({
      landscape: 'TEST',
      clusterId,
      project: { id: projectId, name: projectName },
    });
    const input = { deploymentId, toEnvironmentId: test.environmentId };
    expect(await plan(input, 'planPromotion', 'PromoteInput')).toMatchObject({
      valid: false,
      problems: [
        {
          code: 'BAD_USER_INPUT',
          field: ['input', 'toEnvironmentId'],
          message: expect.stringContaining('create it there first'),
        },
      ],
    });
    await stack.admin.mutate(
      `mutation ($input: CreateServiceInput!) { createService(input: $input) { service { id } userErrors { code message } } }`,
      {
        input: {
          applicationId,
          environmentId: test.environmentId,
          name: 'web',
          spec: { image: 'nginx:1.20', replicas: 1 },
        },
      },
    );
    const promoted = await plan(input, 'planPromotion', 'PromoteInput');
    expect(promoted.valid).toBe(true);
    expect(promoted.diff).toContainEqual({ path: 'image', before: 'nginx:1.20', after: 'nginx:1.27' });
    expect(promoted.diff.map(({ path }: Data) => path)).not.toContain('replicas');
  });
});
