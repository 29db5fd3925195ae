import type { Clock } from '../controllers/clock.js';
import type { Occurrence } from '../controllers/event-recorder.js';
import type { Api, KubernetesObject } from '../storage/api.js';
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
  now(): number;
  /** A natural duration at the pace of this cluster. */
  scaled(ms: number): number;
  /** Why the container cannot be created from its specification now. */
  configError(container: any): string | undefined;
  record(fieldPath: string, occurrence: Occurrence): void;
  /** Something happened by itself; step again. */
  wake(): void;
}
