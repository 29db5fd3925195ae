import { isPodFinished } from '../controllers/pod-condition.js';
import type { StoreEvent } from '../storage/api.js';
import { podRequests, type Resources } from './scheduler-fit.js';

type Usage = Resources & { pods: number };

const NOTHING: Usage = { cpu: 0, memory: 0, pods: 0 };

/** What the pods of each node ask for together, kept up to date from pod events. */
export class NodeUsage {
  private readonly byPod = new Map<string, { node: string; requests: Resources }>();
  private readonly byNode = new Map<string, Usage>();

  of(node: string): Usage {
    return this.byNode.get(node) ?? NOTHING;
  }

  apply({ type, object }: StoreEvent): void {
    const { uid } = object.metadata;
    const node: string | undefined = object['spec'].nodeName;
    const counts = type !== 'DELETED' && node !== undefined && !isPodFinished(object);
    const known = this.byPod.get(uid);
    if (known && !counts) {
      this.add(known.node, known.requests, -1);
      this.byPod.delete(uid);
    }
    if (!known && counts) {
      const requests = podRequests(object);
      this.add(node, requests, 1);
      this.byPod.set(uid, { node, requests });
    }
  }

  private add(node: string, { cpu, memory }: Resources, sign: 1 | -1): void {
    const before = this.of(node);
    this.byNode.set(node, {
      cpu: before.cpu + sign * cpu,
      memory: before.memory + sign * memory,
      pods: before.pods + sign,
    });
  }
}
