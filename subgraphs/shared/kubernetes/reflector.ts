import type { Clock } from '../clock.js';
import {
  ClusterAuthFailedError,
  ClusterUnavailableError,
  MeridianError,
  NotFoundError,
  TimeoutError,
} from '../errors.js';
import type { Logger } from '../logger.js';
import { Backoff } from './backoff.js';
import type { KubernetesConnection } from './connection.js';
import { linkSignals } from './deadline.js';
import { statusOf } from './errors.js';
import { listInto } from './paged-list.js';
import type { ReflectorSink } from './reflector-sink.js';
import type { Resource } from './resources.js';
import { behindSilence, knowsVersion } from './silence.js';
import type { WatchEvent } from './watch-events.js';
import { eventsOf, openWatch } from './watch-stream.js';
import { Watchdog } from './watchdog.js';
import type { KubernetesObject } from './wire.js';

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
  /** After so long a silence of a watch the cluster is asked what is behind it. Most servers send a bookmark each minute. */
  readonly silenceLimitMs: number;
}

/** A watch that ends sooner is no success: reconnecting at once would be a storm. */
const shortWatchMs = 5_000;
const refusedCredentialsWaitMs = 30_000;
/** The objects that are there come without a break. */
const initialSilenceMs = 30_000;
/** Refusals of WatchList by servers that don't have it: 422 as recorded; older ones know the parameter less. */
const noWatchList = new Set([400, 405, 422, 501]);
/** A server that has it and fails at it is given a list instead, as client-go does. */
const mostFailedStreams = 2;

/** Why a watch is closed that goes on with new credentials. */
const moved = new Error('the cluster has new credentials');

/** The server does not stream the objects that are there: list them instead. */
class NoWatchListError extends Error {}

/**
 * Keeps a copy of a collection: streams the objects that are there and then their changes (WatchList), or lists and
 * then watches where the server can't; resumes where a watch broke off, and reads everything again only when the
 * cluster has forgotten that version (410). Ends when stopped or when the cluster is gone.
 */
