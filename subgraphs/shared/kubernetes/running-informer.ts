import { type Clock, systemClock } from '../clock.js';
import type { MeridianError } from '../errors.js';
import { ClusterUnavailableError } from '../errors.js';
import type { Logger } from '../logger.js';
import type { KubernetesConnection } from './connection.js';
import type { Informer, InformerEvent, Observation } from './informer.js';
import { type IndexFunction, ObjectStore } from './object-store.js';
import { pause } from './pause.js';
import { Reflector } from './reflector.js';
import type { ReflectorSink } from './reflector-sink.js';
import type { Resource } from './resources.js';
import { type KubernetesObject, keyOf } from './wire.js';

export interface InformerOptions<T extends KubernetesObject> {
  readonly connect: () => Promise<KubernetesConnection>;
  readonly clusterId: string;
  readonly resource: Resource<T>;
  readonly labelSelector?: string | undefined;
  readonly logger: Logger;
  readonly clock?: Clock;
  readonly random?: () => number;
  readonly wait?: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly silenceLimitMs?: number;
  /** What is beyond is not kept. */
  readonly mostObjects?: number;
}

/** The question behind a silence has 10 s: half-open connections are noticed within 90 s (CL-7). */
const silenceLimitMs = 70_000;
/** Of one kind in one cluster. */
const mostObjects = 200_000;

/** The informer that its owner starts and stops; readers get it as `Informer`. */
export class RunningInformer<T extends KubernetesObject> implements Informer<T>, ReflectorSink<T> {
  readonly #options: InformerOptions<T>;
  readonly #clock: Clock;
  readonly #store = new ObjectStore<T>();
  readonly #listeners = new Set<(event: InformerEvent<T>) => void>();
  readonly #stop = new AbortController();
  readonly #reflector: Reflector<T>;
  readonly #waiters = new Set<() => void>();
  #state: 'SYNCING' | 'FRESH' | 'STALE' | 'STOPPED' = 'SYNCING';
  #hasSynced = false;
  #aliveAt: number | null = null;
  #error: MeridianError | undefined;
  #unreadable = 0;
  /** While everything is read anew over what is there: the keys that still are. */
  #kept: Set<string> | null = null;

