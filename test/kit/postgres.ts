import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { inject } from 'vitest';

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
  const maintenanceUrl = inject('postgresUrl');
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
