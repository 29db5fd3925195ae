import { setMaxListeners } from 'node:events';
import type { WebSocket } from 'ws';
import type { Clock } from '../clock.js';
import { systemClock } from '../clock.js';
import { ClusterUnavailableError, type MeridianError, RateLimitedError, TooLargeError } from '../errors.js';
import type { AddressPolicy } from './address-policy.js';
import type { ApiPath } from './api-path.js';
import { Bulkhead } from './bulkhead.js';
import { CallGuard, type ConnectionHealth } from './call-guard.js';
import type { Permit } from './circuit-breaker.js';
import type { ClusterCredentials } from './cluster-credentials.js';
import { linkSignals } from './deadline.js';
import { type ClusterName, parseStatus, toMeridianError } from './errors.js';
import { type Impersonation, type Query, Transport, type TransportRequest } from './transport.js';
import { isBrokenConnection, toTransportError } from './transport-errors.js';

export interface KubernetesRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** From `objectPath`, `collectionPath` or `apiPath`. */
  readonly path: ApiPath;
  readonly query?: Query;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly contentType?: string;
  /** For the whole call, waiting for a free connection included. */
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal | undefined;
  /** May be sent a second time when the connection broke before an answer. Default: GET only. */
  readonly idempotent?: boolean;
  readonly impersonate?: Impersonation;
}

export interface KubernetesStream {
  /** The body as it comes; the reader's pace holds the sender back. Throws a MeridianError when it is cut off. */
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly status: number;
}

export interface ConnectionLimits {
  readonly callDeadlineMs: number;
  readonly streamOpenDeadlineMs: number;
  /** Calls at a time, and waiting. */
  readonly calls: number;
  readonly queue: number;
  readonly streams: number;
  readonly answerBytes: number;
}

const defaultLimits: ConnectionLimits = {
  callDeadlineMs: 10_000,
  streamOpenDeadlineMs: 30_000,
  calls: 16,
  queue: 256,
  streams: 1_000,
  answerBytes: 64 * 1024 * 1024,
};

/** Everything Meridian says to one cluster's API server goes through one of these. Made by `Connections`. */
export class KubernetesConnection implements ClusterName {
  readonly clusterId: string;
  readonly clusterName: string;
  readonly #transport: Transport;
  readonly #limits: ConnectionLimits;
  readonly #guard: CallGuard;
  readonly #calls: Bulkhead;
  readonly #closed = new AbortController();
  readonly #onUnauthorized: () => void;
  #streams = 0;

  constructor(
    options: ClusterName & {
      credentials: ClusterCredentials;
      addressPolicy: AddressPolicy;
      clock?: Clock;
      limits?: Partial<ConnectionLimits>;
      /** The API server refused the credentials (401). */
      onUnauthorized?: () => void;
    },
  ) {
    this.clusterId = options.clusterId;
    this.clusterName = options.clusterName;
    this.#limits = { ...defaultLimits, ...options.limits };
    this.#transport = new Transport(options.credentials, options.addressPolicy, this.#limits.calls);
    this.#guard = new CallGuard(this, options.clock ?? systemClock, this.#closed.signal);
    this.#calls = new Bulkhead(this.#limits.calls, this.#limits.queue);
    // Every call and stream listens to it.
    setMaxListeners(0, this.#closed.signal);
    this.#onUnauthorized = options.onUnauthorized ?? (() => undefined);
  }

  /** Aborts, with its reason, when the connection is disposed of. */
  get closed(): AbortSignal {
    return this.#closed.signal;
  }

  /** The answer's JSON. Rejects with a MeridianError; `statusOf(error)` gives the API server's own words. */
  request<T>(request: KubernetesRequest): Promise<T> {
    const deadlineMs = request.deadlineMs ?? this.#limits.callDeadlineMs;
    return this.#guard.run(deadlineMs, request.signal, async (signal) => {
      const place = this.#calls.enter(signal);
      if (!place) {
        throw new RateLimitedError(`Too many calls wait for cluster ${JSON.stringify(this.clusterName)}.`, 5);
      }
      const leave = await place;
      try {
        return (await this.#call(request, signal)) as T;
      } finally {
        leave();
      }
    });
  }