  constructor(options: InformerOptions<T>) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#reflector = new Reflector<T>({
      connect: options.connect,
      resource: options.resource,
      labelSelector: options.labelSelector,
      sink: this,
      logger: options.logger.child({ cluster: options.clusterId }),
      clock: this.#clock,
      random: options.random ?? Math.random,
      wait: options.wait ?? pause,
      silenceLimitMs: options.silenceLimitMs ?? silenceLimitMs,
    });
  }

  /** Once. Resolves when the informer has stopped. */
  async start(): Promise<void> {
    const error = await this.#reflector.run(this.#stop.signal);
    this.#end(error);
  }

  stop(): void {
    this.#stop.abort();
    this.#end(undefined);
  }

  /** Something about the cluster changed: don't wait to try again. */
  wake(): void {
    this.#reflector.wake();
  }

  addIndex(name: string, values: IndexFunction<T>): void {
    this.#store.addIndex(name, this.#safely(values));
  }

  get hasSynced(): boolean {
    return this.#hasSynced;
  }

  get stopped(): boolean {
    return this.#state === 'STOPPED';
  }

  /** Objects that could not be read so far; the rest was served. */
  get unreadableCount(): number {
    return this.#unreadable;
  }

  synced(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = () => {
        if (this.#hasSynced && !this.stopped) resolve();
        else if (this.stopped) reject(this.#error ?? this.#notRunning());
        else if (signal?.aborted) reject(signal.reason as Error);
        else return;
        this.#waiters.delete(check);
        signal?.removeEventListener('abort', check);
      };
      this.#waiters.add(check);
      signal?.addEventListener('abort', check);
      check();
    });
  }

  get(key: string): T | undefined {
    return this.#store.get(key);
  }

  list(): T[] {
    return this.#store.list();
  }

  listBy(index: string, value: string): T[] {
    return this.#store.listBy(index, value);
  }

  subscribe(listener: (event: InformerEvent<T>) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  observation(): Observation {
    return {
      observedAt: this.#hasSynced && this.#aliveAt !== null ? new Date(this.#aliveAt) : null,
      stale: this.#state !== 'FRESH',
      ...(this.#error ? { error: { code: this.#error.code, message: this.#error.message } } : {}),
    };
  }

  startReplacing(): void {
    this.#kept = this.#store.size === 0 ? null : new Set();
  }

  finishReplacing(): void {
    const kept = this.#kept;
    this.#kept = null;
    if (kept) {
      for (const key of this.#store.keys()) {
        if (!kept.has(key)) this.#delete(key);
      }
    }
    this.#hasSynced = true;
    this.alive();
    this.#emit({ type: 'RESYNCED' });
    this.#settle();
  }

  put(object: T): void {
    const key = keyOf(object);
    this.#kept?.add(key);
    const previous = this.#store.get(key);
    if (!previous && this.#store.size >= (this.#options.mostObjects ?? mostObjects)) {
      this.unreadable();
      return;
    }
    if (previous && previous.metadata?.uid !== object.metadata?.uid) this.#delete(key);
    else if (previous?.metadata?.resourceVersion === object.metadata?.resourceVersion) return;
    const replaced = this.#store.get(key);
    this.#store.put(object);
    this.#emit(
      replaced ? { type: 'MODIFIED', key, object, previous: replaced } : { type: 'ADDED', key, object },
    );
  }

  remove(object: T): void {
    const key = keyOf(object);
    this.#kept?.delete(key);
    this.#delete(key, object);
  }

  alive(): void {
    this.#aliveAt = this.#clock.now();
    if (!this.#hasSynced || this.#state === 'FRESH' || this.stopped) return;
    const wasStale = this.#state === 'STALE';
    this.#state = 'FRESH';
    this.#error = undefined;
    if (wasStale) this.#emit({ type: 'STALENESS_CHANGED', stale: false });
  }

  failed(error: MeridianError): void {
    this.#error = error;
    if (this.#state !== 'FRESH') return;
    this.#state = 'STALE';
    this.#emit({ type: 'STALENESS_CHANGED', stale: true });
  }

  unreadable(): void {
    this.#unreadable++;
    // Each power of two: a cluster that sends nothing else must not fill the log.
    if ((this.#unreadable & (this.#unreadable - 1)) !== 0) return;
    const { logger, clusterId, resource } = this.#options;
    logger.warn(
      { cluster: clusterId, kind: resource.kind, count: this.#unreadable },
      'object could not be read',
    );
  }

  #delete(key: string, last?: T): void {
    const known = this.#store.get(key);
    if (!known) return;
    this.#store.delete(key);
    this.#emit({ type: 'DELETED', key, object: last ?? known });
  }

  #end(error: MeridianError | undefined): void {
    if (this.stopped) return;
    this.#state = 'STOPPED';
    this.#error = error ?? this.#error;
    this.#emit({ type: 'STOPPED', error });
    this.#listeners.clear();
    this.#settle();
  }

  #settle(): void {
    for (const check of this.#waiters) check();
  }

  #emit(event: InformerEvent<T>): void {
    for (const listener of this.#listeners) {
      try {
        listener(event);
      } catch (error) {
        this.#options.logger.error({ kind: this.#options.resource.kind, error }, 'informer listener failed');
      }
    }
  }

  /** An index function that meets a malformed object must not take the informer down. */
  #safely(values: IndexFunction<T>): IndexFunction<T> {
    return (object) => {
      try {
        return values(object);
      } catch (error) {
        this.#options.logger.error({ kind: this.#options.resource.kind, error }, 'index function failed');
        return [];
      }
    };
  }

  #notRunning(): MeridianError {
    return new ClusterUnavailableError(this.#options.clusterId, 'The informer was stopped.');
  }
}
