import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Stack, startStack } from '../../kit/stack.js';
import { eventually } from '../../kit/wait.js';
import { attempt, history } from './operations.js';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack?.dispose());

const steps = [{ percent: 25, pauseSeconds: 1 }, { percent: 50 }];
const strategy = { type: 'CANARY', steps };

async function look(serviceId: string): Promise<any> {
  const { service } = await stack.admin.query(
    `query ($id: ID!) { service(id: $id) {
      status statusReason replicas { desired updated ready available }
      pods { nodes { name uid generation deployment { number } ready } }
      currentDeployment { id number rollout { phase percent desired updated ready available old canary { step steps percent waiting nextStepAt } } }
    } }`,
    { id: serviceId },
  );
  return service;
}

/** Waits until the canary of the service has arrived at a step and stays there. */
const arrived = (serviceId: string, step: number): Promise<any> =>
  eventually(
    async () => {
      const found = await look(serviceId);
      const { canary, phase } = found.currentDeployment.rollout;
      return canary?.step === step && canary.waiting && phase === 'PAUSED' ? found : undefined;
    },
    { what: `step ${step} of the canary` },
  );

const generations = (service: any): Record<string, number> => {
  const counts: Record<string, number> = {};
  for (const { generation } of service.pods.nodes) counts[generation] = (counts[generation] ?? 0) + 1;
  return counts;
};

/** Waits until there are so many pods of each generation. */
const bothAre = (serviceId: string, count: number): Promise<unknown> =>
  eventually(
    async () => {
      const { OLD, NEW, ...others } = generations(await look(serviceId));
      return OLD === count && NEW === count && Object.keys(others).length === 0;
    },
    { what: `${count} old and ${count} new pods` },
  );

const promote = (deploymentId: string, input: object = {}) =>
  attempt(stack.admin, 'promoteRollout', { deploymentId, ...input }, 'deployment { id }');

