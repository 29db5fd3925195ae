import type { Clock } from '../../shared/clock.js';
import type { Transaction } from '../../shared/database.js';
import type { Logger } from '../../shared/logger.js';
import type { AuditSealRepository } from './audit-seal.repository.js';
import { eventDigest, sealDigest } from './digests.js';

const eventsOfOneSeal = 500;

export interface AuditSealerParts {
  readonly seals: AuditSealRepository;
  readonly key: Uint8Array;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly intervalMilliseconds: number;
}

/** Seals what the audit log has got, ever again. Any number of processes may do so. */
export class AuditSealer {
  #timer: NodeJS.Timeout | undefined;
  #pass: Promise<unknown> = Promise.resolve();
  #disposed = false;

  constructor(private readonly parts: AuditSealerParts) {}

  start(): void {
    this.#timer = setTimeout(() => {
      this.#pass = this.#sealAndGoOn();
    }, this.parts.intervalMilliseconds);
    this.#timer.unref();
  }

  async #sealAndGoOn(): Promise<void> {
    try {
      await this.seal();
    } catch (error) {
      this.parts.logger.warn({ error }, 'audit log could not be sealed');
    }
    if (!this.#disposed) this.start();
  }

  /** Seals all that is there. Ends when there is no more, or when another process is at it. */
  async seal(): Promise<void> {
    const { seals, clock } = this.parts;
    let after: string | undefined = await seals.startOfUnsealed(clock.now());
    while (after !== undefined && !this.#disposed) {
      const from: string = after;
      after = undefined;
      await seals.alone(async (transaction) => {
        after = await this.#sealSome(transaction, from);
      });
    }
  }

  /** Gives the last id that it sealed when there may be more. */
  async #sealSome(transaction: Transaction, after: string): Promise<string | undefined> {
    const { seals, key, clock } = this.parts;
    const events = await seals.listUnsealed(transaction, after, eventsOfOneSeal);
    if (events.length === 0) return undefined;
    const last = await seals.last(transaction);
    const number = (last?.number ?? 0) + 1;
    const sealed = events.map((event) => ({ seal: number, id: event.id, digest: eventDigest(key, event) }));
    const digest = sealDigest(key, { number, before: last?.digest ?? '', events: pairsOf(sealed) });
    await seals.insert(transaction, { number, digest }, new Date(clock.now()), sealed);
    return events.length < eventsOfOneSeal ? undefined : events.at(-1)?.id;
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    clearTimeout(this.#timer);
    await this.#pass;
  }
}

/** In the order of the ids, whatever the collation of the database. */
export const pairsOf = (
  events: readonly { readonly id: string; readonly digest: string }[],
): (readonly [string, string])[] =>
  events.map(({ id, digest }) => [id, digest] as const).toSorted(([one], [other]) => (one < other ? -1 : 1));
