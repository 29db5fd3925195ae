import { AuditEventEntity } from '../../shared/audit.js';
import type { Database, Transaction } from '../../shared/database.js';
import { newId } from '../../shared/ids.js';

export interface Seal {
  readonly number: number;
  readonly digest: string;
}

export interface SealedEvent {
  readonly seal: number;
  readonly id: string;
  /** As it was when it was sealed. */
  readonly digest: string;
}

/** One process seals at a time. */
const sealingLock = 7_301_852_014;
/** Longer than the clocks of processes differ, and than a transaction takes that appended an event. */
const lateMilliseconds = 3_600_000;
/** Of an id: what is after the time. */
const randomCharacters = 16;

export class AuditSealRepository {
  constructor(private readonly database: Database) {}

  /** False, with nothing done, while another process seals. */
  async alone(work: (transaction: Transaction) => Promise<void>): Promise<boolean> {
    return this.database.transaction(async (transaction) => {
      const [row]: { got: boolean }[] = await transaction.query(
        'SELECT pg_try_advisory_xact_lock($1) AS got',
        [sealingLock],
      );
      if (!row?.got) return false;
      await work(transaction);
      return true;
    });
  }

  /**
   * Whatever has no seal has an id after this text: ids begin with the time, and events are sealed in their order, but
   * for some that came late.
   */
  async startOfUnsealed(now: number, manager: Transaction = this.database.manager): Promise<string> {
    const [newest]: { at: Date }[] = await manager.query(
      'SELECT event.at FROM audit.sealed_event sealed JOIN audit.event ON event.id = sealed.event_id ORDER BY sealed.event_id DESC LIMIT 1',
    );
    if (!newest) return '';
    const since = Math.min(newest.at.getTime(), now) - lateMilliseconds;
    return newId('event', Math.max(0, since)).slice(0, -randomCharacters);
  }

  /** Events without a seal, of those whose ids come after the text; oldest first. */
  listUnsealed(transaction: Transaction, afterId: string, limit: number): Promise<AuditEventEntity[]> {
    return this.#unsealed(transaction, afterId).orderBy('event.id').limit(limit).getMany();
  }

  countUnsealed(afterId: string): Promise<number> {
    return this.#unsealed(this.database.manager, afterId).getCount();
  }

  #unsealed(manager: Transaction, afterId: string) {
    return manager
      .createQueryBuilder(AuditEventEntity, 'event')
      .where('event.id > :afterId', { afterId })
      .andWhere('NOT EXISTS (SELECT FROM audit.sealed_event sealed WHERE sealed.event_id = event.id)');
  }

  async last(transaction: Transaction): Promise<Seal | undefined> {
    const [seal] = await this.#seals('ORDER BY number DESC LIMIT 1', [], transaction);
    return seal;
  }

  async find(number: number): Promise<Seal | undefined> {
    return (await this.#seals('WHERE number = $1', [number]))[0];
  }

  listAfter(number: number, limit: number): Promise<Seal[]> {
    return this.#seals('WHERE number > $1 ORDER BY number LIMIT $2', [number, limit]);
  }

  async #seals(where: string, values: unknown[], manager = this.database.manager): Promise<Seal[]> {
    const rows: { number: string; digest: string }[] = await manager.query(
      `SELECT number, digest FROM audit.seal ${where}`,
      values,
    );
    return rows.map(({ number, digest }) => ({ number: Number(number), digest }));
  }

  async insert(
    transaction: Transaction,
    seal: Seal,
    at: Date,
    events: readonly SealedEvent[],
  ): Promise<void> {
    await transaction.query('INSERT INTO audit.seal (number, sealed_at, digest) VALUES ($1, $2, $3)', [
      seal.number,
      at,
      seal.digest,
    ]);
    await transaction.query(
      'INSERT INTO audit.sealed_event (event_id, seal, digest) SELECT id, $2, digest FROM unnest($1::text[], $3::text[]) AS sealed (id, digest)',
      [events.map(({ id }) => id), seal.number, events.map(({ digest }) => digest)],
    );
  }

  /** What these seals are over, in no order. */
  async listSealed(from: number, to: number): Promise<SealedEvent[]> {
    const rows: { seal: string; id: string; digest: string }[] = await this.database.manager.query(
      'SELECT seal, event_id AS id, digest FROM audit.sealed_event WHERE seal BETWEEN $1 AND $2',
      [from, to],
    );
    return rows.map((row) => ({ ...row, seal: Number(row.seal) }));
  }

  /** The events as they are now, by id. */
  async mapEvents(from: number, to: number): Promise<Map<string, AuditEventEntity>> {
    const events = await this.database.manager
      .createQueryBuilder(AuditEventEntity, 'event')
      .where('event.id IN (SELECT event_id FROM audit.sealed_event WHERE seal BETWEEN :from AND :to)', {
        from,
        to,
      })
      .getMany();
    return new Map(events.map((event) => [event.id, event]));
  }
}
