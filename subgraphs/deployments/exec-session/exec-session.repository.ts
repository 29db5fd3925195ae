import { In, IsNull } from 'typeorm';
import { andPermitted } from '../../shared/data-filter.js';
import type { Database, Transaction } from '../../shared/database.js';
import {
  decodeCursor,
  type Page,
  type PageArguments,
  pageOfRows,
  pageSize,
} from '../../shared/pagination.js';
import type { DataFilter } from '../../shared/permission-scope.js';
import {
  ExecRecordingEntity,
  ExecReplicaEntity,
  ExecSessionEntity,
  type ExecSessionState,
} from './exec-session.entity.js';

export interface ExecSessionListFilter {
  readonly projectId?: string | null;
  readonly serviceId?: string | null;
  readonly clusterId?: string | null;
  readonly userId?: string | null;
  readonly states?: readonly ExecSessionState[] | null;
}

export interface ExecSessionEnd {
  readonly at: Date;
  readonly exitCode: number | null;
  readonly reason: string;
  /** Null: as last written. */
  readonly bytes: { readonly in: number; readonly out: number } | null;
  readonly recordingComplete: boolean;
}

const scopeColumns = {
  projectId: 'session.project_id',
  landscapeId: 'session.landscape_id',
  clusterId: 'session.cluster_id',
  applicationId: 'session.application_id',
} as const;

export class ExecSessionRepository {
  constructor(private readonly database: Database) {}

  async find(id: string): Promise<ExecSessionEntity | undefined> {
    return (await this.database.manager.findOneBy(ExecSessionEntity, { id })) ?? undefined;
  }

  async insert(manager: Transaction, row: ExecSessionEntity): Promise<void> {
    // jsonb columns are typed as partial entities by TypeORM's insert.
    await manager.insert(ExecSessionEntity, row as never);
  }

  async insertRefused(row: ExecSessionEntity): Promise<void> {
    await this.insert(this.database.manager, row);
  }

  /** Sessions of a user in all processes; until the transaction ends nobody else counts them. */
  async countOpen(transaction: Transaction, userId: string): Promise<number> {
    await transaction.query('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`exec ${userId}`]);
    return transaction.countBy(ExecSessionEntity, { userId, endedAt: IsNull() });
  }

  async markOpen(id: string, command: readonly string[]): Promise<void> {
    await this.database.manager.update(
      ExecSessionEntity,
      { id, state: 'OPENING' },
      { state: 'OPEN', command: [...command] as never },
    );
  }

  /** A conditional update: of all who try, in any process, exactly one gets true. */
  async finish(transaction: Transaction, id: string, end: ExecSessionEnd): Promise<boolean> {
    const done = await transaction.update(
      ExecSessionEntity,
      { id, endedAt: IsNull() },
      {
        state: 'ENDED',
        endedAt: end.at,
        exitCode: end.exitCode,
        endReason: end.reason,
        ...(end.bytes ? { bytesIn: end.bytes.in, bytesOut: end.bytes.out } : {}),
        recordingComplete: end.recordingComplete,
      },
    );
    return done.affected === 1;
  }

  async saveBytes(id: string, bytes: { readonly in: number; readonly out: number }): Promise<void> {
    await this.database.manager.update(
      ExecSessionEntity,
      { id, endedAt: IsNull() },
      { bytesIn: bytes.in, bytesOut: bytes.out },
    );
  }

  async list(
    wanted: ExecSessionListFilter,
    permitted: DataFilter,
    page: PageArguments,
  ): Promise<Page<ExecSessionEntity>> {
    const query = () => {
      const filtered = this.database.manager.createQueryBuilder(ExecSessionEntity, 'session').where('TRUE');
      for (const [field, column] of [
        ['projectId', 'project_id'],
        ['serviceId', 'service_id'],
        ['clusterId', 'cluster_id'],
        ['userId', 'user_id'],
      ] as const) {
        const value = wanted[field];
        if (value != null) filtered.andWhere(`session.${column} = :${field}`, { [field]: value });
      }
      if (wanted.states) filtered.andWhere('session.state = ANY(:states)', { states: wanted.states });
      return andPermitted(filtered, permitted, scopeColumns);
    };
    const size = pageSize(page.first);
    // Ids begin with the time.
    const rows = query()
      .orderBy('session.id', 'DESC')
      .take(size + 1);
    if (page.after) rows.andWhere('session.id < :after', { after: String(decodeCursor(page.after, 1)[0]) });
    return pageOfRows(await rows.getMany(), size, (row) => [row.id], {
      after: page.after,
      totalCount: () => query().getCount(),
    });
  }

  /** Of the given ids those whose record has an end. */
  async listEnded(ids: readonly string[]): Promise<string[]> {
    const rows = await this.database.manager.find(ExecSessionEntity, {
      select: { id: true },
      where: { id: In([...ids]), state: In(['ENDED', 'REFUSED']) },
    });
    return rows.map(({ id }) => id);
  }

  /** Says that this process lives, by the database's clock. */
  async beat(replica: { readonly id: string; readonly url: string | null }): Promise<void> {
    await this.database.manager.query(
      `INSERT INTO deployments.exec_replica (id, url, seen_at) VALUES ($1, $2, now())
       ON CONFLICT (id) DO UPDATE SET url = excluded.url, seen_at = now()`,
      [replica.id, replica.url],
    );
  }

  /** Where a process is reached, and whether it was heard of within the lease; undefined when it has signed off. */
  async findReplica(
    id: string,
    leaseMilliseconds: number,
  ): Promise<{ readonly url: string | null; readonly alive: boolean } | undefined> {
    const rows: { url: string | null; alive: boolean }[] = await this.database.manager.query(
      `SELECT url, seen_at >= now() - make_interval(secs => $2::double precision) AS alive
       FROM deployments.exec_replica WHERE id = $1`,
      [id, leaseMilliseconds / 1_000],
    );
    return rows[0];
  }

  /** Unfinished sessions of processes that have not been heard of for so long. */
  async listAbandoned(leaseMilliseconds: number): Promise<ExecSessionEntity[]> {
    return this.database.manager
      .createQueryBuilder(ExecSessionEntity, 'session')
      .leftJoin(ExecReplicaEntity, 'replica', 'replica.id = session.replica_id')
      .where('session.ended_at IS NULL')
      .andWhere(
        `(replica.id IS NULL OR replica.seen_at < now() - make_interval(secs => :seconds::double precision))`,
        { seconds: leaseMilliseconds / 1_000 },
      )
      .getMany();
  }

  /** Forgets a process that has stopped, and those that were not heard of for a day. */
  async forgetReplica(id: string): Promise<void> {
    await this.database.manager.query(
      `DELETE FROM deployments.exec_replica WHERE id = $1 OR seen_at < now() - interval '1 day'`,
      [id],
    );
  }

  async appendRecording(sessionId: string, sequence: number, sealed: string): Promise<void> {
    await this.database.manager
      .createQueryBuilder()
      .insert()
      .into(ExecRecordingEntity)
      .values({ sessionId, sequence, sealed })
      // Tried again after an answer that was lost.
      .orIgnore()
      .execute();
  }

  async findRecordingPiece(sessionId: string, sequence: number): Promise<string | undefined> {
    const row = await this.database.manager.findOneBy(ExecRecordingEntity, { sessionId, sequence });
    return row?.sealed;
  }
}
