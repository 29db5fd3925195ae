import type { Caller } from '../../shared/caller.js';
import type { Changes } from '../../shared/changes.js';
import { ConflictError, MeridianError, NotFoundError, UnauthenticatedError } from '../../shared/errors.js';
import type { StreamGuard } from '../../shared/stream-guard.js';
import type { ServiceAccess } from '../service/service-access.js';
import { execBanner } from './exec-banner.js';
import type { ExecEndings } from './exec-endings.js';
import { ForwardedError, HolderUnknownError, SessionEndedError } from './exec-errors.js';
import type { ExecAnswer, ExecForwarding } from './exec-forwarding.js';
import type { ExecJournal } from './exec-journal.js';
import type { ExecAttempt, ExecOpener } from './exec-opener.js';
import type { ExecEventValue } from './exec-reader.js';
import { checkedRequest, type ExecInput } from './exec-request.js';
import { type InputOfSession, inputBytes, inputPlace, requireSize } from './exec-rules.js';
import type { ExecSessionEntity } from './exec-session.entity.js';
import type { ExecSessionRepository } from './exec-session.repository.js';
import type { HeldSession, HeldSessions } from './held-sessions.js';

/**
 * Shells and commands in containers. Sessions live in the process that opened them; what another replica gets for one
 * is handed to that process.
 */
export class ExecSessionService {
  constructor(
    private readonly access: ServiceAccess,
    private readonly changes: Changes,
    private readonly opener: ExecOpener,
    private readonly journal: ExecJournal,
    private readonly sessions: ExecSessionRepository,
    private readonly held: HeldSessions,
    private readonly endings: ExecEndings,
    private readonly forwarding: ExecForwarding,
    private readonly guard: StreamGuard,
    private readonly defaultDebugImage: string,
  ) {}

  /** Opens a session or reattaches to one. Refusals are on record as well. */
  async watch(caller: Caller, input: ExecInput): Promise<AsyncIterable<ExecEventValue>> {
    const attempt: ExecAttempt = {};
    try {
      return input.sessionId
        ? await this.#reattach(caller, input.sessionId)
        : await this.#open(caller, input, attempt);
    } catch (error) {
      await this.#record(caller, input, attempt, error);
      throw error;
    }
  }

  async input(caller: Caller, input: InputOfSession): Promise<ExecAnswer> {
    const { held, elsewhere } = await this.#find(caller, input.sessionId);
    if (elsewhere) return this.forwarding.ask('execInput', input, caller, elsewhere);
    const piece = { bytes: inputBytes(input), isLast: input.end ?? false };
    const nextSequence = await held.session.input(piece, inputPlace(input));
    return { sessionId: input.sessionId, nextSequence };
  }

  async resize(
    caller: Caller,
    input: { sessionId: string; columns: number; rows: number },
  ): Promise<ExecAnswer> {
    requireSize(input.columns, input.rows);
    const { held, elsewhere } = await this.#find(caller, input.sessionId);
    if (elsewhere) return this.forwarding.ask('execResize', input, caller, elsewhere);
    held.session.resize(input.columns, input.rows);
    return { sessionId: input.sessionId };
  }

  async close(caller: Caller, sessionId: string): Promise<ExecAnswer> {
    const { held, elsewhere } = await this.#find(caller, sessionId);
    if (elsewhere) return this.forwarding.ask('execClose', { sessionId }, caller, elsewhere);
    await held.session.close('Closed by its owner');
    await this.endings.told(sessionId);
    return { sessionId };
  }

  /** Ends every session, and waits until their records say so. */
  async dispose(): Promise<void> {
    await this.forwarding.dispose();
    await this.held.dispose('Meridian stops');
    await this.endings.dispose();
  }

