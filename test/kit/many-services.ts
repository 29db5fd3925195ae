import pg from 'pg';
import { newId } from '../../subgraphs/shared/ids.js';
import type { Stack } from './stack.js';

/**
 * Copies of a service and of its current deployment, written straight into the tables: by the API, and with pods, a
 * thousand would take minutes. Nothing of them is in a cluster.
 */
export async function copyService(
  stack: Pick<Stack, 'databaseUrl'>,
  serviceId: string,
  count: number,
  prefix = 'copy',
): Promise<void> {
  const client = new pg.Client({ connectionString: stack.databaseUrl });
  await client.connect();
  try {
    const copies = Array.from({ length: count }, (_, index) => ({
      service: newId('service'),
      deployment: newId('deployment'),
      name: `${prefix}-${String(index).padStart(4, '0')}`,
    }));
    const values = JSON.stringify(copies);
    for (const [table, key, changes] of [
      [
        'deployment',
        'current_deployment_id',
        { id: 'deployment', service_id: 'service', template_id: 'deployment' },
      ],
      ['service', 'id', { id: 'service', name: 'name', current_deployment_id: 'deployment' }],
    ] as const) {
      const pairs = Object.entries(changes).map(([column, field]) => `'${column}', copy ->> '${field}'`);
      await client.query(
        `INSERT INTO deployments.${table}
         SELECT (jsonb_populate_record(source, jsonb_build_object(${pairs.join(', ')}))).*
         FROM deployments.${table} source, jsonb_array_elements($1::jsonb) copy
         WHERE source.id = (SELECT ${key} FROM deployments.service WHERE id = $2)`,
        [values, serviceId],
      );
    }
  } finally {
    await client.end();
  }
}
