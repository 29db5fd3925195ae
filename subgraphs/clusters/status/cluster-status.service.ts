import type { Caller } from '../../shared/caller.js';
import type { DomainEvents } from '../../shared/domain-events.js';
import { NotFoundError } from '../../shared/errors.js';
import type { Permissions } from '../../shared/permissions.js';
import type { StreamGuard } from '../../shared/stream-guard.js';
import type { ClusterService } from '../cluster/cluster.service.js';
import type { ClusterMonitor } from './cluster-monitor.js';
import { type ClusterStatusNews, ClusterStatusStream } from './cluster-status-stream.js';

/** The stream of how clusters are. */
export class ClusterStatusService {
  constructor(
    private readonly clusters: Pick<ClusterService, 'mapByIds' | 'listVisibleIds'>,
    private readonly monitor: Pick<ClusterMonitor, 'sequence' | 'changedSince' | 'subscribe'>,
    private readonly permissions: Pick<Permissions, 'of'>,
    private readonly events: Pick<DomainEvents, 'on' | 'onResynced'>,
    private readonly guard: StreamGuard,
    /** Names this process: a cursor of another can't be continued. */
    private readonly epoch: string,
  ) {}

  async watch(
    caller: Caller,
    ids: readonly string[] | null,
    after: string | null,
  ): Promise<AsyncIterableIterator<ClusterStatusNews>> {
    const permissions = await this.permissions.of(caller);
    permissions.requireFunctional('clusters.read');
    if (ids) {
      const visible = await this.#read(caller, ids);
      const absent = ids.find((id) => !visible.has(id));
      if (absent !== undefined) throw new NotFoundError('Cluster', absent, ['ids']);
    }
    const stream = new ClusterStatusStream(
      {
        cursor: () => `${this.epoch}.${this.monitor.sequence}`,
        changedSince: (cursor) => this.#changedSince(cursor),
        subscribe: (listener) => this.monitor.subscribe(listener),
        onVisibilityChanged: (listener) => this.#onVisibilityChanged(caller, listener),
        read: (clusterIds) => this.#read(caller, clusterIds),
        listIds: () => this.clusters.listVisibleIds(caller),
      },
      ids ? new Set(ids) : undefined,
      after,
    );
    return this.guard.guard(caller, stream, async () =>
      (await this.permissions.of(caller)).requireFunctional('clusters.read'),
    );
  }

  /** By what the caller was granted, and by the environments that they may see. */
  #onVisibilityChanged(caller: Caller, listener: () => void): () => void {
    const unsubscribers = [
      this.events.on('identity.changed', ({ userId }) => {
        if (userId === null || userId === caller.userId) listener();
      }),
      this.events.on('environment.changed', listener),
      this.events.onResynced(listener),
    ];
    return () => {
      for (const unsubscribe of unsubscribers) unsubscribe();
    };
  }

  /** Unregistered ones are gone, though records still refer to them. */
  async #read(caller: Caller, ids: readonly string[]) {
    const found = await this.clusters.mapByIds(caller, ids);
    return new Map([...found].filter(([, cluster]) => cluster.unregisteredAt === null));
  }

  #changedSince(cursor: string): string[] | undefined {
    const [epoch, sequence] = cursor.split('.');
    const from = Number(sequence);
    if (epoch !== this.epoch || !Number.isInteger(from) || from < 0 || from > this.monitor.sequence)
      return undefined;
    return this.monitor.changedSince(from);
  }
}
