import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Stack, startStack } from '../../kit/stack.js';
import { eventually } from '../../kit/wait.js';
import { attempt, deploymentFields, history, neverReady, unchangeableClaim } from './operations.js';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack?.dispose());

async function rollout(id: string): Promise<any> {
  const { deployment } = await stack.admin.query(
    'query ($id: ID!) { deployment(id: $id) { finishedAt rollout { phase stalledSince blockers { kind message pods } observed { stale } } } }',
    { id },
  );
  return deployment.rollout;
}

const blocked = (id: string, kind: string): Promise<any> =>
  eventually(
    async () => {
      const found = await rollout(id);
      return found.blockers.some((blocker: any) => blocker.kind === kind) ? found : undefined;
    },
    { seconds: 40, what: `${kind}` },
  );

describe('a deployment that does not get on', () => {
  it('says that its image cannot be pulled, which one, and since when, and fails at its deadline', async () => {
    const { serviceId } = await stack.seed.service({ spec: { progressDeadlineSeconds: 5 } });
    const id = await stack.seed.deploy(serviceId, { image: 'registry.example/does-not-exist:1' });
    const found = await blocked(id, 'IMAGE_PULL');
    expect(found.blockers[0].message).toContain('registry.example/does-not-exist:1');
    // The second pod may be told of a moment after the first.
    await eventually(async () => (await rollout(id)).blockers[0]?.pods.length === 2, { what: 'both pods' });
    expect(found.stalledSince).toEqual(expect.any(String));
    expect(await stack.seed.finished(id, 60)).toBe('FAILED');
    const ended = await rollout(id);
    expect(ended.blockers.map(({ kind }: any) => kind)).toEqual(['IMAGE_PULL', 'DEADLINE_EXCEEDED']);
    const [record] = await history(stack.admin, serviceId);
    expect(record.log.nodes.map(({ level }: any) => level)).toContain('ERROR');
    const { service } = await stack.admin.query(
      'query ($id: ID!) { service(id: $id) { status statusReason } }',
      {
        id: serviceId,
      },
    );
    expect(service).toMatchObject({
      status: 'DEGRADED',
      statusReason: expect.stringContaining('does-not-exist'),
    });
  });

  it('says that its container keeps ending', async () => {
    const { serviceId } = await stack.seed.service({ spec: { image: 'shop/crash:1', replicas: 1 } });
    const id = await stack.seed.deploy(serviceId);
    const found = await blocked(id, 'CRASH_LOOP');
    expect(found.blockers[0].message).toContain('exit code');
  });

  it('says that the node of its pod is lost, also when the pod was never ready', async () => {
    const { serviceId } = await stack.seed.service({ spec: { ...neverReady, replicas: 1 } });
    const id = await stack.seed.deploy(serviceId);
    const nodeName = await eventually(async () => {
      const { service } = await stack.admin.query(
        'query ($id: ID!) { service(id: $id) { pods { nodes { nodeName } } } }',
        { id: serviceId },
      );
      return service.pods.nodes[0]?.nodeName as string | undefined;
    });
    const api = stack.meridian.sandboxes[0]?.api;
    const afflict = (annotations: object) => {
      const node = structuredClone(api?.get('nodes', undefined, nodeName)) as any;
      node.metadata.annotations = annotations;
      api?.update('nodes', node);
    };
    afflict({ 'sandbox.meridian.dev/fault': 'lost' });
    const found = await blocked(id, 'NODE_LOST');
    expect(found.blockers[0]).toMatchObject({
      message: expect.stringContaining(`Node ${nodeName} does not answer any more`),
      pods: [expect.stringMatching(/^web-/)],
    });
    afflict({});
    await attempt(stack.admin, 'abortRollout', { deploymentId: id }, 'deployment { id }');
  });

  it('says that the quota leaves no room', async () => {
    const environment = await stack.seed.environment({ quota: { pods: 2 } });
    const { serviceId } = await stack.seed.service({ environment, spec: { replicas: 4 } });
    const plan = await stack.admin.query(
      'query ($input: DeployInput!) { planDeployment(input: $input) { valid problems { code message } quota { resource limit used needed fits } } }',
      { input: { serviceId } },
    );
    expect(plan.planDeployment).toMatchObject({ valid: false, problems: [{ code: 'QUOTA_EXCEEDED' }] });
    expect(plan.planDeployment.quota).toContainEqual({
      resource: 'pods',
      limit: '2',
      used: '0',
      needed: '4',
      fits: false,
    });
    const id = await stack.seed.deploy(serviceId);
    const found = await blocked(id, 'QUOTA_EXCEEDED');
    expect(found.blockers[0].message).toMatch(/quota of this environment leaves no room/);
    expect(found.phase).toBe('PROGRESSING');
  });

  it('ends when what it had started is deleted in the cluster (SU-11)', async () => {
    const { serviceId, namespace } = await stack.seed.service({ spec: neverReady });
    const id = await stack.seed.deploy(serviceId);
    await eventually(async () => (await rollout(id)).phase === 'PROGRESSING');
    stack.meridian.sandboxes[0]?.api.remove('deployments', namespace, 'web');
    expect(await stack.seed.finished(id, 40)).toBe('FAILED');
  });
});

