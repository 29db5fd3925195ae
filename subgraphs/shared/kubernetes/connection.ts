import { setMaxListeners } from 'node:events';
import type { WebSocket } from 'ws';
import type { Clock } from '../clock.js';
import { systemClock } from '../clock.js';
import { type MeridianError, RateLimitedError } from '../errors.js';
import type { AddressPolicy } from './address-policy.js';
import { parseAnswer, readText } from './answers.js';
import type { ApiPath } from './api-path.js';
import { Bulkhead } from './bulkhead.js';
import { CallGuard, type ConnectionHealth } from './call-guard.js';
import type { ClusterCredentials } from './cluster-credentials.js';
import { linkSignals } from './deadline.js';
import { type ClusterName, parseStatus, toMeridianError } from './errors.js';
import type { Impersonation } from './impersonation.js';
import { type Query, Transport, type TransportRequest } from './transport.js';
import { isBrokenConnection, toTransportError } from './transport-errors.js';
import { opened } from './web-socket.js';

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
  /** Set by `actingAs`. */
  readonly impersonate?: Impersonation | undefined;
}

export interface KubernetesStream {
  /** The body as it comes; the reader's pace holds the sender back. Throws a MeridianError when it is cut off. */
  readonly chunks: AsyncIterable<Uint8Array>;
  readonly status: number;
  /** When it was opened, by the cluster's clock and to the second; null when the cluster did not say. */
  readonly openedAt: Date | null;
}

export interface UpgradeRequest {
  readonly path: ApiPath;
  readonly query: Query;
  /** Offered, the best one first. */
  readonly protocols: readonly string[];
  readonly signal?: AbortSignal | undefined;
  readonly impersonate?: Impersonation | undefined;
  /** Says better than we can what a refusal with this text means. */
  readonly explain?: (error: MeridianError, text: string) => Error;
}

export interface ConnectionLimits {
  readonly callDeadlineMs: number;
  readonly streamOpenDeadlineMs: number;
  /** Calls at a time, and waiting. */
  readonly calls: number;
  readonly queue: number;
  readonly streams: number;
  readonly webSockets: number;
  readonly answerBytes: number;
}

const defaultLimits: ConnectionLimits = {
  callDeadlineMs: 10_000,
  streamOpenDeadlineMs: 30_000,
  calls: 16,
  queue: 256,
  streams: 1_000,
  webSockets: 200,
  answerBytes: 32 * 1024 * 1024,
};

const longestRefusalBytes = 1024 * 1024;

type AnswerHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** Everything Meridian says to one cluster's API server goes through one of these. Made by `Connections`. */
export type KubernetesConnection = Omit<ApiServerConnection, 'dispose' | 'renew'>;

export class ApiServerConnection implements ClusterName {
  readonly clusterId: string;
  readonly clusterName: string;
  /** The user in whose name calls are made; null: Meridian's own account. See `actingAs`. */
  readonly actsAs: string | null = null;
  readonly #addressPolicy: AddressPolicy;
  readonly #limits: ConnectionLimits;
  readonly #guard: CallGuard;
  readonly #calls: Bulkhead;
  readonly #closed = new AbortController();
  readonly #onUnauthorized: () => void;
  #transport: Transport;
  #renewed = newSignal();
  #streams = 0;
  #webSockets = 0;

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
    this.#addressPolicy = options.addressPolicy;
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

  /** Aborts when there are new credentials: streams that can go on elsewhere without a gap open anew. */
  get renewed(): AbortSignal {
    return this.#renewed.signal;
  }

  /**
   * Uses these from now on. Calls and streams under way go on as they were begun: what is open, the API server does
   * not judge again.
   */
  renew(credentials: ClusterCredentials): void {
    const old = this.#transport;
    this.#transport = new Transport(credentials, this.#addressPolicy, this.#limits.calls);
    this.#guard.renewed();
    old.retire();
    const { abort } = this.#renewed;
    this.#renewed = newSignal();
    abort();
  }

