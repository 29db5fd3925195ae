import type { Logger } from '../../shared/logger.js';
import type { ExecJournal } from './exec-journal.js';
import type { ExecSessionRepository } from './exec-session.repository.js';
import type { HeldSessions } from './held-sessions.js';

/**
 * Says regularly that this process lives, and ends the records of sessions whose process does not: at the next start
 * of Meridian, or by any other process.
 */
export class ExecReplica {
  #url: string | null = null;
  #timer: NodeJS.Timeout | undefined;
  #working: Promise<void> = Promise.resolve();

  constructor(
    private readonly id: string,
    private readonly sessions: ExecSessionRepository,
    private readonly journal: ExecJournal,
    private readonly held: HeldSessions,
    private readonly leaseMilliseconds: number,
    private readonly logger: Logger,
  ) {}

  async start(): Promise<void> {
    await this.#round();
    this.#timer = setInterval(() => {
      this.#working = this.#round().catch((error) =>
        this.logger.warn({ error }, 'records of exec sessions could not be kept'),
      );
    }, this.leaseMilliseconds / 3).unref();
  }

  /** Says where this very process is reached: by those that get requests for its sessions. */
  async announce(url: string): Promise<void> {
    this.#url = url;
    await this.#beat();
  }

  /** After its sessions have ended. */
  async dispose(): Promise<void> {
    clearInterval(this.#timer);
    await this.#working;
    await this.sessions
      .forgetReplica(this.id)
      .catch((error) => this.logger.warn({ error }, 'this process could not sign off'));
  }

  async #round(): Promise<void> {
    await this.#beat();
    await this.#keepRecords();
    for (const row of await this.sessions.listAbandoned(this.leaseMilliseconds)) {
      const mine = await this.journal.ended(
        row,
        { requestId: row.id, address: null },
        {
          exitCode: null,
          reason: 'Meridian ended: the process that held the session is gone, and what it ran may still run',
          bytes: null,
          recordingComplete: false,
          failed: true,
        },
      );
      if (mine) this.logger.warn({ session: row.id, replica: row.replicaId }, 'abandoned exec session ended');
    }
  }

  #beat(): Promise<void> {
    return this.sessions.beat({ id: this.id, url: this.#url });
  }

  /** What is on record counts: a session that others took for dead, because nothing was heard of us, is closed. */
  async #keepRecords(): Promise<void> {
    const held = this.held.running;
    if (held.length === 0) return;
    const ended = new Set(await this.sessions.listEnded(held.map(({ row }) => row.id)));
    for (const { row, session } of held) {
      if (ended.has(row.id)) void session.close('The record of the session was ended elsewhere');
      else await this.sessions.saveBytes(row.id, { in: session.bytesIn, out: session.bytesOut });
    }
  }
}
