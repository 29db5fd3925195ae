import type { Clock } from '../clock.js';
import { ClusterAuthFailedError, MeridianError, NotFoundError, TimeoutError } from '../errors.js';
import type { Logger } from '../logger.js';
import { Backoff } from './backoff.js';
import type { KubernetesConnection, KubernetesStream } from './connection.js';
import { statusOf } from './errors.js';
import { readLines } from './lines.js';
import { listPage } from './objects.js';
import { apiVersionOf, collectionPath, type Resource } from './resources.js';
import { isReadable, parseWatchEvent, trimmed } from './watch-events.js';
import type { KubernetesObject } from './wire.js';

/** Receives what the reflector learns, in order. */
export interface ReflectorSink<T> {
  /** Everything there is. */
  replace(objects: readonly T[]): void;
  /** One object was added or changed. */
  put(object: T): void;
  remove(object: T): void;
  /** The cluster confirmed that what was learned so far is all. */
  alive(): void;
  /** The link is down until the next `alive`. */
  failed(error: MeridianError): void;
  unreadable(): void;
}

export interface ReflectorOptions<T extends KubernetesObject> {
  /** Asked anew for each attempt, so that changed credentials are picked up. */
  readonly connect: () => Promise<KubernetesConnection>;
  readonly resource: Resource<T>;
  readonly labelSelector: string | undefined;
  readonly sink: ReflectorSink<T>;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly random: () => number;
  /** Resolves after `ms`, or when the signal aborts. */
  readonly wait: (ms: number, signal: AbortSignal) => Promise<void>;
  /** A watch that is silent for so long is given up. Servers send a bookmark about every minute. */
  readonly silenceLimitMs: number;
}

const longestLine = 16 * 1024 * 1024;
/** A watch that ends sooner is no success: reconnecting at once would be a storm. */
const shortWatchMs = 5_000;
const healthyWatchMs = 120_000;
const refusedCredentialsWaitMs = 30_000;

/**
 * Keeps a copy of a collection: lists it, watches it from the list's version, resumes where a watch broke off, and
 * lists again only when the cluster has forgotten that version (410). Ends when stopped or when the cluster is gone.
 */
