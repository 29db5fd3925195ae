import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type SeededService } from '../../kit/seed.js';
import { type Stack, startStack } from '../../kit/stack.js';
import { eventually } from '../../kit/wait.js';
import { attempt, deploymentFields, history, neverReady } from './operations.js';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack?.dispose());

describe('deployments of one service at the same time (DB-3)', () => {
  it('are numbered without gaps, and all but the last are superseded or ended', async () => {
    const { serviceId, namespace } = await stack.seed.service();
    const tags = Array.from({ length: 12 }, (_, index) => `1.${index}`);
    const payloads = await Promise.all(
      tags.map((tag) =>
        attempt(stack.admin, 'deploy', { serviceId, image: `nginx:${tag}` }, deploymentFields),
      ),
    );
    expect(payloads.flatMap(({ userErrors }) => userErrors)).toEqual([]);
    const numbers = payloads.map(({ deployment }) => deployment.number).sort((a, b) => a - b);
    expect(numbers).toEqual(tags.map((_, index) => index + 1));

    const last = payloads.find(({ deployment }) => deployment.number === tags.length).deployment;
    expect(await stack.seed.finished(last.id)).toBe('SUCCEEDED');
    const all = await history(stack.admin, serviceId);
    expect(all.filter(({ rollout }) => rollout.phase === 'SUPERSEDED')).toHaveLength(tags.length - 1);
    for (const { rollout, log } of all) {
      if (rollout.phase !== 'SUPERSEDED') continue;
      const ends = log.nodes.filter(({ message }: any) => message.startsWith('Superseded by'));
      expect(ends).toHaveLength(1);
    }
    // What runs is what was recorded last.
    const workload = stack.meridian.sandboxes[0]?.api.get('deployments', namespace, 'web') as any;
    expect(workload.spec.template.spec.containers[0].image).toBe(last.image);
    expect(workload.metadata.annotations['meridian.dev/deployment']).toBe(last.id);
  });
});

describe('a deploy by someone who has not seen the last change (DB-4)', () => {
  it('is a conflict that names the current version, and changes nothing', async () => {
    const { serviceId } = await stack.seed.service();
    const read = () =>
      stack.admin.query('query ($id: ID!) { service(id: $id) { version spec { replicas } } }', {
        id: serviceId,
      });
    const { service: seen } = await read();
    const first = await attempt(
      stack.admin,
      'deploy',
      { serviceId, spec: { replicas: 1 }, version: seen.version },
      deploymentFields,
    );
    expect(first.userErrors).toEqual([]);
    const second = await attempt(
      stack.admin,
      'deploy',
      { serviceId, spec: { replicas: 5 }, version: seen.version },
      deploymentFields,
    );
    expect(second).toMatchObject({
      deployment: null,
      userErrors: [{ code: 'CONFLICT', field: ['input', 'version'], message: expect.stringContaining('2') }],
    });
    const { service: now } = await read();
    expect(now).toEqual({ version: seen.version + 1, spec: { replicas: 1 } });
  });
});

describe('two updates of one application', () => {
  it('the second gets a conflict and the first value stays', async () => {
    const { applicationId } = await stack.seed.service();
    const update = (description: string) =>
      attempt(
        stack.admin,
        'updateApplication',
        { applicationId, description, version: 1 },
        'application { description version }',
      );
    const results = await Promise.all([update('one'), update('two')]);
    const done = results.filter(({ application }) => application);
    expect(done).toHaveLength(1);
    expect(results.find(({ application }) => !application).userErrors).toMatchObject([{ code: 'CONFLICT' }]);
    const { application } = await stack.admin.query(
      'query ($id: ID!) { application(id: $id) { description version } }',
      {
        id: applicationId,
      },
    );
    expect(application).toEqual(done[0].application);
  });
});

