import { createHash } from 'node:crypto';
import { type AuditEntry, appendAuditEvent } from './audit.js';
import type { SignedInCaller } from './caller.js';
import type { Clock } from './clock.js';
import type { Database, Transaction } from './database.js';
import type { DomainEvent, DomainEvents } from './domain-events.js';
import { BadUserInputError, ConflictError } from './errors.js';
import type { RecordRefusal } from './federated-schema.js';
import { IdempotencyKeyEntity } from './idempotency.entity.js';

export interface Attempt<T> {
  /** Name of the mutation: what the audit log shows as action. */
  readonly action: string;
  /** The mutation's input, when it takes an idempotency key. */
  readonly idempotency?: {
    readonly key: string | null | undefined;
    readonly input: object;
    /** Loads what the first attempt made. */
    readonly replay: (id: string, transaction: Transaction) => Promise<T>;
  };
}

export interface Change {
  readonly transaction: Transaction;
  /** What happened to what; exactly one event must be recorded for each change. */
  audit(entry: AuditEntry): void;
  /** Told to all processes when the change is committed; this one has heard it when `run` resolves. */
  notify(event: DomainEvent): void;
}

/**
 * The one way to change something: transaction, audit event, domain events and idempotency key stand or fall
 * together, so what cannot be audited is not done.
 */
export class Changes {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
    private readonly events: Pick<DomainEvents, 'announce' | 'deliver'>,
  ) {}

  async run<T extends { id: string }>(
    caller: SignedInCaller,
    attempt: Attempt<T>,
    work: (change: Change) => Promise<T>,
  ): Promise<T> {
    const events: DomainEvent[] = [];
    const made = await this.database.transaction(async (transaction) => {
      const idempotency = attempt.idempotency?.key
        ? { ...attempt.idempotency, key: attempt.idempotency.key }
        : undefined;
      if (idempotency) {
        const earlier = await this.#claim(
          transaction,
          caller,
          attempt.action,
          idempotency.key,
          idempotency.input,
        );
        if (earlier !== undefined) return idempotency.replay(earlier, transaction);
      }
      const entries: AuditEntry[] = [];
      const result = await work({
        transaction,
        audit: (entry) => entries.push(entry),
        notify: (event) => events.push(event),
      });
      const [entry] = entries;
      if (!entry || entries.length > 1)
        throw new Error(`${attempt.action} recorded ${entries.length} audit events instead of 1`);
      await appendAuditEvent(transaction, caller, {
        ...entry,
        action: attempt.action,
        result: 'DONE',
        at: new Date(this.clock.now()),
      });
      for (const event of events) await this.events.announce(transaction, event);
      if (idempotency) {
        await transaction.update(
          IdempotencyKeyEntity,
          { userId: caller.userId, action: attempt.action, key: idempotency.key },
          { resultId: result.id },
        );
      }
      return result;
    });
    for (const event of events) this.events.deliver(event);
    return made;
  }

  /**
   * What an earlier attempt with this key made; undefined when there was none, or it is still under way (`run` waits
   * for it). For checks that only the first attempt can pass: a retry of what is done gets its answer before them.
   */
  async earlier<T>(caller: SignedInCaller, { action, idempotency }: Attempt<T>): Promise<T | undefined> {
    if (!idempotency?.key) return undefined;
    const { manager } = this.database;
    const key = { userId: caller.userId, action, key: idempotency.key };
    const row = await manager.findOneBy(IdempotencyKeyEntity, key);
    return row ? idempotency.replay(sameResult(row, idempotency.input), manager) : undefined;
  }

  /** The id that an earlier attempt with this key made; undefined when this is the first. Waits for one under way. */
  async #claim(
    transaction: Transaction,
    caller: SignedInCaller,
    action: string,
    key: string,
    input: object,
  ): Promise<string | undefined> {
    if (key.length > 200)
      throw BadUserInputError.at(
        ['input', 'idempotencyKey'],
        'idempotencyKey is longer than 200 characters.',
      );
    const row = {
      userId: caller.userId,
      action,
      key,
      inputHash: hashOf(input),
      resultId: '',
      createdAt: new Date(this.clock.now()),
    };
    const inserted = await transaction
      .createQueryBuilder()
      .insert()
      .into(IdempotencyKeyEntity)
      .values(row)
      .orIgnore()
      .returning('key')
      .execute();
    if ((inserted.raw as unknown[]).length === 1) return undefined;
    const earlier = await transaction.findOneByOrFail(IdempotencyKeyEntity, {
      userId: caller.userId,
      action,
      key,
    });
    return sameResult(earlier, input);
  }

  /** Audit events for mutations that were refused or failed (federated-schema.ts calls it). */
  readonly recordRefusal: RecordRefusal = async (caller, { mutation, input, failed, message }) => {
    await appendAuditEvent(this.database.manager, caller, {
      ...refusedTarget(input),
      action: mutation,
      reason: storable(message),
      result: failed ? 'FAILED' : 'REFUSED',
      at: new Date(this.clock.now()),
    });
  };
}

const hashOf = (input: object): string => createHash('sha256').update(JSON.stringify(input)).digest('hex');

/** What the key made. Throws ConflictError when it was used for something else. */
function sameResult({ key, inputHash, resultId }: IdempotencyKeyEntity, input: object): string {
  if (inputHash === hashOf(input)) return resultId;
  throw new ConflictError(
    `The idempotency key ${JSON.stringify(key)} was used before with other input: use a new key for a new change.`,
    { field: ['input', 'idempotencyKey'] },
  );
}

// PostgreSQL's text type can't hold NUL, and what was refused may be refused for it.
const storable = (text: string): string => text.replaceAll('\0', '\uFFFD').toWellFormed().slice(0, 300);

/** What a refused mutation was aimed at, as far as its input tells: the first `…Id`, or the name. */
function refusedTarget(input: unknown): AuditEntry {
  const fields = Object.entries((input ?? {}) as Record<string, unknown>);
  const [idField, id] = fields.find(
    ([field, value]) => field.endsWith('Id') && typeof value === 'string',
  ) ?? ['', ''];
  const name = fields.find(
    ([field, value]) => (field === 'name' || field === 'login') && typeof value === 'string',
  )?.[1];
  const kind = idField.slice(0, -2);
  return {
    targetType: kind.charAt(0).toUpperCase() + kind.slice(1),
    targetId: storable(String(id)),
    targetName: storable(typeof name === 'string' ? name : ''),
  };
}
