import type { Clock } from '../clock.js';
import type { Logger } from '../logger.js';
import type { Connections } from './connections.js';
import type { Informer } from './informer.js';
import type { Resource } from './resources.js';
import type { KubernetesObject } from './wire.js';
export interface InformerLease<T extends KubernetesObject> extends Disposable {
  readonly informer: Informer<T>;
  /** Releasing twice is harmless. */
  release(): void;
}
export interface InformerRequest<T extends KubernetesObject> {
  readonly clusterId: string;
  readonly resource: Resource<T>;
  readonly labelSelector?: string;
  /** Values of an object under each index; 'namespace' is always there. The same for all who share the informer. */
  readonly indexes?: Readonly<Record<string, (object: T) => readonly string[]>>;
}
export class Informers {
  constructor(_options: { connections: Connections; logger: Logger; clock?: Clock }) {}
  /** Starts it on first need; survives changed credentials. The cluster's absence shows in `synced()`. */
  acquire<T extends KubernetesObject>(_request: InformerRequest<T>): InformerLease<T> {
    throw new Error('being written');
  }
  dispose(): Promise<void> {
    throw new Error('being written');
  }
}
