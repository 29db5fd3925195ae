import type { Caller } from '../../shared/caller.js';
import type { DomainEvents } from '../../shared/domain-events.js';
import { NotFoundError } from '../../shared/errors.js';
import { isId } from '../../shared/ids.js';
import { LevelStream } from '../../shared/level-stream.js';
import {
  decodeCursor,
  encodeCursor,
  type Page,
  type PageArguments,
  pageOfList,
} from '../../shared/pagination.js';
import type { Permissions } from '../../shared/permissions.js';
import type { StreamGuard } from '../../shared/stream-guard.js';
import type { NodeDrainEntity } from './node-drain.entity.js';
import type { DrainListFilter, NodeDrainRepository } from './node-drain.repository.js';

/** The record is read again after this at the latest, also when an event was lost. */
const lookAgainMs = 5_000;
/** Steps kept for a reader that is a little behind. */
const maximumAhead = 20;

export interface NodeDrainNews {
  readonly type: 'DrainProgressed' | 'DrainCompleted';
  readonly cursor: string;
  readonly drain: NodeDrainEntity;
}

/**
 * Drains name pods of all projects: to be seen by those who may read the cluster itself, not by those who only see it
 * through an environment of theirs.
 */
export class DrainReadingService {
  constructor(
    private readonly drains: NodeDrainRepository,
    private readonly permissions: Pick<Permissions, 'of'>,
    private readonly events: Pick<DomainEvents, 'on' | 'onResynced'>,
    private readonly guard: StreamGuard,
  ) {}

  find(caller: Caller, id: string): Promise<NodeDrainEntity | undefined> {
    return this.#find(caller, id, (drainId) => this.drains.find(drainId));
  }

  async #find(
    caller: Caller,
    id: string,
    find: (id: string) => Promise<NodeDrainEntity | undefined>,
  ): Promise<NodeDrainEntity | undefined> {
    const permissions = await this.permissions.of(caller);
    permissions.requireFunctional('clusters.read');
    const row = isId('drain', id) ? await find(id) : undefined;
    return row && permissions.allows('clusters.read', { clusterId: row.clusterId }) ? row : undefined;
  }

  async list(
    caller: Caller,
    clusterId: string,
    filter: DrainListFilter,
    page: PageArguments,
  ): Promise<Page<NodeDrainEntity>> {
    if (!(await this.#maySee(caller, clusterId)))
      return pageOfList<NodeDrainEntity>([], page, ({ id }) => id);
    return this.drains.listByCluster(clusterId, filter, page);
  }

  /** In the order of the names. */
  async listNewest(
    caller: Caller,
    clusterId: string,
    nodeNames: readonly string[],
  ): Promise<(NodeDrainEntity | undefined)[]> {
    if (!(await this.#maySee(caller, clusterId))) return nodeNames.map(() => undefined);
    const newest = await this.drains.mapNewest(clusterId, nodeNames);
    return nodeNames.map((name) => newest.get(name));
  }

  /**
   * First how it stands, then every change, and after the end nothing. Each event holds everything, so a cursor to
   * resume after needs no reset: it only spares the reader what they have seen.
   */
  async watch(
    caller: Caller,
    id: string,
    after: string | null,
  ): Promise<AsyncIterableIterator<NodeDrainNews>> {
    const require = (row: unknown): void => {
      if (!row) throw new NotFoundError('Drain', id, ['id']);
    };
    require(await this.find(caller, id));
    let seen = after === null ? 0 : Number(decodeCursor(after, 1)[0]);
    const stream = new LevelStream<NodeDrainNews>(
      (changed) => {
        const timer = setInterval(changed, lookAgainMs);
        timer.unref();
        const unsubscribe = [
          this.events.on('drain.changed', ({ drainId }) => {
            if (drainId === id) changed();
          }),
          this.events.onResynced(changed),
        ];
        return {
          close: () => {
            clearInterval(timer);
            for (const off of unsubscribe) off();
          },
          read: async () => {
            const drain = await this.drains.find(id);
            const done = drain?.finishedAt != null;
            if (!drain || (drain.revision <= seen && !done)) return { events: [] };
            seen = drain.revision;
            const type = done ? 'DrainCompleted' : 'DrainProgressed';
            return { events: [{ type, cursor: encodeCursor([seen]), drain }], done };
          },
        };
      },
      { ahead: maximumAhead },
    );
    return this.guard.guard(caller, stream, async () =>
      require(await this.#find(caller, id, this.drains.findTogether)),
    );
  }

  async #maySee(caller: Caller, clusterId: string): Promise<boolean> {
    return (await this.permissions.of(caller)).allows('clusters.read', { clusterId });
  }
}
