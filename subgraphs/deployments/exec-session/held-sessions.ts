import type { SignedInCaller } from '../../shared/caller.js';
import type { Clock } from '../../shared/clock.js';
import type { DomainEvents } from '../../shared/domain-events.js';
import type { ServiceAccess } from '../service/service-access.js';
import type { ExecSessionEntity } from './exec-session.entity.js';
import type { ExecSession } from './exec-session.js';

export interface HeldSession {
  readonly session: ExecSession;
  readonly row: ExecSessionEntity;
  /** Who reads it, or did last: the token of a reader who came back may be another one. */
  caller: SignedInCaller;
}

export interface ExecLimits {
  readonly grace: number;
  readonly idle: number;
  readonly longest: number;
}

const lookMilliseconds = 1_000;

/** The sessions of this process, until their end is on record. They end when nobody comes back, when nothing happens, and with the right to them. */
export class HeldSessions {
  readonly #held = new Map<string, HeldSession>();
  readonly #timer: NodeJS.Timeout;
  readonly #unsubscribe: () => void;

  constructor(
    private readonly access: Pick<ServiceAccess, 'recheck'>,
    private readonly limits: ExecLimits,
    private readonly clock: Clock,
    events: Pick<DomainEvents, 'on'>,
  ) {
    this.#timer = setInterval(() => this.look(), lookMilliseconds).unref();
    this.#unsubscribe = events.on('identity.changed', ({ userId }) => this.look(userId));
  }

  /** Those that have not ended. */
  get running(): HeldSession[] {
    return [...this.#held.values()].filter(({ session }) => session.ended === undefined);
  }

  find(id: string): HeldSession | undefined {
    return this.#held.get(id);
  }

  add(held: HeldSession): void {
    this.#held.set(held.row.id, held);
  }

  delete(id: string): void {
    this.#held.delete(id);
  }

  /** Closes what has to end now: of all, or of one user. */
  look(userId: string | null = null): void {
    for (const held of this.running) {
      const { session, caller } = held;
      if (userId !== null && caller.userId !== userId) continue;
      const why = this.#overdue(held);
      if (caller.expiresAt <= this.clock.now()) {
        void session.revoke('The token that the session was opened with has expired');
      } else if (why !== undefined) void session.close(why);
      else void this.requireRight(held).catch(() => undefined);
    }
  }

  /** Throws when the reader may no longer have the session, which then ends. */
  async requireRight({ session, row, caller }: HeldSession): Promise<void> {
    try {
      await this.access.recheck(caller, 'exec.open', row.serviceId);
    } catch (error) {
      void session.revoke('The right to the session has ended');
      throw error;
    }
  }

  async dispose(why: string): Promise<void> {
    clearInterval(this.#timer);
    this.#unsubscribe();
    await Promise.allSettled(this.running.map(({ session }) => session.close(why)));
  }

  #overdue({ session, row }: HeldSession): string | undefined {
    const now = this.clock.now();
    const { grace, idle, longest } = this.limits;
    if (session.detachedAt !== null && now - session.detachedAt >= grace) {
      return `The client is gone: nobody came back within ${inWords(grace)}`;
    }
    if (now - session.lastActive >= idle) return `Nothing was typed or printed for ${inWords(idle)}`;
    if (now - row.startedAt.getTime() >= longest) return `A session may last ${inWords(longest)} at most`;
    return undefined;
  }
}

function inWords(milliseconds: number): string {
  const seconds = milliseconds / 1_000;
  if (seconds >= 3_600 && seconds % 3_600 === 0) return `${seconds / 3_600} h`;
  return seconds >= 60 && seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
}
