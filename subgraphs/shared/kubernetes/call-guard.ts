import type { Clock } from '../clock.js';
import {
  ClusterAuthFailedError,
  ClusterUnavailableError,
  type ErrorCode,
  type MeridianError,
  TimeoutError,
} from '../errors.js';
import { CircuitBreaker, type CircuitState, type Permit } from './circuit-breaker.js';
import { withDeadline } from './deadline.js';
import { CircuitOpenError, type ClusterName, statusOf } from './errors.js';
import { toTransportError } from './transport-errors.js';

/** What the calls to a cluster tell of it. */
export interface ConnectionHealth {
  /** When it last answered anything. */
  readonly lastSeenAt: Date | null;
  /** Of the last answered call. */
  readonly latencyMs: number | null;
  /** Why it last did not answer, or refused the credentials. */
  readonly lastError: { readonly at: Date; readonly code: ErrorCode; readonly message: string } | null;
  readonly circuit: CircuitState;
  /** How far its clock is ahead of ours, to about a second; null before the first answer. */
  readonly clockSkewMs: number | null;
}

/** New credentials are told by `renewed`: asking more often would only fill the cluster's audit log. */
const refusedForMs = 30_000;

/** Deadline and circuit breaker around every call to one cluster, and what is learned from their outcomes. */
export class CallGuard {
  readonly #cluster: ClusterName;
  readonly #clock: Clock;
  readonly #closed: AbortSignal;
  readonly #circuit: CircuitBreaker;
  #lastSeenAt: number | null = null;
  #latencyMs: number | null = null;
  #lastError: ConnectionHealth['lastError'] = null;
  /** Of a call that had no answer: what an open circuit tells. */
  #lastFailure: MeridianError;
  #clockSkewMs: number | null = null;
  /** Raised by new credentials: what calls with earlier ones learn of them does not count. */
  #generation = 0;
  /** Why, and until when, nothing is sent with credentials that were refused. */
  #refused: { readonly error: ClusterAuthFailedError; until: number } | null = null;

  /** @param closed aborts, with its reason, when no call may go on */
  constructor(cluster: ClusterName, clock: Clock, closed: AbortSignal) {
    this.#cluster = cluster;
    this.#clock = clock;
    this.#closed = closed;
    this.#circuit = new CircuitBreaker({ clock });
    this.#lastFailure = new ClusterUnavailableError(
      cluster.clusterId,
      `Cluster ${JSON.stringify(cluster.clusterName)} does not answer.`,
    );
  }

  health(): ConnectionHealth {
    return {
      lastSeenAt: this.#lastSeenAt === null ? null : new Date(this.#lastSeenAt),
      latencyMs: this.#latencyMs,
      lastError: this.#lastError,
      circuit: this.#circuit.state,
      clockSkewMs: this.#clockSkewMs,
    };
  }

  /** Throws CircuitOpenError at once while the circuit is open, ClusterAuthFailedError after a 401. */
  #admit(): Permit {
    if (this.#refused) {
      const now = this.#clock.now();
      if (now < this.#refused.until) throw this.#refused.error;
      // One may try.
      this.#refused.until = now + refusedForMs;
    }
    const permit = this.#circuit.admit();
    if (permit) return permit;
    throw new CircuitOpenError(this.#cluster.clusterId, this.#lastFailure);
  }

  /** A sign of life outside a call, such as a byte of a watch. */
  alive(): void {
    this.#circuit.answered();
    this.#lastSeenAt = this.#clock.now();
  }

  /** There are new credentials: that the earlier ones were refused says nothing of them. */
  renewed(): void {
    this.#generation++;
    this.#refused = null;
  }

  /** What the cluster says the time is, in an answer that just came. */
  sawTime(time: Date): void {
    this.#clockSkewMs = time.getTime() - this.#clock.now();
  }

  /** Runs with a signal that aborts at the deadline. What it throws becomes a MeridianError. */
  async run<T>(
    deadlineMs: number,
    caller: AbortSignal | undefined,
    call: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const permit = this.#admit();
    const generation = this.#generation;
    const startedAt = this.#clock.now();
    const timedOut = () =>
      new TimeoutError(
        `Cluster ${JSON.stringify(this.#cluster.clusterName)} did not answer within ${deadlineMs / 1000} s.`,
        { clusterId: this.#cluster.clusterId },
      );
    try {
      const result = await withDeadline(deadlineMs, [caller, this.#closed], timedOut, call);
      permit.answered();
      if (generation === this.#generation) this.#refused = null;
      this.#lastSeenAt = this.#clock.now();
      this.#latencyMs = this.#lastSeenAt - startedAt;
      return result;
    } catch (error) {
      if (this.#closed.aborted || caller?.aborted) {
        permit.abandoned();
        throw this.#closed.aborted ? (this.#closed.reason as Error) : error;
      }
      const known = toTransportError(error, this.#cluster);
      this.#learn(known, permit, generation);
      throw known;
    }
  }

  #learn(error: MeridianError, permit: Permit, generation: number): void {
    const answered = statusOf(error) !== undefined;
    const down = error instanceof TimeoutError || error instanceof ClusterUnavailableError;
    if (answered) {
      permit.answered();
      this.#lastSeenAt = this.#clock.now();
    } else if (down) {
      permit.failed(error instanceof TimeoutError);
      this.#lastFailure = error;
    } else permit.abandoned();
    if (generation !== this.#generation) return;
    if (error instanceof ClusterAuthFailedError) {
      this.#refused = { error, until: this.#clock.now() + refusedForMs };
    } else if (answered) this.#refused = null;
    if (down || error instanceof ClusterAuthFailedError) {
      this.#lastError = { at: new Date(this.#clock.now()), code: error.code, message: error.message };
    }
  }
}
