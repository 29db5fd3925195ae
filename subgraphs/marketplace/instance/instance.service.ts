import { createHash } from 'node:crypto';
import { BoundedQueue } from '../../shared/bounded-queue.js';
import type { Caller } from '../../shared/caller.js';
import type { Clock } from '../../shared/clock.js';
import type { DomainEvents } from '../../shared/domain-events.js';
import { type ErrorCode, NotFoundError } from '../../shared/errors.js';
import { isId } from '../../shared/ids.js';
import {
  decodeCursor,
  type Page,
  type PageArguments,
  pageOfRows,
  pageSize,
} from '../../shared/pagination.js';
import type { Permissions } from '../../shared/permissions.js';
import type { StreamGuard } from '../../shared/stream-guard.js';
import type { InstanceEntity } from './instance.entity.js';
import type { InstanceListFilter, InstanceParent, InstanceRepository } from './instance.repository.js';
import { type InstanceState, stateOf } from './instance-state.mapper.js';
import type { WorkloadObserver } from './workload-observer.client.js';

export interface ObservationValue {
  readonly clusterId: string;
  readonly observedAt: Date | null;
  readonly stale: boolean;
  readonly error: { readonly code: ErrorCode; readonly message: string } | null;
}

export type ObservedState = InstanceState & { readonly observation: ObservationValue };

/** What happened to an instance that somebody watches. The cursor is a digest of what it shows. */
export type InstanceEventValue =
  | {
      readonly type: 'InstanceSnapshot' | 'InstanceChanged';
      readonly cursor: string;
      readonly instance: InstanceEntity;
    }
  | { readonly type: 'InstanceDeleted'; readonly cursor: string; readonly instanceId: string };

export class InstanceService {
  constructor(
    private readonly repository: InstanceRepository,
    private readonly observer: WorkloadObserver,
    private readonly permissions: Permissions,
    private readonly events: DomainEvents,
    private readonly guard: StreamGuard,
    private readonly clock: Clock,
  ) {}

  /** Undefined when there is none or the caller may not see it. */
  async find(caller: Caller, id: string): Promise<InstanceEntity | undefined> {
    const permitted = await this.permissions.of(caller);
    permitted.requireFunctional('instances.read');
    const instance = isId('instance', id) ? await this.repository.find(id) : undefined;
    return instance && permitted.allows('instances.read', instance) ? instance : undefined;
  }

  async get(caller: Caller, id: string): Promise<InstanceEntity> {
    const instance = await this.find(caller, id);
    if (!instance) throw new NotFoundError('Instance', id, ['instanceId']);
    return instance;
  }

  /** Many at once, in the order asked for; undefined where there is none or the caller may not see it. */
  async findAll(caller: Caller, ids: readonly string[]): Promise<(InstanceEntity | undefined)[]> {
    const permitted = await this.permissions.of(caller);
    const found = await this.repository.findByIds(ids.filter((id) => isId('instance', id)));
    const byId = new Map(found.map((instance) => [instance.id, instance]));
    return ids.map((id) => {
      const instance = byId.get(id);
      return instance && permitted.allows('instances.read', instance) ? instance : undefined;
    });
  }

  async list(caller: Caller, page: PageArguments, filter: InstanceListFilter): Promise<Page<InstanceEntity>> {
    const permitted = await this.permissions.of(caller);
    permitted.requireFunctional('instances.read');
    const allowed = permitted.filter('instances.read');
    const size = pageSize(page.first);
    const rows = await this.repository.listPermitted(allowed, filter, {
      afterId: afterId(page),
      limit: size,
    });
    return pageOfRows(rows, size, ({ id }) => [id], {
      after: page.after,
      totalCount: () => this.repository.countPermitted(allowed, filter),
    });
  }

  /** A page for each parent. Who may not see instances sees empty ones. */
  async listByParents(
    caller: Caller,
    parent: InstanceParent,
    parentIds: readonly string[],
    page: PageArguments,
  ): Promise<Page<InstanceEntity>[]> {
    const permitted = await this.permissions.of(caller);
    const allowed = permitted.filter('instances.read');
    const size = pageSize(page.first);
    const query = { afterId: afterId(page), limit: size };
    const rows = await this.repository.listPermittedByParents(allowed, parent, parentIds, query);
    let counts: Promise<Map<string, number>> | undefined;
    return parentIds.map((parentId) =>
      pageOfRows(
        rows.filter((row) => row[parent] === parentId),
        size,
        ({ id }) => [id],
        {
          after: page.after,
          totalCount: async () => {
            counts ??= this.repository.countPermittedByParents(allowed, parent, parentIds);
            return (await counts).get(parentId) ?? 0;
          },
        },
      ),
    );
  }

