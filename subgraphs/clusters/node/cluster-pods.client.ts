import { firstList } from '../../shared/kubernetes/first-list.js';
import type { Informers } from '../../shared/kubernetes/informers.js';
import { type Pod, resources } from '../../shared/kubernetes/resources.js';

/** How long a first answer is waited for. */
const limitMs = 2_000;

const byNode = { node: ({ spec }: Pod) => (spec?.nodeName ? [spec.nodeName] : []) };

/** All pods of a cluster, also those that Meridian does not manage, from one shared watch while somebody reads. */
export class ClusterPodsClient {
  constructor(private readonly informers: Pick<Informers, 'acquire'>) {}

  /** From memory; none as long as nothing was ever read. `wait`: the cluster is believed to answer. */
  list(clusterId: string, options: { wait: boolean }): Promise<Pod[]> {
    return this.#read(clusterId, options, (informer) => informer.list());
  }

  /** Those that are bound to the node. */
  listByNode(clusterId: string, nodeName: string, options: { wait: boolean }): Promise<Pod[]> {
    return this.#read(clusterId, options, (informer) => informer.listBy('node', nodeName));
  }

  async #read(
    clusterId: string,
    options: { wait: boolean },
    read: (informer: { list(): Pod[]; listBy(index: string, value: string): Pod[] }) => Pod[],
  ): Promise<Pod[]> {
    const { informer, release } = this.informers.acquire<Pod>({
      clusterId,
      resource: resources.pods,
      indexes: byNode,
    });
    try {
      if (options.wait) await firstList(informer, { limitMs });
      return read(informer);
    } finally {
      release();
    }
  }
}
