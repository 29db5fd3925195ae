import type { Caller } from '../../shared/caller.js';
import type { Changes } from '../../shared/changes.js';
import { BadUserInputError, ConflictError, NotFoundError } from '../../shared/errors.js';
import type { Page, PageArguments } from '../../shared/pagination.js';
import type { Permissions } from '../../shared/permissions.js';
import { unsealText } from '../../shared/sealed-text.js';
import { scopeOf } from '../scope.js';
import { headerLine } from './asciicast.js';
import type { ExecSessionEntity } from './exec-session.entity.js';
import type { ExecSessionListFilter, ExecSessionRepository } from './exec-session.repository.js';

export interface RecordingPart {
  readonly recording: string;
  /** Where the next part begins; null after the last. */
  readonly next: number | null;
  readonly complete: boolean;
}

/** Of one answer; what is longer comes in parts. */
const partCharacters = 4 * 1024 * 1024;
const shortestReason = 10;

/** What sessions there are and were, and their recordings. */
export class ExecHistoryService {
  constructor(
    private readonly permissions: Pick<Permissions, 'of'>,
    private readonly changes: Changes,
    private readonly sessions: ExecSessionRepository,
    private readonly recordingsKey: Uint8Array,
  ) {}

  async list(
    caller: Caller,
    filter: ExecSessionListFilter,
    page: PageArguments,
  ): Promise<Page<ExecSessionEntity>> {
    const set = await this.permissions.of(caller);
    return this.sessions.list(filter, set.filter('exec.read'), page);
  }

  async find(caller: Caller, id: string): Promise<ExecSessionEntity | undefined> {
    const set = await this.permissions.of(caller);
    const row = await this.sessions.find(id);
    return row && set.allows('exec.read', scopeOf(row)) ? row : undefined;
  }

  /** A recording as asciicast v2, in parts. Who read it and why is in the audit log. */
  async replay(
    caller: Caller,
    input: { sessionId: string; reason: string; after?: number | null },
  ): Promise<RecordingPart> {
    const reason = requireReplayReason(input.reason);
    const set = await this.permissions.of(caller);
    set.requireFunctional('exec.replay');
    const row = await this.sessions.find(input.sessionId);
    const found = set.requireOn('exec.replay', row && { ...row, ...scopeOf(row) }, {
      kind: 'Session',
      id: input.sessionId,
      readPermission: 'exec.read',
      field: ['input', 'sessionId'],
    });
    if (!found.recorded) {
      throw new ConflictError('The session was not recorded.', { field: ['input', 'sessionId'] });
    }
    await this.changes.run(set.caller, { action: 'replayExecSession' }, async ({ audit }) => {
      audit({
        targetType: 'ExecSession',
        targetId: found.id,
        targetName: `${found.namespace}/${found.pod}/${found.container}`,
        projectId: found.projectId,
        changes: [{ path: 'after', after: input.after ?? null }],
        reason,
      });
      return found;
    });
    return this.#part(found, input.after ?? null);
  }

  async #part(row: ExecSessionEntity, after: number | null): Promise<RecordingPart> {
    let text = after === null ? header(row) : '';
    let sequence = after ?? 0;
    for (;;) {
      const sealed = await this.sessions.findRecordingPiece(row.id, sequence);
      if (sealed === undefined) return { recording: text, next: null, complete: row.recordingComplete };
      const piece = unsealText(sealed, this.recordingsKey, row.id);
      if (piece === undefined) {
        throw new NotFoundError('Recording', row.id, ['input', 'sessionId']);
      }
      if (text !== '' && sequence > (after ?? 0) && text.length + piece.length > partCharacters) {
        return { recording: text, next: sequence, complete: row.recordingComplete };
      }
      text += piece;
      sequence++;
    }
  }
}

const header = (row: ExecSessionEntity): string =>
  headerLine({
    columns: row.columns,
    rows: row.rows,
    startedAt: row.startedAt,
    command: row.command,
    title: `${row.namespace}/${row.pod}/${row.container}`,
    duration: row.endedAt ? (row.endedAt.getTime() - row.startedAt.getTime()) / 1_000 : null,
  });

function requireReplayReason(reason: string): string {
  const text = reason.trim();
  if (text.length < shortestReason || text.length > 2_000) {
    throw BadUserInputError.at(
      ['input', 'reason'],
      `Say in ${shortestReason} to 2000 characters why you need the recording.`,
    );
  }
  return text;
}

/** What the GraphQL type is resolved from. */
export type ExecSessionRow = ExecSessionEntity;
