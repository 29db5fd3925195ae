import type { KubernetesObject } from '../storage/api.js';
import { findCondition } from './pod-condition.js';

interface Known {
  readonly service: string;
  readonly pods: ReadonlyMap<string, string>;
}

/** Remembers per Service which changes its endpoints already answer to, as EndpointSlice's TriggerTimeTracker. */
export class TriggerTimes {
  private readonly known = new Map<string, Known>();

  /** The earliest change since the last call; undefined when nothing that counts has changed. */
  next(key: string, service: KubernetesObject, pods: readonly KubernetesObject[]): string | undefined {
    const before = this.known.get(key);
    const times = new Map<string, string>();
    const changed: string[] = [];
    for (const pod of pods) {
      const { uid } = pod.metadata;
      const ready = findCondition(pod, 'Ready');
      const last = before?.pods.get(uid);
      // A pod that was never ready has not changed anything for clients.
      const time = ready?.status === 'True' || last !== undefined ? ready?.lastTransitionTime : undefined;
      if (time === undefined) continue;
      times.set(uid, time);
      if (last === undefined || time > last) changed.push(time);
    }
    const { creationTimestamp } = service.metadata;
    if (before?.service !== creationTimestamp) changed.push(creationTimestamp);
    this.known.set(key, { service: creationTimestamp, pods: times });
    return changed.sort()[0];
  }

  forget(key: string): void {
    this.known.delete(key);
  }
}
