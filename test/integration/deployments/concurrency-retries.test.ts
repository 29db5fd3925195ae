import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Stack, startStack } from '../../kit/stack.js';
import { eventually } from '../../kit/wait.js';
import { attempt, history, neverReady, unchangeableClaim } from './operations.js';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack?.dispose());

const phaseOf = async (id: string): Promise<string> => {
  const { deployment } = await stack.admin.query(
    'query ($id: ID!) { deployment(id: $id) { rollout { phase } } }',
    { id },
  );
  return deployment.rollout.phase;
};

const auditCount = async (filter: object): Promise<number> => {
  const { auditEvents } = await stack.admin.query(
    'query ($filter: AuditEventFilter) { auditEvents(filter: $filter) { totalCount } }',
    { filter: { result: 'DONE', ...filter } },
  );
  return auditEvents.totalCount;
};

describe('a mutation of a rollout that is sent again with its idempotency key (IN-10)', () => {
  it('is done once and answers the same, also when the rollout has ended since', async () => {
    const { serviceId } = await stack.seed.runningService();
    const id = await stack.seed.deploy(serviceId, {
      image: neverReady.image,
      spec: { readiness: neverReady.readiness },
    });
    const send = (mutation: string) =>
      attempt(
        stack.admin,
        mutation,
        { deploymentId: id, idempotencyKey: 'again' },
        mutation === 'abortRollout' ? 'deployment { id } rollback { id number }' : 'deployment { id }',
      );
    const answers = new Map<string, unknown>();
    for (const mutation of ['pauseRollout', 'resumeRollout', 'abortRollout']) {
      const answer = await send(mutation);
      expect(answer.userErrors).toEqual([]);
      answers.set(mutation, answer);
    }
    expect(await phaseOf(id)).toBe('ABORTED');
    for (const [mutation, answer] of answers) expect(await send(mutation)).toEqual(answer);
    expect(await history(stack.admin, serviceId)).toHaveLength(3);
    for (const action of ['pauseRollout', 'resumeRollout']) {
      expect(await auditCount({ action, targetId: id })).toBe(1);
    }
    expect(await auditCount({ action: 'abortRollout', targetId: serviceId })).toBe(1);
  });

  it('that gives up the first deployment answers the same, with nothing to go back to', async () => {
    const { serviceId, namespace } = await stack.seed.service({ spec: neverReady });
    const id = await stack.seed.deploy(serviceId);
    const send = () =>
      attempt(
        stack.admin,
        'abortRollout',
        { deploymentId: id, idempotencyKey: 'stop' },
        'deployment { id rollout { phase } } rollback { id }',
      );
    const first = await send();
    expect(first).toMatchObject({ deployment: { rollout: { phase: 'ABORTED' } }, rollback: null });
    expect(await send()).toEqual(first);
    await eventually(() => stack.meridian.sandboxes[0]?.api.list('deployments', { namespace }).length === 0);
  });

  it('takes a canary one step on, however often it is sent', async () => {
    const { serviceId } = await stack.seed.runningService({ spec: { replicas: 4 } });
    const steps = [{ percent: 25 }, { percent: 50 }, { percent: 75 }];
    const id = await stack.seed.deploy(serviceId, {
      image: 'nginx:1.28',
      spec: { strategy: { type: 'CANARY', steps } },
    });
    const send = () =>
      attempt(stack.admin, 'promoteRollout', { deploymentId: id, idempotencyKey: 'on' }, 'deployment { id }');
    const answers = await Promise.all([send(), send(), send()]);
    for (const answer of answers) expect(answer).toEqual({ deployment: { id }, userErrors: [] });
    const { deployment } = await stack.admin.query(
      'query ($id: ID!) { deployment(id: $id) { rollout { canary { step } } } }',
      { id },
    );
    expect(deployment.rollout.canary.step).toBe(2);
    expect(await auditCount({ action: 'promoteRollout', targetId: id })).toBe(1);
  });
});