describe('a canary', () => {
  it('goes step by step beside what runs, waits to be promoted, and takes over without a gap', async () => {
    const { serviceId, namespace } = await stack.seed.runningService({ spec: { replicas: 4 } });
    const id = await stack.seed.deploy(serviceId, { image: 'nginx:1.28', spec: { strategy } });
    const waiting = await arrived(serviceId, 2);
    expect(waiting.status).toBe('PROGRESSING');
    expect(waiting.currentDeployment.rollout).toMatchObject({
      phase: 'PAUSED',
      desired: 4,
      canary: { step: 2, steps: 2, percent: 50, waiting: true },
    });
    await bothAre(serviceId, 2);

    expect((await promote(id)).userErrors).toEqual([]);
    expect(await stack.seed.finished(id)).toBe('SUCCEEDED');
    // Old pods may still be on their way out.
    const done = await eventually(
      async () => {
        const found = await look(serviceId);
        return found.pods.nodes.length === 4 ? found : undefined;
      },
      { what: 'four pods' },
    );
    expect(done.currentDeployment.rollout).toMatchObject({ percent: 100, available: 4 });
    expect(generations(done)).toEqual({ NEW: 4 });
    expect(stack.meridian.sandboxes[0]?.api.list('deployments', { namespace })).toHaveLength(1);
    const [record] = await history(stack.admin, serviceId);
    expect(record.log.nodes.map(({ message }: any) => message)).toEqual(
      expect.arrayContaining([
        'Canary step 1 of 2: 25 %, 1 of 4 pods new and available. Goes on after 1 s.',
        'Canary step 2 of 2: 50 %, 2 of 4 pods new and available. Waits for promoteRollout.',
        'Promoted. All steps of the canary are passed: all pods become new.',
        'Succeeded: 4 of 4 pods are available.',
      ]),
    );
    expect((await promote(id)).userErrors).toMatchObject([{ code: 'CONFLICT' }]);
  });

  it('that is aborted leaves the pods that ran before as they were', async () => {
    const { serviceId } = await stack.seed.runningService({ spec: { replicas: 4 } });
    const before = (await look(serviceId)).pods.nodes.map(({ uid }: any) => uid);
    const id = await stack.seed.deploy(serviceId, {
      image: 'nginx:1.28',
      spec: { strategy: { type: 'CANARY', steps: [{ percent: 25 }] } },
    });
    await arrived(serviceId, 1);
    const aborted = await attempt(
      stack.admin,
      'abortRollout',
      { deploymentId: id },
      'deployment { rollout { phase } } rollback { id number kind image }',
    );
    expect(aborted).toMatchObject({
      deployment: { rollout: { phase: 'ABORTED' } },
      rollback: { kind: 'ROLLBACK', image: 'nginx:1.27' },
      userErrors: [],
    });
    expect(await stack.seed.finished(aborted.rollback.id)).toBe('SUCCEEDED');
    await eventually(async () => (await look(serviceId)).pods.nodes.length === 4, { what: 'four pods' });
    const after = (await look(serviceId)).pods.nodes.map(({ uid }: any) => uid);
    // One of the four had made room for the canary; the other three were not touched.
    expect(after.filter((uid: string) => before.includes(uid))).toHaveLength(3);
  });

  it('that fails goes back by itself where the service wants it, once, and says so', async () => {
    const { serviceId } = await stack.seed.runningService({
      spec: { replicas: 2, rollbackOnFailure: true },
    });
    const id = await stack.seed.deploy(serviceId, {
      image: 'registry.example/does-not-exist:2',
      spec: { strategy, progressDeadlineSeconds: 5 },
    });
    expect(await stack.seed.finished(id, 60)).toBe('FAILED');
    const rollback = await eventually(async () => {
      const [latest] = await history(stack.admin, serviceId);
      return latest.kind === 'ROLLBACK' ? latest : undefined;
    });
    expect(await stack.seed.finished(rollback.id)).toBe('SUCCEEDED');
    const records = await history(stack.admin, serviceId);
    expect(records.map(({ kind }: any) => kind)).toEqual(['ROLLBACK', 'DEPLOY', 'DEPLOY']);
    const { deployment, auditEvents } = await stack.admin.query(
      `query ($id: ID!, $service: ID!) {
        deployment(id: $id) { actor { login } reason }
        auditEvents(filter: { targetId: $service }) { nodes { action actor { login } reason } } }`,
      { id: rollback.id, service: serviceId },
    );
    expect(deployment).toEqual({
      actor: null,
      reason: 'automatic rollback: deployment #2 failed',
    });
    expect(auditEvents.nodes[0]).toMatchObject({ action: 'rollback', actor: null });
  });

  it('goes on when the service is scaled meanwhile', async () => {
    const { serviceId } = await stack.seed.runningService({ spec: { replicas: 2 } });
    await stack.seed.deploy(serviceId, {
      image: 'nginx:1.28',
      spec: { strategy: { type: 'CANARY', steps: [{ percent: 50 }] } },
    });
    await arrived(serviceId, 1);
    const scaled = await attempt(stack.admin, 'scale', { serviceId, replicas: 4 }, 'deployment { id }');
    const wide = await arrived(serviceId, 1);
    expect(wide.currentDeployment.id).toBe(scaled.deployment.id);
    await bothAre(serviceId, 2);
    await promote(scaled.deployment.id, { full: true });
    expect(await stack.seed.finished(scaled.deployment.id)).toBe('SUCCEEDED');
  });

  it('is refused with steps that make no sense, naming each', async () => {
    const { serviceId } = await stack.seed.service();
    const refused = await attempt(
      stack.admin,
      'deploy',
      { serviceId, spec: { strategy: { type: 'CANARY', steps: [{ percent: 60 }, { percent: 20 }] } } },
      'deployment { id }',
    );
    expect(refused.deployment).toBeNull();
    expect(refused.userErrors).toMatchObject([
      { code: 'BAD_USER_INPUT', field: ['input', 'spec', 'strategy', 'steps', '1', 'percent'] },
    ]);
  });
});
