import type { Clock } from '../../shared/clock.js';
import type { Connections } from '../../shared/kubernetes/connections.js';
import { listObjects } from '../../shared/kubernetes/objects.js';
import { resources } from '../../shared/kubernetes/resources.js';
import { Recent } from './recent.js';
import { type ResourceAmounts, requestedResources } from './resources.mapper.js';

/**
 * What all pods of a cluster have asked for, also those that Meridian does not manage and so has no informer for:
 * listed at most once a minute for each cluster, and only when somebody wants to know.
 */
export class PodRequestClient {
  readonly #recent: Recent<ResourceAmounts>;

  constructor(connections: Pick<Connections, 'get'>, clock: Clock) {
    this.#recent = new Recent(
      async (clusterId) => {
        const { items } = await listObjects(await connections.get(clusterId), resources.pods, {
          fieldSelector: 'status.phase!=Succeeded,status.phase!=Failed',
        });
        return requestedResources(items);
      },
      { maxAgeMs: 60_000, limitMs: 2_000, clock },
    );
  }

  /** Undefined as long as it was never read. `wait`: the cluster is believed to answer. */
  async find(clusterId: string, options: { wait: boolean }): Promise<ResourceAmounts | undefined> {
    return options.wait ? this.#recent.get(clusterId) : this.#recent.last(clusterId);
  }
}
