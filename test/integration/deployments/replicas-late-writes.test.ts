import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Exchange } from '../../kit/fault-proxy-exchange.js';
import { type Stack, startStack } from '../../kit/stack.js';
import { eventually } from '../../kit/wait.js';
import { type ProxiedStack, startProxiedStack } from '../faults/proxied-stack.js';
import { attempt, history } from './operations.js';

/** Two whole Meridians over one database and one cluster. */
let first: ProxiedStack;
let second: Stack;
beforeAll(async () => {
  const secrets = {
    MERIDIAN_SECRET_KEY: Buffer.alloc(32, 7).toString('base64'),
    MERIDIAN_ADMIN_PASSWORD: 'one-for-both-of-them',
  };
  first = await startProxiedStack(['shared'], { env: secrets });
  second = await startStack({
    sandboxes: 0,
    env: {
      ...secrets,
      DATABASE_URL: first.stack.databaseUrl,
      MERIDIAN_CLUSTER_ORIGINS: first.clusters[0]?.proxy.url ?? '',
    },
  }).catch(async (error: unknown) => {
    await first.dispose();
    throw error;
  });
});
afterAll(async () => {
  await second?.dispose();
  await first?.dispose();
});

const isWrite =
  (namespace: string, name: string) =>
  ({ method, url }: Exchange): boolean =>
    method === 'PATCH' &&
    url.pathname === `/apis/apps/v1/namespaces/${namespace}/deployments/${name}` &&
    !url.searchParams.has('dryRun');

describe('a replica whose write is late', () => {
  it('does not put the older deployment over the newer one that another replica has applied', async () => {
    const [cluster] = first.clusters;
    if (!cluster) throw new Error('no cluster');
    const { serviceId, namespace } = await first.stack.seed.runningService();
    const write = isWrite(namespace, 'web');
    const held: Exchange[] = [];
    cluster.proxy.inject(write, (exchange) => held.push(exchange), 1);
    const older = attempt(
      first.stack.admin,
      'deploy',
      { serviceId, image: 'nginx:1.28' },
      'deployment { id number }',
    );
    await eventually(() => held.length === 1, { what: 'the write of the first replica' });

    const newer = await attempt(
      second.admin,
      'deploy',
      { serviceId, image: 'nginx:1.29' },
      'deployment { id number }',
    );
    expect(newer.deployment.number).toBe(3);
    const workload = () => cluster.sandbox.api.get('deployments', namespace, 'web') as any;
    const image = (): string => workload().spec.template.spec.containers[0].image;
    expect(image()).toBe('nginx:1.29');

    held[0]?.forward();
    expect((await older).deployment.number).toBe(2);
    expect(held[0]?.status).toBe(409);
    expect(image()).toBe('nginx:1.29');
    expect(workload().metadata.annotations['meridian.dev/deployment']).toBe(newer.deployment.id);
    expect(await first.stack.seed.finished(newer.deployment.id)).toBe('SUCCEEDED');
    expect((await history(second.admin, serviceId)).map(({ rollout }) => rollout.phase)).toEqual([
      'SUCCEEDED',
      'SUPERSEDED',
      'SUCCEEDED',
    ]);
  });

  it('does not delete what the newer deployment has made', async () => {
    const [cluster] = first.clusters;
    if (!cluster) throw new Error('no cluster');
    const autoscaling = { minReplicas: 2, maxReplicas: 4, cpuPercent: 70 };
    const { serviceId, namespace } = await first.stack.seed.runningService({ spec: { autoscaling } });
    const isDelete = ({ method, url }: Exchange): boolean =>
      method === 'DELETE' && url.pathname.includes(`/${namespace}/horizontalpodautoscalers/`);
    const held: Exchange[] = [];
    cluster.proxy.inject(isDelete, (exchange) => held.push(exchange), 1);
    const older = attempt(
      first.stack.admin,
      'deploy',
      { serviceId, spec: { autoscaling: null } },
      'deployment { id }',
    );
    await eventually(() => held.length === 1, { what: 'the delete of the first replica' });
    const newer = await attempt(
      second.admin,
      'deploy',
      { serviceId, spec: { autoscaling: { ...autoscaling, maxReplicas: 6 } } },
      'deployment { id }',
    );
    held[0]?.forward();
    await older;
    expect(held[0]?.status).toBe(409);
    const [scaler] = cluster.sandbox.api.list('horizontalpodautoscalers', { namespace }) as any[];
    expect(scaler.spec.maxReplicas).toBe(6);
    expect(await second.seed.finished(newer.deployment.id)).toBe('SUCCEEDED');
  });
});

describe('the end of a rollout that two replicas see', () => {
  it('is recorded once', async () => {
    const { serviceId } = await first.stack.seed.runningService();
    for (const { log } of await history(second.admin, serviceId)) {
      const lines = log.nodes.map(({ message }: any) => message);
      expect(lines.filter((line: string) => line.startsWith('Succeeded'))).toHaveLength(1);
      expect(lines).toEqual([...new Set(lines)]);
    }
  });
});
