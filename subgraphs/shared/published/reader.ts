import { Pool } from 'pg';
import { connectionMilliseconds } from '../database-limits.js';
import type { Logger } from '../logger.js';

/** Reads published views. Every subgraph of a process shares one. */
export interface PublishedReader {
  query<Row>(sql: string, values: unknown[]): Promise<Row[]>;
}

export class PublishedViews implements PublishedReader {
  readonly #pool: Pool;

  /** @param options readOnly: the database refuses whatever would write */
  constructor(databaseUrl: string, logger: Logger, options: { readonly readOnly?: boolean } = {}) {
    this.#pool = new Pool({
      connectionString: databaseUrl,
      application_name: 'meridian-published',
      max: 6,
      connectionTimeoutMillis: connectionMilliseconds,
      statement_timeout: 10_000,
      ...(options.readOnly ? { options: '-c default_transaction_read_only=on' } : {}),
    });
    this.#pool.on('error', (error) => logger.warn({ error }, 'database connection lost'));
  }

  async query<Row>(sql: string, values: unknown[]): Promise<Row[]> {
    const result = await this.#pool.query(sql, values);
    return result.rows as Row[];
  }

  async dispose(): Promise<void> {
    await this.#pool.end();
  }
}
