import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';
import { createLogger } from '../../subgraphs/shared/logger.js';
import { startEmbeddedPostgres } from '../../subgraphs/shared/postgres/embedded-postgres.js';
import { projectRoot } from '../../subgraphs/shared/project-root.js';

/**
 * One real PostgreSQL server for the whole run; each test takes a database of its own (postgres.ts). And the build: for
 * programs that tests start (program.ts), and for the planner's thread, which can't load TypeScript.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  await requireSources();
  await build();
  project.onTestsRerun(build);
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

/** Quick when nothing changed. */
async function build(): Promise<void> {
  try {
    await promisify(execFile)('npm', ['run', '-s', 'build'], { cwd: projectRoot() });
  } catch (error) {
    throw new Error(`the build failed:\n${(error as { stdout?: string }).stdout}`, { cause: error });
  }
}

/** A file that a compiler left beside its source would be loaded, and tested, in its place. */
async function requireSources(): Promise<void> {
  const folders = ['gateway', 'subgraphs', 'sandbox', 'schema', 'test'];
  const found = await Promise.all(
    folders.map(async (folder) => {
      const files = await readdir(join(projectRoot(), folder), { recursive: true });
      const sources = new Set(files);
      return files
        .filter((file) => file.endsWith('.js') && sources.has(`${file.slice(0, -3)}.ts`))
        .filter((file) => !file.includes('node_modules'))
        .map((file) => join(folder, file));
    }),
  );
  const stray = found.flat();
  if (stray.length > 0)
    throw new Error(`remove the compiled files beside their sources: ${stray.join(', ')}`);
}