  async countByProjects(caller: Caller, projectIds: readonly string[]): Promise<number[]> {
    const permitted = await this.permissions.of(caller);
    const allowed = permitted.filter('instances.read');
    const counts = await this.repository.countPermittedByParents(allowed, 'projectId', projectIds);
    return projectIds.map((id) => counts.get(id) ?? 0);
  }

  /** What the cluster shows of an instance that the caller was given. */
  async observe(instance: InstanceEntity): Promise<ObservedState> {
    const observed = await this.observer.observe(instance);
    const { observedAt, stale, error } = observed.observation;
    const state = stateOf(instance, observed, this.clock.now());
    // Noted before it is told: what was READY once is DEGRADED or UPDATING from then on, not PROVISIONING.
    if (state.status === 'READY' && instance.settledRevision !== instance.revision) {
      await this.repository.note(instance, {
        settledRevision: instance.revision,
        failure: null,
        attempts: 0,
      });
    }
    return {
      ...state,
      observation: {
        clusterId: instance.clusterId,
        observedAt,
        stale,
        error: error ? { code: error.code as ErrorCode, message: error.message } : null,
      },
    };
  }

  /**
   * An event for each change of what the instance shows; ends after its deletion. With the cursor of the last event
   * seen, the first snapshot is left out when nothing has changed since.
   */
  async watch(
    caller: Caller,
    id: string,
    after: string | null | undefined,
  ): Promise<AsyncIterable<InstanceEventValue>> {
    const instance = await this.get(caller, id);
    return this.guard.guard(caller, this.#changes(instance, after), async () =>
      (await this.permissions.of(caller)).require('instances.read', instance),
    );
  }

  #changes(
    instance: InstanceEntity,
    after: string | null | undefined,
  ): AsyncIterableIterator<InstanceEventValue> {
    const { id } = instance;
    const unsubscribers: (() => void)[] = [];
    // Something may have changed: however often that happens, reading once is enough.
    const hints = new BoundedQueue<true>({
      limit: 1,
      onOverflow: () => [true],
      onClose: () => {
        for (const unsubscribe of unsubscribers) unsubscribe();
      },
    });
    const hint = (): void => hints.push(true);
    unsubscribers.push(
      this.observer.subscribe(instance, hint),
      this.events.on('instance.changed', ({ instanceId }) => instanceId === id && hint()),
      this.events.onResynced(hint),
    );
    hint();
    return this.#readAtHints(id, hints, after ?? undefined);
  }

  #readAtHints(
    id: string,
    hints: BoundedQueue<true>,
    after: string | undefined,
  ): AsyncIterableIterator<InstanceEventValue> {
    let last = after;
    let hasSent = false;
    const next = async (): Promise<IteratorResult<InstanceEventValue>> => {
      for (;;) {
        const { done } = await hints.next();
        if (done) return { value: undefined, done: true };
        const instance = await this.repository.find(id);
        if (!instance) {
          await hints.return();
          hints.end();
          if (last === deletedCursor) return { value: undefined, done: true };
          last = deletedCursor;
          return { value: { type: 'InstanceDeleted', cursor: deletedCursor, instanceId: id }, done: false };
        }
        const cursor = digestOf(instance, await this.observe(instance));
        if (cursor === last) continue;
        last = cursor;
        const type = hasSent || after !== undefined ? 'InstanceChanged' : 'InstanceSnapshot';
        hasSent = true;
        return { value: { type, cursor, instance }, done: false };
      }
    };
    // Not a generator: its return() would wait behind a next() that may wait for ever.
    const iterator: AsyncIterableIterator<InstanceEventValue> = {
      next,
      return: async () => {
        await hints.return();
        return { value: undefined, done: true };
      },
      [Symbol.asyncIterator]: () => iterator,
    };
    return iterator;
  }
}

const deletedCursor = 'deleted';

const afterId = ({ after }: PageArguments): string | undefined =>
  after ? String(decodeCursor(after, 1)[0]) : undefined;

/** Changes whenever a field that the API selects from has changed; the time of observation is none of them. */
function digestOf(instance: InstanceEntity, { observation, ...state }: ObservedState): string {
  const { revision, phase } = instance;
  const shown = [revision, phase, state, observation.stale, observation.error];
  return createHash('sha256').update(JSON.stringify(shown)).digest('base64url').slice(0, 22);
}
