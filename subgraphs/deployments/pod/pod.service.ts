import type { Caller } from '../../shared/caller.js';
import type { Changes } from '../../shared/changes.js';
import { BadUserInputError, NotFoundError } from '../../shared/errors.js';
import { deleteObject } from '../../shared/kubernetes/apply.js';
import type { Connections } from '../../shared/kubernetes/connections.js';
import { requireName } from '../../shared/kubernetes/names.js';
import { resources } from '../../shared/kubernetes/resources.js';
import type { StreamGuard } from '../../shared/stream-guard.js';
import { requireReason } from '../deployment/deployment-origin.js';
import type { ServiceAccess } from '../service/service-access.js';
import type { WorkloadClient, WorkloadState } from '../workload/workload.client.js';
import { type PodValue, podOf } from './pod.mapper.js';
import type { PodFeeds } from './pod-feed.js';
import { type PodEventValue, podStream } from './pod-stream.js';

/** As of a service's own stop grace. */
const maximumGraceSeconds = 3_600;

export const podsOf = (state: WorkloadState): PodValue[] =>
  state.pods.map((pod) => podOf(pod, state.observed.clusterId, state.templateId));

export class PodService {
  constructor(
    private readonly access: ServiceAccess,
    private readonly changes: Changes,
    private readonly workloads: WorkloadClient,
    private readonly connections: Pick<Connections, 'get'>,
    private readonly guard: StreamGuard,
    private readonly feeds: PodFeeds,
  ) {}

  /** See pod-stream.ts. */
  async watch(
    caller: Caller,
    serviceId: string,
    after?: string | null,
  ): Promise<AsyncIterable<PodEventValue>> {
    const { service } = await this.access.require(caller, 'services.read', serviceId, ['serviceId']);
    return this.guard.guard(caller, podStream(this.feeds, service, after), () =>
      this.access.recheck(caller, 'services.read', serviceId),
    );
  }

  /** Its controller makes another in its place. */
  async delete(
    caller: Caller,
    input: { serviceId: string; pod: string; gracePeriodSeconds?: number | null; reason?: string | null },
  ): Promise<PodValue> {
    const name = requireName(input.pod, ['input', 'pod'], 'pod');
    requireReason(input.reason);
    const { gracePeriodSeconds: seconds } = input;
    if (seconds != null && (seconds < 0 || seconds > maximumGraceSeconds)) {
      throw BadUserInputError.at(
        ['input', 'gracePeriodSeconds'],
        `gracePeriodSeconds is ${seconds}: use 0 (at once, without waiting for its node) to ${maximumGraceSeconds}.`,
      );
    }
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
      const connection = await this.connections.get(service.clusterId, { actingFor: set.caller });
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
