import type { Clock } from '../controllers/clock.js';
import type { Occurrence } from '../controllers/event-memory.js';
import type { Api, KubernetesObject } from '../storage/api.js';
import type { ContainerInstance } from './container-instance.js';
import type { ImageStore } from './image.js';

/** What a container needs of the pod and the node that it runs in. */
export interface ContainerHost {
  readonly api: Api;
  readonly clock: Clock;
  readonly random: () => number;
  readonly pace: number;
  readonly images: ImageStore;
  readonly node: string;
  /** As the API server has it now. */
  readonly pod: KubernetesObject;
  readonly podIP: string;
  readonly hasInit: boolean;
  /** The pod is being deleted: what ends is not started again. */
  readonly isStopping: boolean;
  /** Another container of the pod; undefined when it has none of that name. */
  machine(name: string): { readonly instance: ContainerInstance | undefined } | undefined;
  now(): number;
  /** A natural duration at the pace of this cluster. */
  scaled(ms: number): number;
  /** What a node needs for something by itself, on machines as fast as those of this cluster, at its pace. */
  latency(ms: number): number;
  /** Images that the node does not have cannot be pulled now. */
  readonly isRegistryUnreachable: boolean;
  /** Why the container cannot be created from its specification now. */
  configError(container: any): string | undefined;
  record(fieldPath: string, occurrence: Occurrence): void;
  /** Something happened by itself; step again. */
  wake(): void;
}