  async #open(
    caller: Caller,
    input: ExecInput,
    attempt: ExecAttempt,
  ): Promise<AsyncIterable<ExecEventValue>> {
    const request = checkedRequest(input, this.defaultDebugImage);
    const opened = await this.opener.open(caller, request, attempt);
    const { session, row } = opened;
    const held: HeldSession = { session, row, caller: signedIn(caller) };
    this.held.add(held);
    const { command, pod, tty } = session.target;
    const banner = request.banner ? execBanner({ command, namespace: row.namespace, pod }, tty) : undefined;
    const events = session.attach({ banner, replay: false });
    // All at once: what was printed comes before how it ended.
    this.endings.follow(opened, held);
    opened.flow();
    return this.#guarded(held, events);
  }

  async #reattach(caller: Caller, sessionId: string): Promise<AsyncIterable<ExecEventValue>> {
    const { held, elsewhere } = await this.#find(caller, sessionId);
    if (elsewhere) return this.forwarding.watch(caller, elsewhere);
    held.caller = signedIn(caller);
    return this.#guarded(held, held.session.attach({ replay: true }));
  }

  /** Whoever loses the right loses the session, not only the sight of it. */
  #guarded(held: HeldSession, events: AsyncIterableIterator<ExecEventValue>): AsyncIterable<ExecEventValue> {
    return this.guard.guard(held.caller, events, () => this.held.requireRight(held));
  }

  /**
   * The session, or the record of one that another process holds. One answer for a session that never was or is
   * someone else's; to its owner it is said what became of it.
   */
  async #find(caller: Caller, sessionId: string): Promise<FoundSession> {
    const field = ['input', 'sessionId'];
    const held = this.held.find(sessionId);
    if (held && held.row.userId === caller.userId) {
      await this.access.require(caller, 'exec.open', held.row.serviceId, field);
      const end = held.session.ended;
      if (end) throw new SessionEndedError(sessionId, end.reason, field);
      return { held };
    }
    (await this.access.of(caller)).requireFunctional('exec.open');
    const row = held ? undefined : await this.sessions.find(sessionId);
    if (!row || row.userId !== caller.userId) throw new NotFoundError('Session', sessionId, field);
    if (row.endedAt) throw new SessionEndedError(sessionId, row.endReason ?? 'ended', field);
    if (row.replicaId === this.journal.replicaId) {
      throw new ConflictError(`Session ${JSON.stringify(sessionId)} is just being opened: try again.`, {
        field,
      });
    }
    // An address that leads back to another process than it is on record for: it would go round in circles.
    if (caller.forwarded) throw new HolderUnknownError(sessionId, row.replicaId, field);
    return { elsewhere: row };
  }

  async #record(caller: Caller, input: ExecInput, attempt: ExecAttempt, error: unknown): Promise<void> {
    if (error instanceof ForwardedError) return;
    const { intent, place, row } = attempt;
    const why = error instanceof MeridianError ? error.message : 'a fault of Meridian';
    if (row && intent) {
      await this.endings.record(row, intent.caller, {
        exitCode: null,
        reason: why,
        bytes: null,
        recordingComplete: false,
        failed: true,
      });
      return;
    }
    if (caller.userId === null || !(error instanceof MeridianError) || error.code === 'UNAUTHENTICATED')
      return;
    if (intent) await this.journal.refused(intent, place, why);
    await this.changes.recordRefusal(caller, {
      mutation: 'exec',
      input: { serviceId: input.serviceId ?? input.sessionId, name: input.pod },
      failed: !refusals.has(error.code),
      message: why,
    });
  }
}

type FoundSession =
  | { readonly held: HeldSession; readonly elsewhere?: undefined }
  | { readonly elsewhere: ExecSessionEntity; readonly held?: undefined };

const refusals = new Set(['FORBIDDEN', 'NOT_FOUND', 'BAD_USER_INPUT', 'RATE_LIMITED', 'CONFLICT']);

function signedIn(caller: Caller) {
  if (caller.userId === null) throw new UnauthenticatedError();
  return caller;
}