  /** The answer's JSON. Rejects with a MeridianError; `statusOf(error)` gives the API server's own words. */
  async request<T>(request: KubernetesRequest): Promise<T> {
    return parseAnswer(await this.requestText(request), this) as T;
  }

  /** The same, for an answer that is text. */
  requestText(request: KubernetesRequest): Promise<string> {
    const deadlineMs = request.deadlineMs ?? this.#limits.callDeadlineMs;
    return this.#guard.run(deadlineMs, request.signal, async (signal) => {
      const place = this.#calls.enter(signal);
      if (!place) throw this.#tooMany('calls wait for');
      const leave = await place;
      try {
        return await this.#call(request, signal);
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
    if (this.#streams >= this.#limits.streams) throw this.#tooMany('streams are open from');
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
      return {
        status: response.statusCode,
        chunks: this.#chunks(response.body, controller),
        openedAt: this.#timeOf(response.headers),
      };
    } catch (error) {
      end();
      throw error;
    }
  }

  /**
   * Opens a WebSocket; resolves with what `prepare` made of it before it was open, when nothing could have come yet.
   * The deadline and the circuit breaker cover the time until it is open; after that it is the caller's.
   */
  async upgrade<T>(request: UpgradeRequest, prepare: (socket: WebSocket) => T): Promise<T> {
    if (this.#webSockets >= this.#limits.webSockets) throw this.#tooMany('sessions are open in');
    const explain = request.explain ?? ((error) => error);
    return this.#guard.run(this.#limits.callDeadlineMs, request.signal, async (signal) => {
      const { path, query, protocols, impersonate } = request;
      const socket = this.#transport.upgrade(path, query, protocols, impersonate);
      this.#webSockets++;
      socket.once('close', () => this.#webSockets--);
      const prepared = prepare(socket);
      await opened(socket, signal, ({ statusCode = 500, headers }, text) =>
        explain(this.#refused(statusCode, headers, text), text),
      );
      return prepared;
    });
  }

  health(): ConnectionHealth {
    return this.#guard.health();
  }

  /** Ends every call and stream with the reason. */
  async dispose(reason: MeridianError): Promise<void> {
    this.#closed.abort(reason);
    await this.#transport.destroy();
  }

  async #call(request: KubernetesRequest, signal: AbortSignal): Promise<string> {
    const send = async () => {
      const { statusCode, headers, body } = await this.#transport.call(this.#wire(request, signal));
      this.#timeOf(headers);
      if (statusCode >= 300) throw await this.#refusal(statusCode, headers, body);
      return readText(body, this.#limits.answerBytes, this);
    };
    return send().catch((error: unknown) => {
      // A kept connection may be closed by the server at the moment of use.
      const again = (request.idempotent ?? request.method === 'GET') && isBrokenConnection(error);
      if (!again || signal.aborted) throw error;
      return send();
    });
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

  #timeOf({ date }: AnswerHeaders): Date | null {
    const time = new Date(String(date));
    if (Number.isNaN(time.getTime())) return null;
    this.#guard.sawTime(time);
    return time;
  }

  async #refusal(
    code: number,
    headers: AnswerHeaders,
    body: AsyncIterable<Uint8Array>,
  ): Promise<MeridianError> {
    return this.#refused(code, headers, await readText(body, longestRefusalBytes, this).catch(() => ''));
  }

  #refused(code: number, headers: AnswerHeaders, text: string): MeridianError {
    if (code === 401) this.#onUnauthorized();
    return toMeridianError(parseStatus(code, text, headers['retry-after']), this);
  }

  #tooMany(what: string): MeridianError {
    return new RateLimitedError(`Too many ${what} cluster ${JSON.stringify(this.clusterName)}.`, 5);
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

/** A signal that any number of streams listen to. */
function newSignal(): { readonly signal: AbortSignal; readonly abort: () => void } {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal);
  return { signal: controller.signal, abort: () => controller.abort() };
}
