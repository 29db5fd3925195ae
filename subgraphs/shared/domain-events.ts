import { EventEmitter } from 'node:events';
import { Client } from 'pg';
import type { Transaction } from './database.js';
import type { Logger } from './logger.js';

/** What crosses processes by LISTEN/NOTIFY. An event says which record to read again; it carries no state. */
export type DomainEvent =
  /** Users, roles, bindings, sessions or tokens changed; `userId` null concerns everybody. */
  | { readonly type: 'identity.changed'; readonly userId: string | null }
  | { readonly type: 'cluster.changed'; readonly clusterId: string }
  | { readonly type: 'project.changed'; readonly projectId: string }
  | { readonly type: 'environment.changed'; readonly environmentId: string }
  | { readonly type: 'instance.changed'; readonly instanceId: string }
  | { readonly type: 'service.changed'; readonly serviceId: string }
  | { readonly type: 'deployment.changed'; readonly deploymentId: string; readonly serviceId: string };

export type DomainEventType = DomainEvent['type'];

const channel = 'meridian';

/** Sends when the transaction commits, and not at all when it does not. */
export async function notifyDomainEvent(transaction: Transaction, event: DomainEvent): Promise<void> {
  await transaction.query('SELECT pg_notify($1, $2)', [channel, JSON.stringify(event)]);
}

/**
 * Receives the events of all processes, its own included. After a lost connection `resynced` is called, because
 * events were missed meanwhile: drop every cache.
 */
export class DomainEvents {
  readonly #emitter = new EventEmitter().setMaxListeners(0);
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
    try {
      const event = JSON.parse(payload) as DomainEvent;
      this.#emitter.emit(event.type, event);
    } catch (error) {
      this.logger.warn({ error }, 'domain event could not be handled');
    }
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
