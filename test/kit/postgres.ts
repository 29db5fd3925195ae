import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import type {} from 'vitest';

declare module 'vitest' {
  interface ProvidedContext {
    /** Maintenance URL of the PostgreSQL server that the whole run shares. */
    postgresUrl: string;
  }
}

export interface TestDatabase {
  readonly url: string;
  dispose(): Promise<void>;
}

/** An empty database of its own on the run's real PostgreSQL server. */
export async function createTestDatabase(): Promise<TestDatabase> {
  // Benchmarks run without vitest, which can't be loaded then.
  const maintenanceUrl = process.env['TEST_DATABASE_URL'] ?? (await import('vitest')).inject('postgresUrl');
  const name = `test_${randomBytes(8).toString('hex')}`;
  await runSql(maintenanceUrl, `CREATE DATABASE ${name}`);
  const url = new URL(maintenanceUrl);
  url.pathname = `/${name}`;
  return {
    url: url.href,
    dispose: () => runSql(maintenanceUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

async function runSql(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}
