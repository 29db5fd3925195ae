import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { createLogger } from '../../subgraphs/shared/logger.js';
import { startEmbeddedPostgres } from '../../subgraphs/shared/postgres/embedded-postgres.js';

/** One real PostgreSQL server for the whole run; each test takes a database of its own (postgres.ts). */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  if (process.env['TEST_DATABASE_URL']) {
    project.provide('postgresUrl', process.env['TEST_DATABASE_URL']);
    return async () => undefined;
  }
  const folder = await mkdtemp(join(tmpdir(), 'meridian-test-'));
  const server = await startEmbeddedPostgres({
    folder,
    logger: createLogger({ level: 'warn' }),
    // The data is thrown away: durability is tested by the tests that start Meridian as a program.
    settings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off', max_connections: '500' },
  });
  project.provide('postgresUrl', server.maintenanceUrl);
  return async () => {
    await server.dispose();
    await rm(folder, { recursive: true, force: true });
  };
}