export class Reflector<T extends KubernetesObject> {
  readonly #options: ReflectorOptions<T>;
  readonly #backoff: Backoff;
  #waiting: AbortController | undefined;
  /** Null when the next step is to read everything. */
  #version: string | null = null;
  /** Where the version is from. */
  #connection: KubernetesConnection | undefined;
  /** The connection broke or none could be made: whoever answers next may have another history than that version's. */
  #doubtsVersion = false;
  #hasWatchList = true;
  #failedStreams = 0;
  /** The last watch said something, so that the next one is believed as soon as it is open. */
  #trusted = true;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.#backoff = new Backoff({ random: options.random, clock: options.clock });
  }

  /** Tries again at once when it waits: something about the cluster changed. */
  wake(): void {
    this.#waiting?.abort();
  }

  /** Resolves with undefined when the signal aborted, or with the error when the cluster does not exist any more. */
  async run(signal: AbortSignal): Promise<MeridianError | undefined> {
    while (!signal.aborted) {
      let reading = this.#version === null;
      let renewed: AbortSignal | undefined;
      try {
        const connection = await this.#options.connect();
        renewed = connection.renewed;
        if (this.#connection !== connection) this.#startAnew(connection);
        await this.#verify(connection, signal);
        reading = this.#version === null;
        const streams = this.#hasWatchList && this.#failedStreams < mostFailedStreams;
        if (reading && !streams) await this.#list(connection, signal);
        else await this.#watch(connection, signal);
      } catch (error) {
        if (signal.aborted) return undefined;
        const known = error instanceof MeridianError ? error : undefined;
        if (known instanceof NotFoundError && !statusOf(known)) return known;
        if (reading && this.#version === null && lacksWatchList(error)) {
          this.#hasWatchList = false;
          continue;
        }
        if (reading && statusOf(error) && this.#version === null) this.#failedStreams++;
        if (statusOf(error)?.code === 410) this.#version = null;
        if (!statusOf(error)) this.#doubtsVersion = true;
        // What was answered to the old credentials says nothing of the new ones.
        if (!renewed?.aborted) await this.#rest(error, known, signal);
      }
    }
    return undefined;
  }

  /** New credentials keep a connection; another one may lead to another server, with a history of its own. */
  #startAnew(connection: KubernetesConnection): void {
    this.#connection = connection;
    this.#version = null;
    this.#doubtsVersion = false;
    this.#hasWatchList = true;
    this.#failedStreams = 0;
  }

  /** A watch from a version that is yet to come would be open and silent, and what is shown would count as fresh. */
  async #verify(connection: KubernetesConnection, signal: AbortSignal): Promise<void> {
    const { resource, labelSelector } = this.#options;
    const version = this.#version;
    if (!this.#doubtsVersion || version === null) return;
    const request = { resource, labelSelector, version, signal };
    if (!(await knowsVersion(connection, request))) this.#version = null;
    this.#doubtsVersion = false;
  }

  async #list(connection: KubernetesConnection, signal: AbortSignal): Promise<void> {
    const version = await listInto(this.#options.sink, connection, { ...this.#options, signal });
    if (signal.aborted) return;
    this.#version = version;
    this.#failedStreams = 0;
  }

  /** From the last version; without one, of all objects first. */
  async #watch(connection: KubernetesConnection, signal: AbortSignal): Promise<void> {
    const { resource, labelSelector, sink, clock, random, silenceLimitMs, wait } = this.#options;
    const controller = new AbortController();
    const unlink = linkSignals(controller, [signal]);
    const move = () => controller.abort(moved);
    const { renewed } = connection;
    renewed.addEventListener('abort', move, { once: true });
    const reading = this.#version === null;
    const silence = new Watchdog();
    let bytes = false;
    let said = false;
    const startedAt = clock.now();
    try {
      const stream = await openWatch(connection, {
        resource,
        labelSelector,
        version: this.#version,
        timeoutSeconds: 300 + Math.floor(random() * 300),
        signal: controller.signal,
      });
      if (reading) sink.startReplacing();
      else if (this.#trusted) sink.alive();
      silence.start(
        reading ? initialSilenceMs : silenceLimitMs,
        () => void this.#silent(connection, controller, silence),
      );
      const heard = () => {
        bytes = true;
      };
      for await (const event of eventsOf(stream, resource, connection, heard)) {
        // Bytes alone are no sign of life: what does not speak as an API server does is not one.
        if (event.type !== 'UNREADABLE') {
          said = true;
          silence.heard();
          if (this.#version !== null && event.type !== 'ERROR') sink.alive();
        }
        this.#apply(event, silence);
      }
      if (!said) this.#trusted = !bytes && clock.now() - startedAt >= shortWatchMs;
    } catch (error) {
      // Not a failure: the next watch goes on from the same version with the new credentials.
      if (controller.signal.reason === moved) return;
      throw error;
    } finally {
      if (said || bytes) this.#trusted = said;
      silence.stop();
      unlink();
      renewed.removeEventListener('abort', move);
    }
    if (this.#version === null) throw new NoWatchListError('The watch ended before all objects were sent.');
    if (!this.#trusted) throw notAWatch(connection);
    if (clock.now() - startedAt < shortWatchMs) await wait(this.#backoff.next(), signal);
  }

  #apply(event: WatchEvent<T>, silence: Watchdog): void {
    const { sink, silenceLimitMs } = this.#options;
    switch (event.type) {
      case 'ADDED':
      case 'MODIFIED':
        sink.put(event.object);
        this.#advance(event.object.metadata?.resourceVersion);
        return;
      case 'DELETED':
        sink.remove(event.object);
        this.#advance(event.object.metadata?.resourceVersion);
        return;
      case 'BOOKMARK':
        if (this.#version === null && event.initialEventsEnd) {
          this.#version = event.resourceVersion;
          this.#failedStreams = 0;
          sink.finishReplacing();
          silence.limit(silenceLimitMs);
        }
        this.#advance(event.resourceVersion);
        return;
      case 'ERROR':
        throw event.error;
      case 'UNREADABLE':
        sink.unreadable();
    }
  }

  /** Where to resume. Not while all objects are read: half of them is nothing to resume from. */
  #advance(version: string | undefined): void {
    if (this.#version !== null && version !== undefined) this.#version = version;
  }

  /** Silence is told from death before anybody is alarmed. */
  async #silent(
    connection: KubernetesConnection,
    controller: AbortController,
    silence: Watchdog,
  ): Promise<void> {
    const { resource, labelSelector, sink } = this.#options;
    const version = this.#version;
    if (version === null) {
      return controller.abort(new NoWatchListError('The objects that are there did not come.'));
    }
    const pieces = silence.pieces;
    try {
      const request = { resource, labelSelector, version, signal: controller.signal };
      const behind = await behindSilence(connection, request);
      if (controller.signal.aborted || silence.pieces !== pieces) return;
      if (behind === 'REST') {
        sink.alive();
        silence.heard();
        return;
      }
      if (behind === 'OTHER_HISTORY') this.#version = null;
      controller.abort(
        new TimeoutError('The watch was silent for too long.', { clusterId: connection.clusterId }),
      );
    } catch (error) {
      if (silence.pieces === pieces) controller.abort(error);
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

const notAWatch = ({ clusterId, clusterName }: KubernetesConnection): MeridianError =>
  new ClusterUnavailableError(
    clusterId,
    `Cluster ${JSON.stringify(clusterName)} answered a watch with nothing that can be read.`,
  );

const lacksWatchList = (error: unknown): boolean =>
  error instanceof NoWatchListError || noWatchList.has(statusOf(error)?.code ?? 0);
