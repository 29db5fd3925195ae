import type { Caller } from '../shared/caller.js';
import type { DomainEvents } from '../shared/domain-events.js';
import { newId } from '../shared/ids.js';
import { LevelStream } from '../shared/level-stream.js';
import type { PermissionName } from '../shared/permission-names.js';
import type { Permissions } from '../shared/permissions.js';
import type { StreamGuard } from '../shared/stream-guard.js';
import { type ServiceScope, scopeOf } from './scope.js';

export interface ListChangedValue {
  readonly cursor: string;
}

/** Changes within this time are one hint. */
const debounceMilliseconds = 300;
/** More ids than this are not looked at one by one: a hint too many does no harm. */
const maximumIds = 500;

/** Hints that a list changed, without saying how: whoever wants to know asks for the page again. */
export class ListChangesService {
  constructor(
    private readonly permissions: Pick<Permissions, 'of'>,
    private readonly guard: StreamGuard,
    private readonly events: Pick<DomainEvents, 'on' | 'onResynced'>,
  ) {}

  /** `concerns` says which of the changed records (by id) the list would hold; the caller must be able to see one. */
  async watch<Row extends ServiceScope>(
    caller: Caller,
    permission: PermissionName,
    type: 'service.changed' | 'deployment.changed',
    load: (ids: readonly string[]) => Promise<Row[]>,
    concerns: (row: Row) => boolean,
  ): Promise<AsyncIterable<ListChangedValue>> {
    const check = async () => (await this.permissions.of(caller)).requireFunctional(permission);
    await check();
    const stream = newId('event');
    let events = 0;
    const ids = new Set<string>();
    let missed = false;
    const source = new LevelStream<ListChangedValue>((changed) => {
      let timer: NodeJS.Timeout | undefined;
      const later = (): void => {
        timer ??= setTimeout(() => {
          timer = undefined;
          changed();
        }, debounceMilliseconds).unref();
      };
      const unsubscribe = [
        this.events.on(type, (event) => {
          if (ids.size < maximumIds) ids.add(type === 'service.changed' ? event.serviceId : idOf(event));
          else missed = true;
          later();
        }),
        // What one may see is another list by now: records that went out of sight are told of by nothing else (SU-7).
        this.events.on('identity.changed', ({ userId }) => {
          if (userId !== null && userId !== caller.userId) return;
          missed = true;
          later();
        }),
        this.events.onResynced(() => {
          missed = true;
          later();
        }),
      ];
      return {
        close: () => {
          clearTimeout(timer);
          for (const off of unsubscribe) off();
        },
        read: async () => {
          const changedIds = [...ids];
          const anything = missed;
          ids.clear();
          missed = false;
          if (changedIds.length === 0 && !anything) return { events: [] };
          const set = await this.permissions.of(caller);
          const rows = await load(changedIds);
          const relevant = rows.some((row) => set.allows(permission, scopeOf(row)) && concerns(row));
          if (!relevant && !anything) return { events: [] };
          events += 1;
          return { events: [{ cursor: `${stream}.${events}` }] };
        },
      };
    });
    return this.guard.guard(caller, source, check);
  }
}

const idOf = (event: { serviceId: string; deploymentId?: string }): string =>
  event.deploymentId ?? event.serviceId;
