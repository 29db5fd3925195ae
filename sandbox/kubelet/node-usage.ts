import { controllerOf } from '../controllers/ownership.js';
import { isPodFinished } from '../controllers/pod-condition.js';
import type { StoreEvent } from '../storage/api.js';
import { podRequests, type Resources } from './scheduler-fit.js';

type Usage = Resources & { pods: number };

interface Placed {
  readonly node: string;
  readonly owner: string | undefined;
  readonly requests: Resources;
}

const NOTHING: Usage = { cpu: 0, memory: 0, pods: 0 };

/** What the pods of each node ask for together, kept up to date from pod events. */
export class NodeUsage {
  private readonly byPod = new Map<string, Placed>();
  private readonly byNode = new Map<string, Usage>();
  /** How many pods an owner has on a node. */
  private readonly byOwner = new Map<string, Map<string, number>>();

  of(node: string): Usage {
    return this.byNode.get(node) ?? NOTHING;
  }

  /** The pods that the controller with this uid has on the node. */
  ownedBy(owner: string | undefined, node: string): number {
    return (owner && this.byOwner.get(owner)?.get(node)) || 0;
  }

  apply({ type, object }: StoreEvent): void {
    const { uid } = object.metadata;
    const node: string | undefined = object['spec'].nodeName;
    const counts = type !== 'DELETED' && node !== undefined && !isPodFinished(object);
    const known = this.byPod.get(uid);
    if (known && !counts) {
      this.add(known, -1);
      this.byPod.delete(uid);
    }
    if (!known && counts) {
      const placed = { node, owner: controllerOf(object)?.uid, requests: podRequests(object) };
      this.add(placed, 1);
      this.byPod.set(uid, placed);
    }
  }

  private add({ node, owner, requests: { cpu, memory } }: Placed, sign: 1 | -1): void {
    if (owner) this.addOwned(owner, node, sign);
    const before = this.of(node);
    this.byNode.set(node, {
      cpu: before.cpu + sign * cpu,
      memory: before.memory + sign * memory,
      pods: before.pods + sign,
    });
  }

  private addOwned(owner: string, node: string, sign: 1 | -1): void {
    const counts = this.byOwner.get(owner) ?? new Map<string, number>();
    const count = (counts.get(node) ?? 0) + sign;
    if (count > 0) counts.set(node, count);
    else counts.delete(node);
    if (counts.size > 0) this.byOwner.set(owner, counts);
    else this.byOwner.delete(owner);
  }
}
