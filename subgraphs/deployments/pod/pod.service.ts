import type { Caller } from '../../shared/caller.js';
import type { Changes } from '../../shared/changes.js';
import { NotFoundError } from '../../shared/errors.js';
import { newId } from '../../shared/ids.js';
import { deleteObject } from '../../shared/kubernetes/apply.js';
import type { Connections } from '../../shared/kubernetes/connections.js';
import { requireName } from '../../shared/kubernetes/names.js';
import { resources } from '../../shared/kubernetes/resources.js';
import { LevelStream } from '../level-stream.js';
import type { ServiceEntity } from '../service/service.entity.js';
import type { ServiceAccess } from '../service/service-access.js';
import type { StreamGuard } from '../stream-guard.js';
import type { Observed, WorkloadClient, WorkloadState } from '../workload/workload.client.js';
import { type PodValue, podOf } from './pod.mapper.js';

export type PodEventValue =
  | {
      readonly type: 'SNAPSHOT';
      readonly cursor: string;
      readonly pods: PodValue[];
      readonly observed: Observed;
    }
  | { readonly type: 'ADDED' | 'CHANGED'; readonly cursor: string; readonly pod: PodValue }
  | { readonly type: 'REMOVED'; readonly cursor: string; readonly name: string; readonly uid: string }
  | { readonly type: 'RESET'; readonly cursor: string; readonly reason: string };

/** Changes kept for a reader that is a little behind. */
const maximumAhead = 500;

export const podsOf = (state: WorkloadState): PodValue[] =>
  state.pods.map((pod) => podOf(pod, state.observed.clusterId, state.templateId));

export class PodService {
  constructor(
    private readonly access: ServiceAccess,
    private readonly changes: Changes,
    private readonly workloads: WorkloadClient,
    private readonly connections: Pick<Connections, 'get'>,
    private readonly guard: StreamGuard,
  ) {}

  /** A snapshot, then what changes. A new snapshot when the cluster stops or starts answering. */
  async watch(
    caller: Caller,
    serviceId: string,
    after?: string | null,
  ): Promise<AsyncIterable<PodEventValue>> {
    const check = () => this.access.require(caller, 'services.read', serviceId, ['serviceId']);
    const { service } = await check();
    return this.guard.guard(caller, this.#stream(service, after), check);
  }

  #stream(service: ServiceEntity, after?: string | null): LevelStream<PodEventValue> {
    const stream = newId('event');
    let events = 0;
    let known: Map<string, { text: string; name: string }> | undefined;
    let wasStale = false;
    const cursor = (): string => `${stream}.${++events}`;
    return new LevelStream<PodEventValue>(
      (changed) => {
        const watch = this.workloads.watch(service, changed);
        return {
          close: () => watch.release(),
          read: async () => {
            await watch.synced();
            const state = watch.state();
            const pods = podsOf(state);
            const stale = state.observed.stale || !state.known;
            const now = new Map(pods.map((pod) => [pod.uid, { text: JSON.stringify(pod), name: pod.name }]));
            const before = known;
            known = now;
            if (!before || stale !== wasStale) {
              wasStale = stale;
              // Events are not kept: whatever the cursor, what follows is the whole state.
              const reset: PodEventValue[] =
                before || !after
                  ? []
                  : [{ type: 'RESET', cursor: cursor(), reason: 'Pod events are not kept.' }];
              return {
                events: [
                  ...reset,
                  { type: 'SNAPSHOT', cursor: cursor(), pods, observed: { ...state.observed, stale } },
                ],
              };
            }
            const removed = [...before]
              .filter(([uid]) => !now.has(uid))
              .map(([uid, { name }]) => ({ type: 'REMOVED' as const, cursor: cursor(), name, uid }));
            const others = pods
              .filter((pod) => before.get(pod.uid)?.text !== now.get(pod.uid)?.text)
              .map((pod) => ({
                type: before.has(pod.uid) ? ('CHANGED' as const) : ('ADDED' as const),
                cursor: cursor(),
                pod,
              }));
            return { events: [...others, ...removed] };
          },
        };
      },
      { ahead: maximumAhead },
    );
  }

  /** Its controller makes another in its place. */
  async delete(
    caller: Caller,
    input: { serviceId: string; pod: string; gracePeriodSeconds?: number | null; reason?: string | null },
  ): Promise<PodValue> {
    const name = requireName(input.pod, ['input', 'pod'], 'pod');
    const { set, service } = await this.access.require(caller, 'pods.delete', input.serviceId);
    const state = await this.workloads.get(service);
    const pod = podsOf(state).find((candidate) => candidate.name === name);
    if (!pod) throw new NotFoundError('Pod', name, ['input', 'pod']);
    await this.changes.run(set.caller, { action: 'deletePod' }, async ({ audit }) => {
      audit({
        targetType: 'Pod',
        targetId: pod.uid,
        targetName: `${service.namespace}/${name}`,
        projectId: service.projectId,
        reason: input.reason ?? null,
      });
      // Last: what can't be audited is not done.
      const connection = await this.connections.get(service.clusterId);
      const deleted = await deleteObject(
        connection,
        resources.pods,
        { namespace: service.namespace, name },
        {
          uid: pod.uid,
          ...(input.gracePeriodSeconds == null ? {} : { gracePeriodSeconds: input.gracePeriodSeconds }),
        },
      );
      if (!deleted) throw new NotFoundError('Pod', name, ['input', 'pod']);
      return { id: pod.uid };
    });
    return pod;
  }
}
