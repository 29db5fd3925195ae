import type { SignedInCaller } from '../../shared/caller.js';
import { Backoff } from '../../shared/kubernetes/backoff.js';
import { pause } from '../../shared/kubernetes/pause.js';
import type { Logger } from '../../shared/logger.js';
import type { ExecEnding, ExecJournal } from './exec-journal.js';
import type { OpenedSession } from './exec-opener.js';
import type { ExecSessionEntity } from './exec-session.entity.js';
import type { HeldSession, HeldSessions } from './held-sessions.js';

/**
 * Sees sessions to their end: first on record, then told to the reader, so that whoever heard of the end finds it on
 * record and may open another session in its place. A session is held until its record has ended.
 */
export class ExecEndings {
  readonly #recording = new Set<Promise<void>>();
  readonly #told = new Map<string, Promise<void>>();
  readonly #stopping = new AbortController();

  constructor(
    private readonly journal: ExecJournal,
    private readonly held: HeldSessions,
    private readonly random: () => number,
    private readonly logger: Logger,
  ) {}

  follow({ session, process, recording }: OpenedSession, held: HeldSession): void {
    const told = (async () => {
      const end = await session.run(process);
      const recordingComplete = (await recording?.finish()) ?? false;
      const ending = {
        exitCode: end.exitCode,
        reason: end.reason,
        bytes: { in: session.bytesIn, out: session.bytesOut },
        recordingComplete,
        failed: end.error !== null,
      };
      await this.record(held.row, held.caller, ending, () => this.held.delete(held.row.id));
      session.tellEnd();
    })()
      .catch((error) => this.logger.error({ error, session: held.row.id }, 'exec session ended badly'))
      .finally(() => this.#told.delete(held.row.id));
    this.#told.set(held.row.id, told);
  }

  /** Resolves when the end of the session was told; at once when it was already, or is none of this process. */
  async told(id: string): Promise<void> {
    await this.#told.get(id);
  }

  /** Resolves when the end is on record, or could not be written: then it is tried again until it is. */
  async record(
    row: ExecSessionEntity,
    caller: Pick<SignedInCaller, 'requestId' | 'address'>,
    ending: ExecEnding,
    whenRecorded: () => void = () => undefined,
  ): Promise<void> {
    await new Promise<void>((resolve) => {
      const recording = this.#untilRecorded(row, caller, ending, resolve).then(whenRecorded);
      this.#recording.add(recording);
      void recording.finally(() => this.#recording.delete(recording));
    });
  }

  /** Waits for every record, of which each is tried once more. */
  async dispose(): Promise<void> {
    this.#stopping.abort();
    while (this.#told.size + this.#recording.size > 0) {
      await Promise.allSettled([...this.#told.values(), ...this.#recording]);
    }
  }

  async #untilRecorded(
    row: ExecSessionEntity,
    caller: Pick<SignedInCaller, 'requestId' | 'address'>,
    ending: ExecEnding,
    tried: () => void,
  ): Promise<void> {
    const delays = new Backoff({ random: this.random, firstMs: 250, longestMs: 10_000 });
    const stopping = this.#stopping.signal;
    for (;;) {
      const last = stopping.aborted;
      try {
        await this.journal.ended(row, caller, ending);
        return;
      } catch (error) {
        this.logger.warn({ error, session: row.id }, 'end of an exec session could not be recorded yet');
      } finally {
        tried();
      }
      // Another process ends the record, when nothing is heard of this one any more.
      if (last) return;
      await pause(delays.next(), stopping);
    }
  }
}
