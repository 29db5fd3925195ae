import { appendAuditEvent } from '../../shared/audit.js';
import type { SignedInCaller } from '../../shared/caller.js';
import type { Changes } from '../../shared/changes.js';
import type { Clock } from '../../shared/clock.js';
import type { Database } from '../../shared/database.js';
import { RateLimitedError } from '../../shared/errors.js';
import { newId } from '../../shared/ids.js';
import { scopeOf } from '../scope.js';
import type { ServiceEntity } from '../service/service.entity.js';
import type { ExecPlace } from './exec-place.js';
import type { ExecSessionEntity } from './exec-session.entity.js';
import type { ExecSessionEnd, ExecSessionRepository } from './exec-session.repository.js';

/** What is known of a session before it is opened. */
export interface ExecIntent {
  readonly caller: SignedInCaller;
  readonly service: ServiceEntity;
  readonly command: readonly string[] | null;
  readonly tty: boolean;
  readonly columns: number;
  readonly rows: number;
  readonly reason: string | null;
  readonly debugImage: string | null;
  readonly recorded: boolean;
  readonly recordsInput: boolean;
}

/** How a session ended; `failed` when it was not its process that ended it, nor somebody. */
export type ExecEnding = Omit<ExecSessionEnd, 'at'> & { readonly failed: boolean };

/** The records of sessions, each with its event in the audit log. Nothing typed is in either. */
export class ExecJournal {
  constructor(
    private readonly database: Database,
    private readonly changes: Changes,
    private readonly sessions: ExecSessionRepository,
    private readonly clock: Clock,
    readonly replicaId: string,
    private readonly sessionsPerUser: number,
  ) {}

  /** Written before anything is opened: what can't be recorded is not done. RateLimitedError beyond the limit. */
  async begin(intent: ExecIntent, place: ExecPlace): Promise<ExecSessionEntity> {
    const row = this.#row(intent, place);
    return this.changes.run(intent.caller, { action: 'exec' }, async ({ transaction, audit }) => {
      if ((await this.sessions.countOpen(transaction, row.userId)) >= this.sessionsPerUser) {
        throw new RateLimitedError(
          `You have ${this.sessionsPerUser} sessions open: close one with execClose first.`,
        );
      }
      await this.sessions.insert(transaction, row);
      audit(
        targetOf(row, [
          { path: 'command', after: row.command ?? 'best shell' },
          ...(row.debugImage === null ? [] : [{ path: 'debugImage', after: row.debugImage }]),
          { path: 'recorded', after: row.recorded },
        ]),
      );
      return row;
    });
  }

  /** A session that was refused before its record began; `place` as far as it was found. */
  async refused(intent: ExecIntent, place: ExecPlace | undefined, why: string): Promise<void> {
    await this.sessions.insertRefused({
      ...this.#row(intent, place),
      state: 'REFUSED',
      endedAt: new Date(this.clock.now()),
      endReason: why,
      recorded: false,
    });
  }

  async opened(id: string, command: readonly string[]): Promise<void> {
    await this.sessions.markOpen(id, command);
  }

  /** True for the one that ends the record, in whichever process; only that one is in the audit log. */
  async ended(
    row: ExecSessionEntity,
    caller: Pick<SignedInCaller, 'requestId' | 'address'>,
    end: ExecEnding,
  ): Promise<boolean> {
    const at = new Date(this.clock.now());
    return this.database.transaction(async (transaction) => {
      if (!(await this.sessions.finish(transaction, row.id, { ...end, at }))) return false;
      const bytes = end.bytes ?? { in: row.bytesIn, out: row.bytesOut };
      await appendAuditEvent(
        transaction,
        {
          userId: row.userId,
          credentialId: row.credentialId,
          requestId: caller.requestId,
          address: caller.address,
        },
        {
          ...targetOf(row, [
            { path: 'exitCode', after: end.exitCode },
            { path: 'bytesIn', after: bytes.in },
            { path: 'bytesOut', after: bytes.out },
            { path: 'startedAt', after: row.startedAt.toISOString() },
          ]),
          reason: end.reason,
          action: 'execEnded',
          result: end.failed ? 'FAILED' : 'DONE',
          at,
        },
      );
      return true;
    });
  }

  #row(intent: ExecIntent, place: ExecPlace | undefined): ExecSessionEntity {
    const { caller, service } = intent;
    return {
      id: newId('exec', this.clock.now()),
      serviceId: service.id,
      ...scopeOf(service),
      namespace: service.namespace,
      pod: place?.pod ?? null,
      podUid: place?.uid ?? null,
      container: place?.container ?? null,
      userId: caller.userId,
      credentialId: caller.credentialId,
      command: intent.command ? [...intent.command] : null,
      tty: intent.tty,
      columns: intent.columns,
      rows: intent.rows,
      debugImage: intent.debugImage,
      reason: intent.reason,
      state: 'OPENING',
      replicaId: this.replicaId,
      startedAt: new Date(this.clock.now()),
      endedAt: null,
      exitCode: null,
      endReason: null,
      bytesIn: 0,
      bytesOut: 0,
      recorded: intent.recorded,
      recordsInput: intent.recordsInput,
      recordingComplete: false,
    };
  }
}

function targetOf(row: ExecSessionEntity, details: { path: string; after: unknown }[]) {
  return {
    targetType: 'Pod',
    targetId: row.podUid ?? '',
    targetName: `${row.namespace}/${row.pod}/${row.container}`,
    projectId: row.projectId,
    changes: [
      { path: 'session', after: row.id },
      { path: 'clusterId', after: row.clusterId },
      { path: 'serviceId', after: row.serviceId },
      ...details,
    ],
    reason: row.reason,
  };
}
