import type { ClusterMetrics } from '../../shared/kubernetes/metrics/cluster-metrics.js';
import type { UsageValue } from '../../shared/kubernetes/metrics/metrics-poller.js';
import {
  type UsageUnavailableValue,
  usageUnavailable,
} from '../../shared/kubernetes/metrics/usage-unavailable.js';
import { serviceLabel } from '../workload/labels.js';

/** Either the figures, or why there are none. */
export interface UsageAnswer {
  readonly usage: UsageValue | null;
  readonly unavailable: UsageUnavailableValue | null;
}

/** What services and their pods use, as the cluster's one poller last saw it. */
export class UsageClient {
  constructor(private readonly metrics: Pick<ClusterMetrics, 'readPods'>) {}

  /** All pods of the service together; its history has the share of pods that are gone. */
  async findByService(service: { id: string; clusterId: string }): Promise<UsageAnswer> {
    const readings = await this.metrics.readPods(service.clusterId, { groupBy: serviceLabel });
    return answer(readings.findGroup(serviceLabel, service.id), readings.unavailable);
  }

  async findByPod(pod: { name: string; clusterId: string; namespace: string }): Promise<UsageAnswer> {
    const readings = await this.metrics.readPods(pod.clusterId, { groupBy: serviceLabel });
    return answer(readings.find(`${pod.namespace}/${pod.name}`), readings.unavailable);
  }
}

const answer = (usage: UsageValue | undefined, unavailable: UsageUnavailableValue | null): UsageAnswer =>
  usage
    ? { usage, unavailable: null }
    : { usage: null, unavailable: unavailable ?? usageUnavailable('NOT_MEASURED') };
