import type { Clock } from '../../shared/clock.js';
import type { DomainEvents } from '../../shared/domain-events.js';
import { NotFoundError } from '../../shared/errors.js';
import type { Logger } from '../../shared/logger.js';
import type { EnvironmentClient } from './environment.client.js';
import type { EnvironmentEntity } from './environment.entity.js';
import type { EnvironmentObserverClient } from './environment-observer.client.js';
import { sameHardLimits } from './quota.js';

export interface ReconciledEnvironments {
  listAll(): Promise<EnvironmentEntity[]>;
  find(id: string): Promise<EnvironmentEntity | null>;
  /** Both tell the other processes; false when another was quicker. */
  finishCreating(id: string): Promise<boolean>;
  finishDeleting(id: string): Promise<boolean>;
}

/** Whoever creates is given this long before somebody else finishes it. */
const creatingForMs = 60_000;
/** How soon a cluster is looked at after it changed; then ever less often until it answers. */
const changedAgainMs = 500;
/** How soon one that is being deleted is looked at again. */
const deletingAgainMs = 1_000;

/**
 * Makes each environment's namespace what its row says: makes it again when a cluster has forgotten it, mends its
 * quota, deletes it, and finishes what a process that died has begun. Idempotent: any number of processes may do so.
 */
export class EnvironmentReconciler {
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #busy = new Set<string>();
  #unsubscribe: () => void = () => undefined;
  #round: NodeJS.Timeout | undefined;
  #disposed = false;

  constructor(
    private readonly options: {
      readonly environments: ReconciledEnvironments;
      readonly client: EnvironmentClient;
      readonly observer: Pick<EnvironmentObserverClient, 'observe'>;
      readonly events: Pick<DomainEvents, 'on'>;
      readonly clock: Clock;
      /** 0 to 1. */
      readonly random: () => number;
      readonly intervalMs: number;
      readonly logger: Logger;
    },
  ) {}

  start(): void {
    const { events } = this.options;
    const unsubscribers = [
      events.on('environment.changed', ({ environmentId }) => this.#soon(environmentId, 0)),
      events.on('cluster.changed', ({ clusterId }) => this.#recheck(clusterId, changedAgainMs)),
    ];
    this.#unsubscribe = () => {
      for (const unsubscribe of unsubscribers) unsubscribe();
    };
    this.#next(0);
  }

  dispose(): void {
    this.#disposed = true;
    this.#unsubscribe();
    clearTimeout(this.#round);
    for (const timer of this.#timers.values()) clearTimeout(timer);
    this.#timers.clear();
  }

  #next(delay: number): void {
    if (this.#disposed) return;
    this.#round = setTimeout(() => void this.#all(), delay);
    this.#round.unref();
  }

  async #all(): Promise<void> {
    try {
      const rows = await this.options.environments.listAll();
      await Promise.all(rows.map(({ id }) => this.#one(id)));
    } catch (error) {
      this.options.logger.warn({ error }, 'environments could not be listed');
    }
    this.#next(this.options.intervalMs * (0.9 + 0.2 * this.options.random()));
  }

  /** New credentials or another address: what a cluster has forgotten is made again without waiting for a round. */
  #recheck(clusterId: string, delay: number): void {
    if (this.#disposed || delay > this.options.intervalMs) return;
    clearTimeout(this.#timers.get(clusterId));
    const timer = setTimeout(() => void this.#cluster(clusterId, delay), delay);
    timer.unref();
    this.#timers.set(clusterId, timer);
  }

  async #cluster(clusterId: string, delay: number): Promise<void> {
    this.#timers.delete(clusterId);
    try {
      const rows = (await this.options.environments.listAll()).filter((row) => row.clusterId === clusterId);
      const outcomes = await Promise.all(rows.map(({ id }) => this.#one(id)));
      if (outcomes.includes('STALE')) this.#recheck(clusterId, delay * 2);
    } catch (error) {
      this.options.logger.warn({ error, cluster: clusterId }, 'environments could not be listed');
    }
  }

  #soon(id: string, delay: number): void {
    if (this.#disposed) return;
    clearTimeout(this.#timers.get(id));
    const timer = setTimeout(() => {
      this.#timers.delete(id);
      void this.#one(id);
    }, delay);
    timer.unref();
    this.#timers.set(id, timer);
  }

  async #one(id: string): Promise<'STALE' | undefined> {
    if (this.#disposed) return undefined;
    if (this.#busy.has(id)) {
      this.#soon(id, deletingAgainMs);
      return undefined;
    }
    this.#busy.add(id);
    try {
      const row = await this.options.environments.find(id);
      return row ? await this.#reconcile(row) : undefined;
    } catch (error) {
      this.options.logger.warn({ error, environment: id }, 'environment could not be reconciled');
      return undefined;
    } finally {
      this.#busy.delete(id);
    }
  }

  async #reconcile(row: EnvironmentEntity): Promise<'STALE' | undefined> {
    const { environments, observer, clock } = this.options;
    if (row.state === 'CREATING' && clock.now() - row.updatedAt.getTime() < creatingForMs) return undefined;
    const observed = await observer.observe(row.clusterId, row.namespace);
    const gone = observed.observation.error?.code === 'NOT_FOUND';
    // A cluster that does not answer is asked by its informer; an unregistered one never will be.
    if (observed.observation.stale && !gone) {
      this.#again(row);
      return 'STALE';
    }

    if (row.state === 'DELETING') {
      if (gone || (await this.#isDeleted(row))) await environments.finishDeleting(row.id);
      else this.#again(row);
      return undefined;
    }
    if (gone || observed.owner?.terminating) return undefined;
    if (!observed.owner) await this.#makeAgain(row);
    else if (observed.owner.environmentId !== row.id) return undefined;
    if (!observed.owner || !sameHardLimits(row.quota, observed.hard)) await this.#mendQuota(row);
    if (row.state === 'CREATING') await environments.finishCreating(row.id);
    return undefined;
  }

  /** What the informer does not see may be there all the same, just made or of somebody else. */
  async #makeAgain(row: EnvironmentEntity): Promise<void> {
    const owner = await this.options.client.findOwner(row);
    if (!owner) {
      await this.options.client.createNamespace(row);
      this.options.logger.warn(
        { cluster: row.clusterId, namespace: row.namespace },
        'namespace was made again',
      );
    } else if (owner.environmentId !== row.id) {
      throw new Error('the namespace belongs to somebody else');
    }
  }

  /** Not when somebody is changing it: the event of that change leads here again. */
  async #mendQuota(row: EnvironmentEntity): Promise<void> {
    const current = await this.options.environments.find(row.id);
    if (current?.version === row.version && current.state !== 'DELETING')
      await this.options.client.applyQuota(current);
  }

  async #isDeleted(row: EnvironmentEntity): Promise<boolean> {
    try {
      return await this.options.client.deleteNamespace(row);
    } catch (error) {
      if (error instanceof NotFoundError) return true;
      throw error;
    }
  }

  #again({ id, state }: EnvironmentEntity): void {
    if (state === 'DELETING') this.#soon(id, deletingAgainMs);
  }
}