describe('a rollout that ends while it is being aborted', () => {
  it('is not aborted, and the refusal says how it ended', async () => {
    const { serviceId } = await stack.seed.runningService();
    const id = await stack.seed.deploy(serviceId, {
      image: neverReady.image,
      spec: { readiness: neverReady.readiness },
    });
    const database = new Client({ connectionString: stack.databaseUrl });
    await database.connect();
    try {
      await database.query('BEGIN');
      await database.query('SELECT 1 FROM deployments.service WHERE id = $1 FOR UPDATE', [serviceId]);
      const aborting = attempt(stack.admin, 'abortRollout', { deploymentId: id }, 'rollback { id }');
      const waiting = `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`;
      await eventually(async () => (await database.query(waiting)).rowCount, { what: 'the abort waits' });
      await database.query(
        `UPDATE deployments.deployment SET phase = 'SUCCEEDED', finished_at = now() WHERE id = $1`,
        [id],
      );
      await database.query('COMMIT');
      expect(await aborting).toMatchObject({
        rollback: null,
        userErrors: [{ code: 'CONFLICT', message: expect.stringContaining('#2 has ended (SUCCEEDED)') }],
      });
      expect(await history(stack.admin, serviceId)).toHaveLength(2);
    } finally {
      await database.end();
    }
  });
});

describe('one name made twice at the same moment (DB-10)', () => {
  it('is made once; the other is a conflict', async () => {
    const { applicationId, environmentId, projectId } = await stack.seed.service();
    const service = () =>
      attempt(
        stack.admin,
        'createService',
        { applicationId, environmentId, name: 'twice', spec: { image: 'nginx:1.27' } },
        'service { id }',
      );
    const application = () =>
      attempt(stack.admin, 'createApplication', { projectId, name: 'twice' }, 'application { id }');
    for (const make of [service, application]) {
      const codes = (await Promise.all([make(), make()])).map(
        ({ userErrors }) => userErrors[0]?.code ?? 'DONE',
      );
      expect(codes.sort()).toEqual(['CONFLICT', 'DONE']);
    }
  });
});

describe('a mutation sent again with its idempotency key (IN-10)', () => {
  it('is done once and answers the same', async () => {
    const { serviceId } = await stack.seed.service();
    const input = { serviceId, image: 'nginx:1.28', idempotencyKey: 'pipeline-7' };
    const [first, again] = [
      await attempt(stack.admin, 'deploy', input, 'deployment { id number }'),
      await attempt(stack.admin, 'deploy', input, 'deployment { id number }'),
    ];
    expect(again).toEqual(first);
    const other = await attempt(
      stack.admin,
      'deploy',
      { ...input, image: 'nginx:1.29' },
      'deployment { id }',
    );
    expect(other).toMatchObject({ deployment: null, userErrors: [{ code: 'CONFLICT' }] });
    expect(await history(stack.admin, serviceId)).toHaveLength(1);
  });
});

describe('a service', () => {
  it('does not take over what something else has in the namespace', async () => {
    const { serviceId, namespace } = await stack.seed.service({ name: 'taken' });
    stack.meridian.sandboxes[0]?.api.create('services', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: 'taken', namespace },
      spec: { ports: [{ port: 6379 }] },
    });
    const refused = await attempt(stack.admin, 'deploy', { serviceId }, deploymentFields);
    expect(refused.userErrors).toMatchObject([
      { code: 'CONFLICT', message: expect.stringContaining('taken') },
    ]);
    expect(refused.deployment.rollout).toMatchObject({ phase: 'FAILED', blockers: [{ kind: 'REJECTED' }] });
  });

  it('is removed with everything that ran, and keeps its deployments', async () => {
    const service: SeededService & { deploymentId: string } = await stack.seed.runningService();
    const api = stack.meridian.sandboxes[0]?.api;
    const left = () =>
      ['deployments', 'services', 'ingresses', 'pods'].flatMap((kind) =>
        (api?.list(kind, { namespace: service.namespace }) ?? []).map(({ metadata }) => metadata.name),
      );
    expect(left().length).toBeGreaterThan(0);
    const deleted = await attempt(
      stack.admin,
      'deleteService',
      { serviceId: service.serviceId, reason: 'not needed' },
      'deletedServiceId',
    );
    expect(deleted).toEqual({ deletedServiceId: service.serviceId, userErrors: [] });
    await eventually(() => left().length === 0, { what: 'nothing of the service left' });
    const { deployment, service: gone } = await stack.admin.query(
      'query ($id: ID!, $service: ID!) { deployment(id: $id) { number service { name deletedAt } } service(id: $service) { id } }',
      { id: service.deploymentId, service: service.serviceId },
    );
    expect(gone).toBeNull();
    expect(deployment).toMatchObject({ number: 1, service: { name: 'web', deletedAt: expect.any(String) } });
  });
});
