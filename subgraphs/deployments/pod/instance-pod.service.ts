import type { Caller } from '../../shared/caller.js';
import type { Permissions } from '../../shared/permissions.js';
import type { PublishedInstances } from '../../shared/published/instance.js';
import type { WorkloadClient } from '../workload/workload.client.js';
import { type PodValue, podOf } from './pod.mapper.js';

/** Pods of marketplace instances: the same type, from another owner's objects. */
export class InstancePodService {
  constructor(
    private readonly permissions: Pick<Permissions, 'of'>,
    private readonly instances: Pick<PublishedInstances, 'find'>,
    private readonly workloads: WorkloadClient,
  ) {}

  /** Empty when the instance is gone or may not be seen. */
  async list(caller: Caller, instanceId: string): Promise<PodValue[]> {
    const set = await this.permissions.of(caller);
    const instance = await this.instances.find(instanceId);
    if (!instance) return [];
    const { projectId, landscapeId, clusterId, namespace, podLabels } = instance;
    if (!set.allows('instances.read', { projectId, landscapeId, clusterId })) return [];
    const pods = await this.workloads.listPods(clusterId, namespace, podLabels);
    return pods.map((pod) => podOf(pod, clusterId, undefined));
  }
}
