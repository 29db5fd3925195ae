import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '../../subgraphs/shared/logger.js';
import { startEmbeddedPostgres } from '../../subgraphs/shared/postgres/embedded-postgres.js';
import { callsOf } from '../kit/call-counter.js';
import { copyService } from '../kit/many-services.js';
import { startStack } from '../kit/stack.js';
import { cpuSeconds, option, percentile, row } from './measures.js';

/**
 * The list of services with everything that a console shows of each, through the gateway: 10 rows, and all of
 * `--services 1000` in pages of 500. Starts a PostgreSQL of its own unless TEST_DATABASE_URL names one.
 */
const services = option('services', 1_000);
const times = option('times', 10);

const query = `query ($first: Int, $after: String) { services(first: $first, after: $after) { totalCount
  pageInfo { hasNextPage endCursor } nodes { id name status statusReason replicas { desired ready } usage { cpuCores }
    application { name } environment { namespace landscape { name } cluster { name } }
    currentDeployment { number image rollout { phase percent } actor { displayName } }
    bindings { prefix } routes { url ready } } } }`;

const folder = await mkdtemp(join(tmpdir(), 'meridian-bench-'));
const postgres = process.env['TEST_DATABASE_URL']
  ? undefined
  : await startEmbeddedPostgres({ folder, logger: createLogger({ level: 'warn' }) });
if (postgres) process.env['TEST_DATABASE_URL'] = postgres.maintenanceUrl;
const stack = await startStack();
const { serviceId } = await stack.seed.runningService();
await copyService(stack, serviceId, services - 1);

async function readAll(first: number, most: number): Promise<void> {
  let after: string | undefined;
  let rows = 0;
  do {
    const { services: page } = await stack.admin.query(query, { first, after });
    rows += page.nodes.length;
    after = page.pageInfo.hasNextPage && rows < most ? page.pageInfo.endCursor : undefined;
  } while (after);
  if (rows !== most) throw new Error(`${rows} services instead of ${most}`);
}

row(
  `services, of ${services}, ${times} times each`,
  'statements',
  'Kubernetes',
  'ms (median)',
  'CPU ms',
  'CPU µs/row',
);
for (const [first, most] of [
  [10, 10],
  [100, 100],
  [500, 500],
  [500, services],
] as const) {
  await readAll(first, most);
  const counts = [];
  const elapsed: number[] = [];
  const cpuBefore = cpuSeconds();
  for (let time = 0; time < times; time++) {
    const start = performance.now();
    counts.push(await callsOf(stack, () => readAll(first, most)));
    elapsed.push(performance.now() - start);
  }
  const cpu = ((cpuSeconds() - cpuBefore) * 1_000) / times;
  row(
    `${most} rows, ${Math.ceil(most / first)} page(s)`,
    Math.min(...counts.map(({ statements }) => statements.length)),
    Math.min(...counts.map(({ kubernetes }) => kubernetes.length)),
    percentile(elapsed, 0.5).toFixed(0),
    cpu.toFixed(0),
    ((cpu * 1_000) / most).toFixed(0),
  );
}
await stack.dispose();
await postgres?.dispose();
await rm(folder, { recursive: true, force: true });