export class Reflector<T extends KubernetesObject> {
  readonly #options: ReflectorOptions<T>;
  readonly #backoff: Backoff;
  #waiting: AbortController | undefined;
  /** Null when the next step is a list. */
  #version: string | null = null;
  #silentWatches = 0;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.#backoff = new Backoff({ random: options.random });
  }

  /** Tries again at once when it waits: something about the cluster changed. */
  wake(): void {
    this.#waiting?.abort();
  }

  /** Resolves with undefined when the signal aborted, or with the error when the cluster does not exist any more. */
  async run(signal: AbortSignal): Promise<MeridianError | undefined> {
    while (!signal.aborted) {
      const startedAt = this.#options.clock.now();
      try {
        const connection = await this.#options.connect();
        if (this.#version === null) await this.#list(connection, signal);
        else await this.#watch(connection, this.#version, signal);
      } catch (error) {
        if (signal.aborted) return undefined;
        const known = error instanceof MeridianError ? error : undefined;
        if (known instanceof NotFoundError && !statusOf(known)) return known;
        if (statusOf(error)?.code === 410) this.#version = null;
        if (this.#options.clock.now() - startedAt >= healthyWatchMs) this.#backoff.reset();
        await this.#rest(error, known, signal);
      }
    }
    return undefined;
  }

  async #list(connection: KubernetesConnection, signal: AbortSignal): Promise<void> {
    const { resource, labelSelector, sink } = this.#options;
    const objects: T[] = [];
    let next = '';
    let version = '';
    do {
      const page = await listPage(connection, resource, {
        ...(labelSelector ? { labelSelector } : {}),
        continue: next,
        signal,
      });
      for (const item of page.items) {
        if (!isReadable<T>(item)) sink.unreadable();
        // Items of a list don't say what they are; objects of a watch do.
        else
          objects.push(
            Object.assign(trimmed(item), { apiVersion: apiVersionOf(resource), kind: resource.kind }),
          );
      }
      next = page.continue;
      version = page.resourceVersion;
    } while (next !== '');
    if (signal.aborted) return;
    sink.replace(objects);
    this.#version = version;
    this.#silentWatches = 0;
  }

  async #watch(connection: KubernetesConnection, version: string, signal: AbortSignal): Promise<void> {
    const { resource, labelSelector, sink, clock, random, silenceLimitMs } = this.#options;
    const controller = new AbortController();
    const abort = () => controller.abort(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    const silence = () =>
      controller.abort(
        new TimeoutError('The watch was silent for too long.', { clusterId: connection.clusterId }),
      );
    let watchdog = setTimeout(silence, silenceLimitMs);
    let heard = false;
    const startedAt = clock.now();
    try {
      const stream = await connection.stream({
        method: 'GET',
        path: collectionPath(resource),
        query: {
          watch: true,
          resourceVersion: version,
          allowWatchBookmarks: true,
          timeoutSeconds: 300 + Math.floor(random() * 300),
          labelSelector: labelSelector || undefined,
        },
        signal: controller.signal,
      });
      sink.alive();
      const chunks = tapped(stream.chunks, () => {
        heard = true;
        clearTimeout(watchdog);
        watchdog = setTimeout(silence, silenceLimitMs);
        sink.alive();
      });
      for await (const line of readLines(chunks, { longest: longestLine, unterminated: false })) {
        this.#apply(line, connection);
      }
      if (clock.now() - startedAt < shortWatchMs) await this.#options.wait(this.#backoff.next(), signal);
      else this.#backoff.reset();
    } catch (error) {
      // A server that was restored from a backup is silent to versions of its future.
      this.#silentWatches = heard || !(error instanceof TimeoutError) ? 0 : this.#silentWatches + 1;
      if (this.#silentWatches >= 2) this.#version = null;
      throw error;
    } finally {
      clearTimeout(watchdog);
      signal.removeEventListener('abort', abort);
    }
  }

  #apply(line: Buffer | null, connection: KubernetesConnection): void {
    const { sink } = this.#options;
    const event = parseWatchEvent<T>(line, connection);
    switch (event.type) {
      case 'ADDED':
      case 'MODIFIED':
        sink.put(event.object);
        this.#version = event.object.metadata?.resourceVersion ?? this.#version;
        return;
      case 'DELETED':
        sink.remove(event.object);
        this.#version = event.object.metadata?.resourceVersion ?? this.#version;
        return;
      case 'BOOKMARK':
        this.#version = event.resourceVersion;
        return;
      case 'ERROR':
        throw event.error;
      case 'UNREADABLE':
        sink.unreadable();
    }
  }

  async #rest(error: unknown, known: MeridianError | undefined, signal: AbortSignal): Promise<void> {
    const { resource, sink, logger, wait } = this.#options;
    const asked = (statusOf(error)?.retryAfterSeconds ?? 0) * 1_000;
    const refused = known instanceof ClusterAuthFailedError ? refusedCredentialsWaitMs : 0;
    const waitMs = Math.max(this.#backoff.next(), asked, refused);
    sink.failed(known ?? new TimeoutError('The cluster could not be read.'));
    logger.warn({ kind: resource.kind, waitMs, error }, 'informer lost its cluster and tries again');
    const waiting = new AbortController();
    this.#waiting = waiting;
    const abort = () => waiting.abort();
    signal.addEventListener('abort', abort, { once: true });
    await wait(waitMs, waiting.signal);
    signal.removeEventListener('abort', abort);
    this.#waiting = undefined;
  }
}

async function* tapped(chunks: KubernetesStream['chunks'], tap: () => void): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    tap();
    yield chunk;
  }
}
