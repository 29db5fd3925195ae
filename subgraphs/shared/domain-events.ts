import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { Client } from 'pg';
import type { Transaction } from './database.js';
import type { Logger } from './logger.js';

/** What crosses processes by LISTEN/NOTIFY. An event says which record to read again; it carries no state. */
export type DomainEvent =
  /** Users, roles, bindings, sessions or tokens changed; `userId` null concerns everybody. */
  | { readonly type: 'identity.changed'; readonly userId: string | null }
  | { readonly type: 'cluster.changed'; readonly clusterId: string }
  | { readonly type: 'drain.changed'; readonly drainId: string }
  | { readonly type: 'project.changed'; readonly projectId: string }
  | { readonly type: 'environment.changed'; readonly environmentId: string }
  | { readonly type: 'instance.changed'; readonly instanceId: string }
  | { readonly type: 'service.changed'; readonly serviceId: string }
  | { readonly type: 'deployment.changed'; readonly deploymentId: string; readonly serviceId: string };

export type DomainEventType = DomainEvent['type'];

const channel = 'meridian';

interface Message {
  readonly event: DomainEvent;
  /** The process that has told itself already. */
  readonly origin?: string;
}

async function send(transaction: Transaction, message: Message): Promise<void> {
  await transaction.query('SELECT pg_notify($1, $2)', [channel, JSON.stringify(message)]);
}

/** Tells all processes when the transaction commits, and none when it does not. */
export const notifyDomainEvent = (transaction: Transaction, event: DomainEvent): Promise<void> =>
  send(transaction, { event });

/**
 * Receives the events of all processes, its own included. After a lost connection `resynced` is called, because
 * events were missed meanwhile: drop every cache.
 */
export class DomainEvents {
  readonly #emitter = new EventEmitter().setMaxListeners(0);
  readonly #origin = randomUUID();
  #client: Client | undefined;
  #retry: NodeJS.Timeout | undefined;
  #disposed = false;

  private constructor(
    private readonly databaseUrl: string,
    private readonly logger: Logger,
  ) {}

  static async open(databaseUrl: string, logger: Logger): Promise<DomainEvents> {
    const events = new DomainEvents(databaseUrl, logger);
    await events.#connect();
    return events;
  }

  /** The same without waiting: a database that does not answer yet is tried again, as one that was lost. */
  static start(databaseUrl: string, logger: Logger): DomainEvents {
    const events = new DomainEvents(databaseUrl, logger);
    events.#connect().catch((error: unknown) => {
      logger.warn({ error }, 'domain events cannot be listened to yet');
      events.#reconnect();
    });
    return events;
  }

  /** Tells the other processes when the transaction commits; this one is told by `deliver` after it. */
  announce(transaction: Transaction, event: DomainEvent): Promise<void> {
    return send(transaction, { event, origin: this.#origin });
  }

  /** Tells this process at once: whoever made a change and goes on finds no cache that is older than it. */
  deliver(event: DomainEvent): void {
    try {
      this.#emitter.emit(event.type, event);
    } catch (error) {
      this.logger.warn({ error }, 'domain event could not be handled');
    }
  }

  /** Returns the function that unsubscribes. */
  on<T extends DomainEventType>(
    type: T,
    listener: (event: Extract<DomainEvent, { type: T }>) => void,
  ): () => void {
    this.#emitter.on(type, listener);
    return () => this.#emitter.off(type, listener);
  }

  /** Called when events may have been missed. */
  onResynced(listener: () => void): () => void {
    this.#emitter.on('resynced', listener);
    return () => this.#emitter.off('resynced', listener);
  }

  async #connect(): Promise<void> {
    const client = new Client({
      connectionString: this.databaseUrl,
      application_name: 'meridian-events',
      keepAlive: true,
    });
    client.on('notification', ({ payload }) => this.#receive(payload ?? ''));
    client.on('error', (error) => this.logger.warn({ error }, 'domain events connection lost'));
    client.on('end', () => this.#reconnect());
    await client.connect();
    await client.query(`LISTEN ${channel}`);
    this.#client = client;
  }

  #receive(payload: string): void {
    let message: Message;
    try {
      message = JSON.parse(payload) as Message;
    } catch (error) {
      this.logger.warn({ error }, 'domain event could not be read');
      return;
    }
    if (message.origin !== this.#origin) this.deliver(message.event);
  }

  #reconnect(): void {
    if (this.#disposed || this.#retry) return;
    this.#retry = setTimeout(async () => {
      this.#retry = undefined;
      try {
        await this.#connect();
        this.#emitter.emit('resynced');
      } catch {
        this.#reconnect();
      }
    }, 1_000);
    this.#retry.unref();
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    clearTimeout(this.#retry);
    this.#emitter.removeAllListeners();
    await this.#client?.end().catch(() => undefined);
  }
}
