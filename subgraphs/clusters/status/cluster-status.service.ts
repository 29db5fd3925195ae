import { whileAuthorized } from '../../shared/authorized-stream.js';
import type { Caller } from '../../shared/caller.js';
import type { Clock } from '../../shared/clock.js';
import type { DomainEvents } from '../../shared/domain-events.js';
import { NotFoundError } from '../../shared/errors.js';
import type { Permissions } from '../../shared/permissions.js';
import type { ClusterService } from '../cluster/cluster.service.js';
import type { ClusterMonitor } from './cluster-monitor.js';
import { type ClusterStatusNews, ClusterStatusStream } from './cluster-status-stream.js';

/** The stream of how clusters are. */
export class ClusterStatusService {
  constructor(
    private readonly clusters: Pick<ClusterService, 'mapByIds' | 'listVisibleIds'>,
    private readonly monitor: Pick<ClusterMonitor, 'sequence' | 'changedSince' | 'subscribe'>,
    private readonly permissions: Pick<Permissions, 'of'>,
    private readonly events: Pick<DomainEvents, 'on'>,
    private readonly clock: Clock,
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
        read: (clusterIds) => this.#read(caller, clusterIds),
        listIds: () => this.clusters.listVisibleIds(caller),
      },
      ids ? new Set(ids) : undefined,
      after,
    );
    return whileAuthorized(stream, {
      caller: permissions.caller,
      check: async () => (await this.permissions.of(caller)).requireFunctional('clusters.read'),
      clock: this.clock,
      events: this.events,
    });
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