/** The second image of a service, scaled to more pods than its quota has room for. */
async function stuckScale(spec: object): Promise<{ serviceId: string; deploymentId: string }> {
  const environment = await stack.seed.environment({ quota: { pods: 3 } });
  const { serviceId } = await stack.seed.runningService({ environment, spec });
  const second = await stack.seed.deploy(serviceId, { image: 'nginx:1.28' });
  expect(await stack.seed.finished(second)).toBe('SUCCEEDED');
  // Those that the quota counts until they are gone.
  await eventually(async () => (await podsOf(serviceId)).length === 2, { what: 'two pods' });
  const { deployment } = await attempt(stack.admin, 'scale', { serviceId, replicas: 4 }, 'deployment { id }');
  await blocked(deployment.id, 'QUOTA_EXCEEDED');
  return { serviceId, deploymentId: deployment.id };
}

async function podsOf(serviceId: string): Promise<string[]> {
  const { service } = await stack.admin.query(
    'query ($id: ID!) { service(id: $id) { pods { nodes { uid } } } }',
    { id: serviceId },
  );
  return service.pods.nodes.map(({ uid }: any) => uid);
}

describe('a rollout', () => {
  it('is paused, resumed and aborted, which goes back to the last that succeeded', async () => {
    const { serviceId } = await stack.seed.runningService();
    const id = await stack.seed.deploy(serviceId, {
      image: neverReady.image,
      spec: { readiness: neverReady.readiness },
    });
    const control = (mutation: string) =>
      attempt(stack.admin, mutation, { deploymentId: id }, 'deployment { id }');
    expect((await control('pauseRollout')).userErrors).toEqual([]);
    await eventually(async () => (await rollout(id)).phase === 'PAUSED', { what: 'PAUSED' });
    expect((await control('pauseRollout')).userErrors).toMatchObject([{ code: 'CONFLICT' }]);
    expect((await control('resumeRollout')).userErrors).toEqual([]);
    await eventually(async () => (await rollout(id)).phase === 'PROGRESSING', { what: 'PROGRESSING' });
    const aborted = await attempt(
      stack.admin,
      'abortRollout',
      { deploymentId: id, reason: 'never gets ready' },
      'deployment { rollout { phase } } rollback { id kind image source { number } }',
    );
    expect(aborted).toMatchObject({
      deployment: { rollout: { phase: 'ABORTED' } },
      rollback: { kind: 'ROLLBACK', image: 'nginx:1.27', source: { number: 1 } },
      userErrors: [],
    });
    expect(await stack.seed.finished(aborted.rollback.id)).toBe('SUCCEEDED');
    expect((await control('abortRollout')).userErrors).toMatchObject([{ code: 'CONFLICT' }]);
  });

  it('that only scales and is given up goes back to the number of pods before, and replaces none', async () => {
    const scaled = await stuckScale({});
    const before = await podsOf(scaled.serviceId);
    const aborted = await attempt(
      stack.admin,
      'abortRollout',
      { deploymentId: scaled.deploymentId },
      'deployment { rollout { phase } } rollback { id kind image source { number } diff { path before after } }',
    );
    expect(aborted).toMatchObject({
      deployment: { rollout: { phase: 'ABORTED' } },
      rollback: {
        kind: 'ROLLBACK',
        image: 'nginx:1.28',
        source: { number: 2 },
        diff: [{ path: 'replicas', before: 4, after: 2 }],
      },
      userErrors: [],
    });
    expect(await stack.seed.finished(aborted.rollback.id)).toBe('SUCCEEDED');
    const after = await eventually(async () => {
      const uids = await podsOf(scaled.serviceId);
      return uids.length === 2 ? uids : undefined;
    });
    expect(before).toEqual(expect.arrayContaining(after));
  });

  it('that only scales and fails goes back by itself to the number of pods before', async () => {
    const { serviceId, deploymentId } = await stuckScale({
      rollbackOnFailure: true,
      progressDeadlineSeconds: 5,
    });
    expect(await stack.seed.finished(deploymentId)).toBe('FAILED');
    const [rollback] = await eventually(async () => {
      const records = await history(stack.admin, serviceId);
      return records[0].rollout.phase === 'SUCCEEDED' ? records : undefined;
    });
    expect(rollback).toMatchObject({ number: 4, kind: 'ROLLBACK', image: 'nginx:1.28' });
  });

  it('goes back by default to the last that succeeded with another template, and not to a mere scale', async () => {
    const { serviceId } = await stack.seed.runningService();
    expect(await stack.seed.finished(await stack.seed.deploy(serviceId, { image: 'nginx:1.28' }))).toBe(
      'SUCCEEDED',
    );
    const scaled = await attempt(stack.admin, 'scale', { serviceId, replicas: 3 }, deploymentFields);
    expect(await stack.seed.finished(scaled.deployment.id)).toBe('SUCCEEDED');
    const back = await attempt(stack.admin, 'rollback', { serviceId, reason: 'worse' }, deploymentFields);
    expect(back.deployment).toMatchObject({ kind: 'ROLLBACK', image: 'nginx:1.27', source: { number: 1 } });
    expect(await stack.seed.finished(back.deployment.id)).toBe('SUCCEEDED');
  });

  it('of a restart replaces every pod, and changes nothing else', async () => {
    const { serviceId } = await stack.seed.runningService();
    const uids = async (): Promise<string[]> => {
      const { service } = await stack.admin.query(
        'query ($id: ID!) { service(id: $id) { pods(generation: NEW) { nodes { uid } } } }',
        { id: serviceId },
      );
      return service.pods.nodes.map(({ uid }: any) => uid);
    };
    const before = await uids();
    const restarted = await attempt(stack.admin, 'restart', { serviceId }, deploymentFields);
    expect(restarted.deployment).toMatchObject({ kind: 'RESTART', diff: [] });
    expect(await stack.seed.finished(restarted.deployment.id)).toBe('SUCCEEDED');
    expect((await uids()).filter((uid) => before.includes(uid))).toEqual([]);
  });

  it('is promoted to the service of the same name elsewhere, which keeps its own replicas', async () => {
    const dev = await stack.seed.runningService();
    const test = await stack.seed.environment({
      project: { id: dev.projectId, name: dev.projectName },
      landscape: 'TEST',
    });
    const { service: target } = await attempt(
      stack.admin,
      'createService',
      {
        applicationId: dev.applicationId,
        environmentId: test.environmentId,
        name: 'web',
        spec: { image: 'nginx:1.20', replicas: 1 },
      },
      'service { id }',
    );
    const promoted = await attempt(
      stack.admin,
      'promote',
      { deploymentId: dev.deploymentId, toEnvironmentId: test.environmentId },
      'deployment { id kind image spec { replicas } service { id } source { id } }',
    );
    expect(promoted.deployment).toMatchObject({
      kind: 'PROMOTE',
      image: 'nginx:1.27',
      spec: { replicas: 1 },
      service: { id: target.id },
      source: { id: dev.deploymentId },
    });
    expect(await stack.seed.finished(promoted.deployment.id)).toBe('SUCCEEDED');
  });
});

describe('a deploy that the API server refuses', () => {
  it('is recorded as failed with the reason, and leaves what runs alone', async () => {
    const running = await stack.seed.runningService();
    const { serviceId, namespace } = running;
    stack.meridian.sandboxes[0]?.api.create(
      'persistentvolumeclaims',
      unchangeableClaim(serviceId, namespace, 'data'),
    );
    const refused = await attempt(
      stack.admin,
      'deploy',
      { serviceId, spec: { volumes: [{ name: 'data', path: '/data', size: '1Gi' }] } },
      deploymentFields,
    );
    expect(refused.userErrors).toMatchObject([{ code: 'CLUSTER_REJECTED' }]);
    expect(refused.deployment).toMatchObject({
      number: 2,
      finishedAt: expect.any(String),
      rollout: { phase: 'FAILED', blockers: [{ kind: 'REJECTED' }] },
    });
    const { service } = await stack.admin.query(
      'query ($id: ID!) { service(id: $id) { status currentDeployment { id } spec { volumes { name } } } }',
      { id: serviceId },
    );
    expect(service).toMatchObject({
      status: 'HEALTHY',
      currentDeployment: { id: running.deploymentId },
      spec: { volumes: [] },
    });
  });
});