  /**
   * Opens a stream (watch, log). The deadline and the circuit breaker cover the time until it is open; after that it
   * lasts until its end, the signal's abort or the connection's.
   */
  async stream(request: KubernetesRequest): Promise<KubernetesStream> {
    if (this.#streams >= this.#limits.streams) {
      throw new RateLimitedError(
        `Too many streams from cluster ${JSON.stringify(this.clusterName)} are open.`,
        5,
      );
    }
    this.#streams++;
    const controller = new AbortController();
    const unlink = linkSignals(controller, [request.signal, this.#closed.signal]);
    const end = () => {
      this.#streams--;
      unlink();
    };
    try {
      const deadlineMs = request.deadlineMs ?? this.#limits.streamOpenDeadlineMs;
      const response = await this.#guard.run(deadlineMs, request.signal, async (signal) => {
        signal.addEventListener('abort', () => controller.abort(signal.reason), { once: true });
        const opened = await this.#transport.stream(this.#wire(request, controller.signal));
        if (opened.statusCode >= 300) {
          throw await this.#refusal(opened.statusCode, opened.headers, opened.body);
        }
        return opened;
      });
      response.body.once('close', end);
      // Nobody may be reading when it breaks; readers get the error from `chunks`.
      response.body.on('error', () => undefined);
      return { status: response.statusCode, chunks: this.#chunks(response.body, controller) };
    } catch (error) {
      end();
      throw error;
    }
  }

  /**
   * A WebSocket that is connecting; its events are the caller's to handle. `permit` takes the outcome of connecting.
   */
  upgrade(path: ApiPath, query: Query, protocols: readonly string[]): { socket: WebSocket; permit: Permit } {
    this.#closed.signal.throwIfAborted();
    const permit = this.#guard.admit();
    try {
      return { permit, socket: this.#transport.upgrade(path, query, protocols) };
    } catch (error) {
      permit.abandoned();
      throw error;
    }
  }

  health(): ConnectionHealth {
    return this.#guard.health();
  }

  /** Ends every call and stream with the reason. */
  async dispose(reason: MeridianError): Promise<void> {
    this.#closed.abort(reason);
    await this.#transport.destroy();
  }

  async #call(request: KubernetesRequest, signal: AbortSignal): Promise<unknown> {
    const send = async () => {
      const { statusCode, headers, body } = await this.#transport.call(this.#wire(request, signal));
      if (statusCode >= 300) throw await this.#refusal(statusCode, headers, body);
      return this.#read(body, this.#limits.answerBytes);
    };
    const text = await send().catch((error: unknown) => {
      // A kept connection may be closed by the server at the moment of use.
      const again = (request.idempotent ?? request.method === 'GET') && isBrokenConnection(error);
      if (!again || signal.aborted) throw error;
      return send();
    });
    if (text === '') return undefined;
    try {
      return JSON.parse(text) as unknown;
    } catch {
      // Without the parser's error as cause: it quotes the answer.
      throw new ClusterUnavailableError(
        this.clusterId,
        `Cluster ${JSON.stringify(this.clusterName)} answered with something that is not JSON.`,
      );
    }
  }

  #wire(request: KubernetesRequest, signal: AbortSignal): TransportRequest {
    const body = request.body === undefined ? undefined : JSON.stringify(request.body);
    return {
      method: request.method,
      path: request.path,
      query: request.query ?? {},
      body,
      headers: {
        accept: 'application/json',
        ...(body === undefined ? {} : { 'content-type': request.contentType ?? 'application/json' }),
      },
      impersonate: request.impersonate,
      signal,
    };
  }

  async #refusal(
    code: number,
    headers: Readonly<Record<string, string | string[] | undefined>>,
    body: AsyncIterable<Uint8Array>,
  ): Promise<MeridianError> {
    const text = await this.#read(body, 1024 * 1024).catch(() => '');
    if (code === 401) this.#onUnauthorized();
    return toMeridianError(parseStatus(code, text, headers['retry-after']), this);
  }

  async #read(body: AsyncIterable<Uint8Array>, limit: number): Promise<string> {
    const chunks: Uint8Array[] = [];
    let bytes = 0;
    for await (const chunk of body) {
      bytes += chunk.byteLength;
      if (bytes > limit) {
        throw new TooLargeError(
          `The answer of cluster ${JSON.stringify(this.clusterName)} is larger than ${Math.floor(limit / 1024 / 1024)} MiB.`,
        );
      }
      chunks.push(chunk);
    }
    return Buffer.concat(chunks).toString('utf8');
  }

  async *#chunks(body: AsyncIterable<Uint8Array>, controller: AbortController): AsyncIterable<Uint8Array> {
    try {
      for await (const chunk of body) {
        this.#guard.alive();
        yield chunk;
      }
    } catch (error) {
      throw controller.signal.aborted ? controller.signal.reason : toTransportError(error, this);
    }
  }
}
