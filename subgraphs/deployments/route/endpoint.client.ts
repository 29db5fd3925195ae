import { firstList } from '../../shared/kubernetes/first-list.js';
import type { Informers } from '../../shared/kubernetes/informers.js';
import { type EndpointSlice, resources } from '../../shared/kubernetes/resources.js';
import { managedSelector } from '../workload/labels.js';

const syncMilliseconds = 2_000;

/** The slices of Services have the labels of their Service, so one watch for each cluster tells of all of ours. */
export class EndpointClient {
  constructor(private readonly informers: Pick<Informers, 'acquire'>) {}

  /** From memory; null when the cluster does not tell. */
  async list(service: { readonly id: string; readonly clusterId: string }): Promise<EndpointSlice[] | null> {
    using lease = this.informers.acquire({
      clusterId: service.clusterId,
      resource: resources.endpointSlices,
      labelSelector: managedSelector,
    });
    await firstList(lease.informer, { limitMs: syncMilliseconds });
    const { stale } = lease.informer.observation();
    return lease.informer.hasSynced && !stale ? lease.informer.listBy('service', service.id) : null;
  }
}
