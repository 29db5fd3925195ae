import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '../../subgraphs/shared/logger.js';
import { startEmbeddedPostgres } from '../../subgraphs/shared/postgres/embedded-postgres.js';
import { type Illness, startManyClusters } from '../integration/faults/many-clusters.js';
import { option, pause, percentile, row } from './measures.js';

/**
 * What half of the clusters being broken costs those who ask about a healthy one, and those who ask about all: medians
 * before and after, in one process and run. Starts a PostgreSQL of its own unless TEST_DATABASE_URL names one.
 *
 *   --clusters 50 --rounds 60
 */
const clusters = option('clusters', 50);
const rounds = option('rounds', 60);
const illnesses: readonly Illness[] = ['DEAD', 'HANGING', 'SLOW', 'FAILING', 'LYING', 'DRIPPING'];

const folder = await mkdtemp(join(tmpdir(), 'meridian-bench-'));
const postgres = process.env['TEST_DATABASE_URL']
  ? undefined
  : await startEmbeddedPostgres({ folder, logger: createLogger({ level: 'warn' }), settings: {} });
if (postgres) process.env['TEST_DATABASE_URL'] = postgres.maintenanceUrl;
const many = await startManyClusters(clusters);
const [healthy] = many.clusters;
if (!healthy) throw new Error('no cluster');

const observed = 'observed { stale error { code } }';
const questions = {
  'one healthy cluster': `{ cluster(id: ${JSON.stringify(healthy.id)}) { status nodes { totalCount } ${observed} } }`,
  'all clusters': `{ clusters(first: 100) { nodes { id status nodes { totalCount } ${observed} } } }`,
};

async function medians(): Promise<number[]> {
  const results: number[] = [];
  for (const question of Object.values(questions)) {
    const times: number[] = [];
    for (let i = 0; i < rounds; i++) {
      const startedAt = performance.now();
      await many.stack.admin.query(question);
      times.push(performance.now() - startedAt);
    }
    results.push(percentile(times, 0.5));
  }
  return results;
}

await medians();
const before = await medians();
const broken = many.clusters.slice(Math.floor(clusters / 2));
await Promise.all(
  broken.map((cluster, i) => many.breakDown(cluster, illnesses[i % illnesses.length] as Illness)),
);
const atOnce = await medians();
await pause(30_000);
const after = await medians();

row(`p50, ms, of ${rounds}`, 'all healthy', 'just broken', 'broken 30 s', 'ratio');
for (const [i, name] of Object.keys(questions).entries()) {
  const [well = 0, struck = 0, settled = 0] = [before[i], atOnce[i], after[i]];
  row(name, well.toFixed(1), struck.toFixed(1), settled.toFixed(1), (settled / well).toFixed(2));
}
await many.dispose();
await postgres?.dispose();
await rm(folder, { recursive: true, force: true });
