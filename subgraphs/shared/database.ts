import 'reflect-metadata';
import { DataSource, type EntityManager, type MixedList } from 'typeorm';
import { AuditEventEntity, auditTableStatements } from './audit.js';
import { connectionMilliseconds } from './database-limits.js';
import { type Patience, startPatience, whenDatabaseIsReady } from './database-patience.js';
import { IdempotencyKeyEntity, idempotencyTableStatement } from './idempotency.entity.js';
import type { Logger } from './logger.js';
import type { Readiness, SubgraphName } from './subgraph.js';

/** A transaction's manager. Inside a transaction nothing else may reach the database, or the pool deadlocks. */
export type Transaction = EntityManager;

// biome-ignore lint/complexity/noBannedTypes: TypeORM's own type for a decorated class.
type EntityClass = Function;

export interface DatabaseOptions {
  /** `postgres://…` of one database, shared by all subgraphs. */
  readonly url: string;
  /** Also the name of the SQL schema. */
  readonly subgraph: SubgraphName;
  readonly entities: readonly EntityClass[];
  readonly migrations: MixedList<EntityClass>;
  readonly logger: Logger;
  /** Connections at most. */
  readonly poolSize?: number;
  /** How long to wait for a server that is there but does not let us in yet. */
  readonly patience?: Patience;
  /** For tests, which do not wait for `connectionMilliseconds`. */
  readonly connectionMilliseconds?: number;
}

/** All migrations of all processes run one after the other under this advisory lock. */
const migrationLock = 7_301_852_011;

/** One subgraph's connections to PostgreSQL, with its migrations run. */
export class Database {
  private constructor(readonly dataSource: DataSource) {}

  get manager(): EntityManager {
    return this.dataSource.manager;
  }

  /**
   * Connects, waits for the migration lock, brings the schema up to date.
   *
   * @throws {DatabaseNotReadyError} when PostgreSQL is there but lets nobody in for as long as `patience` says
   */
  static open(options: DatabaseOptions): Promise<Database> {
    return whenDatabaseIsReady(
      () => Database.#open(options),
      options.logger,
      options.patience ?? startPatience,
    );
  }

  static async #open(options: DatabaseOptions): Promise<Database> {
    const schema = options.subgraph;
    const dataSource = new DataSource({
      type: 'postgres',
      url: options.url,
      schema,
      entities: [...options.entities, AuditEventEntity, IdempotencyKeyEntity] as never,
      migrations: options.migrations as never,
      migrationsTableName: 'migration',
      poolSize: options.poolSize ?? 8,
      connectTimeoutMS: options.connectionMilliseconds ?? connectionMilliseconds,
      applicationName: `meridian-${schema}`,
      extra: {
        statement_timeout: 15_000,
        idle_in_transaction_session_timeout: 15_000,
        // A lost server must not end the process.
        allowExitOnIdle: false,
      },
      poolErrorHandler: (error: Error) => options.logger.warn({ error }, 'database connection lost'),
    });
    await dataSource.initialize();
    try {
      await migrate(dataSource, schema);
    } catch (error) {
      await dataSource.destroy();
      throw error;
    }
    return new Database(dataSource);
  }

  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.dataSource.transaction(work);
  }

  async readiness(): Promise<Readiness> {
    try {
      await this.dataSource.query('SELECT 1');
      return { ready: true };
    } catch {
      return { ready: false, reason: 'the database does not answer' };
    }
  }

  async dispose(): Promise<void> {
    if (this.dataSource.isInitialized) await this.dataSource.destroy();
  }
}

async function migrate(dataSource: DataSource, schema: SubgraphName): Promise<void> {
  // A session-level lock needs one connection of its own for as long as it is held.
  const lockHolder = dataSource.createQueryRunner();
  await lockHolder.connect();
  try {
    // Another process may be busy migrating for longer than a statement may normally take.
    await lockHolder.query('SET statement_timeout = 0');
    await lockHolder.query('SELECT pg_advisory_lock($1)', [migrationLock]);
    for (const statement of auditTableStatements) await lockHolder.query(statement);
    await lockHolder.query(`CREATE SCHEMA IF NOT EXISTS "${schema}"`);
    await lockHolder.query(idempotencyTableStatement(schema));
    await dataSource.runMigrations({ transaction: 'each' });
  } finally {
    await lockHolder.query('SELECT pg_advisory_unlock($1)', [migrationLock]).catch(() => undefined);
    await lockHolder.query('RESET statement_timeout').catch(() => undefined);
    await lockHolder.release();
  }
}

/** True for PostgreSQL's unique_violation (SQLSTATE 23505), optionally of one named constraint. */
export function isUniqueViolation(error: unknown, constraint?: string): boolean {
  const driverError = (error as { driverError?: { code?: string; constraint?: string } } | null)?.driverError;
  return driverError?.code === '23505' && (constraint === undefined || driverError.constraint === constraint);
}
