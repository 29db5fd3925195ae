import type { Clock } from '../clock.js';
import type { Logger } from '../logger.js';
import type { Connections } from './connections.js';
import type { Informer } from './informer.js';
import type { IndexFunction } from './object-store.js';
import { apiVersionOf, type Resource } from './resources.js';
import { type InformerOptions, RunningInformer } from './running-informer.js';
import type { KubernetesObject } from './wire.js';

/** A claim on a shared informer, which runs while at least one is held. */
export interface InformerLease<T extends KubernetesObject> extends Disposable {
  readonly informer: Informer<T>;
  /** Releasing twice is harmless. */
  release(): void;
}

export interface InformerRequest<T extends KubernetesObject> {
  readonly clusterId: string;
  readonly resource: Resource<T>;
  readonly labelSelector?: string;
  /**
   * Values of an object under each further index; those of object-indexes.ts are always there. A name means the same to all who share the
   * informer: its first function stays.
   */
  readonly indexes?: Readonly<Record<string, IndexFunction<T>>>;
}

export interface InformersOptions
  extends Partial<
    Pick<InformerOptions<KubernetesObject>, 'random' | 'wait' | 'silenceLimitMs' | 'mostObjects'>
  > {
  readonly connections: Connections;
  readonly logger: Logger;
  readonly clock?: Clock;
  /** How long an informer that nobody holds goes on, for the next who asks. */
  readonly keepMs?: number;
}

interface Shared {
  readonly informer: RunningInformer<KubernetesObject>;
  readonly clusterId: string;
  readonly running: Promise<void>;
  leases: number;
  stopTimer: NodeJS.Timeout | undefined;
}

/** One informer for each cluster, kind and selector in this process, shared by all who ask. */
export class Informers {
  readonly #options: InformersOptions;
  readonly #shared = new Map<string, Shared>();
  readonly #forget: () => void;

  constructor(options: InformersOptions) {
    this.#options = options;
    this.#forget = options.connections.onDropped((clusterId) => {
      for (const shared of this.#shared.values()) {
        if (shared.clusterId === clusterId) shared.informer.wake();
      }
    });
  }

  /**
   * Started on first need. Goes on by itself when the cluster is unreachable or gets new credentials; stops with
   * NOT_FOUND when the cluster is removed.
   */
  acquire<T extends KubernetesObject>(request: InformerRequest<T>): InformerLease<T> {
    const key = [
      request.clusterId,
      apiVersionOf(request.resource),
      request.resource.resource,
      request.labelSelector ?? '',
    ].join(' ');
    const shared = this.#shared.get(key) ?? this.#start(key, request);
    // The key says the type.
    const informer = shared.informer as unknown as RunningInformer<T>;
    for (const [name, values] of Object.entries(request.indexes ?? {})) informer.addIndex(name, values);
    shared.leases++;
    clearTimeout(shared.stopTimer);

    let released = false;
    const release = () => {
      if (released) return;
      released = true;
      shared.leases--;
      if (shared.leases > 0) return;
      shared.stopTimer = setTimeout(() => this.#stop(key, shared), this.#options.keepMs ?? 180_000).unref();
    };
    return { informer, release, [Symbol.dispose]: release };
  }

  async dispose(): Promise<void> {
    this.#forget();
    const all = [...this.#shared];
    for (const [key, shared] of all) this.#stop(key, shared);
    await Promise.all(all.map(([, shared]) => shared.running));
  }

  #start<T extends KubernetesObject>(key: string, request: InformerRequest<T>): Shared {
    const { connections, logger, clock, random, wait, silenceLimitMs, mostObjects } = this.#options;
    const informer = new RunningInformer<KubernetesObject>({
      connect: () => connections.get(request.clusterId),
      clusterId: request.clusterId,
      resource: request.resource as Resource,
      labelSelector: request.labelSelector,
      logger,
      ...(clock ? { clock } : {}),
      ...(random ? { random } : {}),
      ...(wait ? { wait } : {}),
      ...(silenceLimitMs === undefined ? {} : { silenceLimitMs }),
      ...(mostObjects === undefined ? {} : { mostObjects }),
    });
    const running = informer.start().finally(() => {
      if (this.#shared.get(key)?.informer === informer) this.#shared.delete(key);
    });
    const shared: Shared = {
      informer,
      clusterId: request.clusterId,
      running,
      leases: 0,
      stopTimer: undefined,
    };
    this.#shared.set(key, shared);
    return shared;
  }

  #stop(key: string, shared: Shared): void {
    clearTimeout(shared.stopTimer);
    if (this.#shared.get(key) === shared) this.#shared.delete(key);
    shared.informer.stop();
  }
}
