import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDeploymentsConfig } from '../../../subgraphs/deployments/config.js';
import { startDeploymentsSubgraph } from '../../../subgraphs/deployments/subgraph.js';
import { newId } from '../../../subgraphs/shared/ids.js';
import type { Subgraph } from '../../../subgraphs/shared/subgraph.js';
import { type Stack, startStack } from '../../kit/stack.js';
import { history } from './operations.js';

let stack: Stack;
let database: Client;
const replicas: Subgraph[] = [];
beforeAll(async () => {
  stack = await startStack();
  database = new Client({ connectionString: stack.databaseUrl });
  await database.connect();
});
afterAll(async () => {
  for (const replica of replicas) await replica.dispose();
  await database?.end();
  await stack?.dispose();
});

const startReplica = async (): Promise<void> => {
  replicas.push(await startDeploymentsSubgraph(readDeploymentsConfig({}), stack.meridian.services));
};

describe('a deployment whose process ended between its record and the cluster', () => {
  it('is applied and brought to its end by whoever starts next', async () => {
    const { serviceId, deploymentId, namespace } = await stack.seed.runningService();
    const id = newId('deployment');
    // What the transaction of a deploy leaves, and nothing of what follows it.
    await database.query('BEGIN');
    await database.query(
      `INSERT INTO deployments.deployment
         (id, service_id, application_id, project_id, landscape_id, cluster_id, number, kind, user_id, access_token_id,
          reason, template_id, spec, bound, diff, phase, paused, reported, created_at, canary_step)
       SELECT $1, service_id, application_id, project_id, landscape_id, cluster_id, 2, kind, user_id, access_token_id,
              'left behind', $1, jsonb_set(spec, '{image}', '"nginx:1.28"'), bound, '[]', 'PENDING', false, '', now(), 0
       FROM deployments.deployment WHERE id = $2`,
      [id, deploymentId],
    );
    await database.query(
      'UPDATE deployments.service SET current_deployment_id = $1, last_number = 2 WHERE id = $2',
      [id, serviceId],
    );
    await database.query('COMMIT');
    await startReplica();
    expect(await stack.seed.finished(id)).toBe('SUCCEEDED');
    const workload = stack.meridian.sandboxes[0]?.api.get('deployments', namespace, 'web') as any;
    expect(workload.spec.template.spec.containers[0].image).toBe('nginx:1.28');
  });
});

describe('several replicas that see the same rollout', () => {
  it('end its record once, and write each line of its log once', async () => {
    await startReplica();
    await startReplica();
    const { serviceId } = await stack.seed.runningService();
    const [first] = await history(stack.admin, serviceId);
    const lines: string[] = first.log.nodes.map(({ message }: any) => message);
    expect(lines).toEqual([...new Set(lines)]);
    expect(lines[0]).toMatch(/^Deployment #1/);
    expect(lines.at(-1)).toMatch(/^Succeeded/);

    const id = await stack.seed.deploy(serviceId, {
      image: 'registry.example/does-not-exist:1',
      spec: { progressDeadlineSeconds: 5 },
    });
    expect(await stack.seed.finished(id, 60)).toBe('FAILED');
    const [failed] = await history(stack.admin, serviceId);
    const ends = failed.log.nodes.filter(({ message }: any) => message.startsWith('Nothing got on'));
    expect(ends).toHaveLength(1);
  });
});