describe('a deployment that is asked for again with its idempotency key (IN-10)', () => {
  it('is made once when the first attempt is still under way', async () => {
    const { serviceId } = await stack.seed.runningService();
    for (const [mutation, input] of [
      ['deploy', { serviceId, image: 'nginx:1.28' }],
      ['scale', { serviceId, replicas: 3 }],
      ['restart', { serviceId }],
      ['rollback', { serviceId }],
    ] as const) {
      const before = (await history(stack.admin, serviceId)).length;
      const send = () =>
        attempt(stack.admin, mutation, { ...input, idempotencyKey: 'twice' }, 'deployment { id number }');
      const answers = await Promise.all([send(), send(), send()]);
      expect(new Set(answers.map(({ deployment }) => deployment.id)).size, mutation).toBe(1);
      expect(await history(stack.admin, serviceId), mutation).toHaveLength(before + 1);
      expect(await stack.seed.finished(answers[0].deployment.id)).toBe('SUCCEEDED');
    }
  });

  it('answers the same when the service has become one that would be refused since', async () => {
    const { serviceId } = await stack.seed.runningService();
    const scale = () =>
      attempt(stack.admin, 'scale', { serviceId, replicas: 3, idempotencyKey: 'lost' }, 'deployment { id }');
    const first = await scale();
    expect(first.userErrors).toEqual([]);
    await stack.seed.deploy(serviceId, { spec: { autoscaling: { maxReplicas: 4 } } });
    expect(await scale()).toEqual(first);
    expect(
      (await attempt(stack.admin, 'scale', { serviceId, replicas: 3 }, 'deployment { id }')).userErrors,
    ).toMatchObject([{ code: 'BAD_USER_INPUT', field: ['input', 'replicas'] }]);
  });

  it('of a binding answers the same, also when binding and instance are no more', async () => {
    const { serviceId, environmentId } = await stack.seed.service();
    const { instance } = await attempt(
      stack.admin,
      'createInstance',
      { environmentId, name: 'cache', offering: 'redis' },
      'instance { id }',
    );
    const bind = () =>
      attempt(
        stack.admin,
        'bindInstance',
        { instanceId: instance.id, serviceId, idempotencyKey: 'bind' },
        'binding { id } deployment { id }',
      );
    const bound = await bind();
    expect(bound).toMatchObject({ binding: { id: expect.any(String) }, userErrors: [] });
    expect(await bind()).toEqual(bound);
    const unbind = () =>
      attempt(
        stack.admin,
        'unbindInstance',
        { bindingId: bound.binding.id, idempotencyKey: 'unbind' },
        'deployment { id }',
      );
    const unbound = await unbind();
    expect(unbound).toMatchObject({ deployment: { id: expect.any(String) }, userErrors: [] });
    expect(await unbind()).toEqual(unbound);
    const removed = await attempt(
      stack.admin,
      'deleteInstance',
      { instanceId: instance.id },
      'instance { id }',
    );
    expect(removed.userErrors).toEqual([]);
    expect(await bind()).toEqual({ ...bound, binding: null });
    expect(await history(stack.admin, serviceId)).toHaveLength(2);
  });

  it('of a binding without a key is a CONFLICT, and so is another with the same variables', async () => {
    const { serviceId, environmentId } = await stack.seed.service();
    const make = async (name: string) => {
      const input = { environmentId, name, offering: 'redis' };
      return (await attempt(stack.admin, 'createInstance', input, 'instance { id }')).instance.id;
    };
    const [instanceId, otherId] = [await make('sessions'), await make('queue')];
    const bind = (input: object) =>
      attempt(stack.admin, 'bindInstance', { serviceId, ...input }, 'binding { id prefix }');
    expect(await bind({ instanceId, prefix: 'STORE' })).toMatchObject({ binding: { prefix: 'STORE' } });
    expect(await bind({ instanceId, prefix: 'STORE' })).toMatchObject({
      binding: null,
      userErrors: [{ code: 'CONFLICT', field: ['input', 'instanceId'] }],
    });
    for (const prefix of ['STORE', 'STORE_']) {
      expect(await bind({ instanceId: otherId, prefix })).toMatchObject({
        binding: null,
        userErrors: [
          {
            code: 'CONFLICT',
            field: ['input', 'prefix'],
            message: expect.stringContaining('has the prefix "STORE"'),
          },
        ],
      });
    }
    expect(await history(stack.admin, serviceId)).toHaveLength(1);
  });

  it('answers with the refusal of the cluster again', async () => {
    const { serviceId, namespace } = await stack.seed.service();
    const claim = unchangeableClaim(serviceId, namespace, 'data');
    stack.meridian.sandboxes[0]?.api.create('persistentvolumeclaims', claim);
    const volumes = [{ name: 'data', path: '/data', size: '1Gi' }];
    const send = () =>
      attempt(
        stack.admin,
        'deploy',
        { serviceId, spec: { volumes }, idempotencyKey: 'refused' },
        'deployment { id rollout { phase } }',
      );
    const first = await send();
    expect(first).toMatchObject({
      deployment: { rollout: { phase: 'FAILED' } },
      userErrors: [{ code: 'CLUSTER_REJECTED' }],
    });
    expect(await send()).toEqual(first);
  });
});

describe('a change of an application or service that is asked for again with its idempotency key (IN-10)', () => {
  it('is answered as before, also when nothing is left of what it changed', async () => {
    const { serviceId, applicationId } = await stack.seed.runningService();
    const cases = [
      {
        mutation: 'updateApplication',
        input: { applicationId, description: 'a shop', version: 1 },
        other: { description: 'no shop' },
        selection: 'application { id version }',
      },
      {
        mutation: 'deleteService',
        input: { serviceId, reason: 'gone' },
        other: { reason: 'lost' },
        selection: 'deletedServiceId',
      },
      {
        mutation: 'deleteApplication',
        input: { applicationId },
        other: { applicationId: serviceId },
        selection: 'deletedApplicationId',
      },
    ];
    for (const { mutation, input, other, selection } of cases) {
      const send = (change: object = {}) =>
        attempt(stack.admin, mutation, { ...input, ...change, idempotencyKey: 'again' }, selection);
      const first = await send();
      expect(first, mutation).toMatchObject({ userErrors: [] });
      expect(await send(), mutation).toEqual(first);
      expect((await send(other)).userErrors, mutation).toMatchObject([
        { code: 'CONFLICT', field: ['input', 'idempotencyKey'] },
      ]);
    }
    expect(await auditCount({ action: 'updateApplication', targetId: applicationId })).toBe(1);
    expect(await auditCount({ action: 'deleteService', targetId: serviceId })).toBe(1);
    expect(await auditCount({ action: 'deleteApplication', targetId: applicationId })).toBe(1);
  });
});
