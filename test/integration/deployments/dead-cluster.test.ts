import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SeededService } from '../../kit/seed.js';
import { type Stack, startStack } from '../../kit/stack.js';
import { eventually } from '../../kit/wait.js';
import { history } from './operations.js';

let stack: Stack;
let dead: SeededService;
let alive: SeededService;
beforeAll(async () => {
  stack = await startStack({ sandboxes: 2 });
  const clusters = await Promise.all([stack.seed.clusterId(0), stack.seed.clusterId(1)]);
  [dead, alive] = (await Promise.all(
    clusters.map(async (clusterId) =>
      stack.seed.runningService({ environment: await stack.seed.environment({ clusterId }) }),
    ),
  )) as unknown as [SeededService, SeededService];
  const { cluster } = await stack.admin.query('query ($id: ID!) { cluster(id: $id) { name } }', {
    id: dead.clusterId,
  });
  const sandbox = stack.meridian.sandboxes.find(({ name }) => name === cluster.name);
  const deployment = structuredClone(sandbox?.api.get('deployments', dead.namespace, 'web')) as any;
  deployment.spec.revisionHistoryLimit = 2;
  sandbox?.api.update('deployments', deployment);
  await eventually(async () => {
    const { service } = await stack.admin.query(
      'query ($id: ID!) { service(id: $id) { drift { path } driftUnavailable { code } } }',
      { id: dead.serviceId },
    );
    return service.drift.length === 1 && service.driftUnavailable === null;
  });
  await sandbox?.dispose();
});
afterAll(() => stack?.dispose());

const services = async (): Promise<any[]> => {
  const { services: found } = await stack.admin.query(
    '{ services { nodes { id status statusReason replicas { ready } pods { totalCount } observed { stale observedAt error { code } cluster { id } } currentDeployment { rollout { phase observed { stale } } } } } }',
  );
  return found.nodes;
};

describe('services when one of their clusters is dead (CL-1)', () => {
  it('are all in the list, that of the dead cluster with what was last known, marked stale and never healthy', async () => {
    const [gone, healthy] = await eventually(async () => {
      const all = await services();
      const one = all.find(({ id }) => id === dead.serviceId);
      return one.observed.stale ? [one, all.find(({ id }) => id === alive.serviceId)] : undefined;
    });
    expect(gone).toMatchObject({
      status: 'UNKNOWN',
      statusReason: expect.stringContaining('does not answer'),
      pods: { totalCount: 2 },
      observed: {
        observedAt: expect.any(String),
        error: { code: 'CLUSTER_UNAVAILABLE' },
        cluster: { id: dead.clusterId },
      },
      currentDeployment: { rollout: { phase: 'SUCCEEDED', observed: { stale: true } } },
    });
    expect(healthy).toMatchObject({ status: 'HEALTHY', observed: { stale: false, error: null } });
  });

  it('say of what others changed in it what was last seen, and why no more is known, as a value and not as an error', async () => {
    const { data, errors } = await stack.admin.send(
      '{ services { nodes { id drift { path } driftUnavailable { code message } } } }',
      {},
    );
    expect(errors).toBeUndefined();
    const of = ({ serviceId }: SeededService) =>
      data.services.nodes.find(({ id }: { id: string }) => id === serviceId);
    expect(of(dead)).toMatchObject({
      drift: [{ path: 'Deployment/web.spec.revisionHistoryLimit' }],
      driftUnavailable: { code: 'CLUSTER_UNAVAILABLE' },
    });
    expect(of(dead).driftUnavailable.message).not.toContain('127.0.0.1');
    expect(of(alive)).toMatchObject({ drift: [], driftUnavailable: null });
  });

  it('refuse a deploy with the fault, and record nothing of it', async () => {
    const { errors } = await stack.admin.send(
      'mutation ($input: DeployInput!) { deploy(input: $input) { deployment { id } } }',
      { input: { serviceId: dead.serviceId, image: 'nginx:1.28' } },
    );
    expect(errors).toMatchObject([{ extensions: { code: 'CLUSTER_UNAVAILABLE' } }]);
    expect(await history(stack.admin, dead.serviceId)).toHaveLength(1);
    expect(await stack.seed.finished(await stack.seed.deploy(alive.serviceId, { image: 'nginx:1.28' }))).toBe(
      'SUCCEEDED',
    );
  });
});
