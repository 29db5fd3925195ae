import { firstList } from '../../shared/kubernetes/first-list.js';
import type { Informers } from '../../shared/kubernetes/informers.js';
import { type Node, resources } from '../../shared/kubernetes/resources.js';

/** How long a first answer is waited for. */
const limitMs = 2_000;

export class NodeClient {
  constructor(private readonly informers: Pick<Informers, 'acquire'>) {}

  /** From memory, by name; none as long as nothing was ever read. `wait`: the cluster is believed to answer. */
  async list(clusterId: string, options: { wait: boolean }): Promise<Node[]> {
    const { informer, release } = this.informers.acquire({ clusterId, resource: resources.nodes });
    try {
      if (options.wait) await firstList(informer, { limitMs });
      return informer.list().sort((a, b) => ((a.metadata?.name ?? '') < (b.metadata?.name ?? '') ? -1 : 1));
    } finally {
      release();
    }
  }
}
