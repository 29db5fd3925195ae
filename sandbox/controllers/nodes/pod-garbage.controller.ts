import type { Api, KubernetesObject } from '../../storage/api.js';
import type { PacedClock } from '../clock.js';
import type { ObjectCache } from '../object-cache.js';
import { isPodFinished } from '../pod-condition.js';
import { WorkQueue } from '../work-queue.js';
import { gracePeriod } from './heartbeat.js';
import { withDisruption } from './taint-eviction.controller.js';

/** Removes the pods of a node that was deleted: nobody is left to end them. */
export class PodGarbageController {
  private readonly queue: WorkQueue;

  constructor(
    private readonly api: Api,
    private readonly clock: PacedClock,
    private readonly caches: { readonly nodes: ObjectCache; readonly pods: ObjectCache },
  ) {
    this.queue = new WorkQueue(clock, (node) => this.reconcile(node));
    caches.nodes.subscribe(({ type, object }) => {
      if (type === 'DELETED') this.queue.addAfter(object.metadata.name, gracePeriod(clock));
    });
  }

  dispose(): void {
    this.queue.dispose();
  }

  private reconcile(node: string): void {
    if (this.caches.nodes.get(node)) return;
    for (const pod of this.caches.pods.by(`node/${node}`)) this.remove(pod);
  }

  private remove(pod: KubernetesObject): void {
    const { namespace, name } = pod.metadata;
    if (!isPodFinished(pod)) {
      const why = { reason: 'DeletionByPodGC', message: 'PodGC: node no longer exists' };
      const draft = withDisruption(pod, why, this.clock);
      this.api.update('pods', { ...draft, status: { ...draft['status'], phase: 'Failed' } }, 'status');
    }
    this.api.remove('pods', namespace, name, { gracePeriodSeconds: 0 });
  }
}
