import type { Readable } from 'node:stream';
import type { ErrorCode } from '../errors.js';
import type { ApiPath } from './api-path.js';

export type QueryValue = string | number | boolean | readonly string[] | undefined;
export interface KubernetesRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: ApiPath;
  readonly query?: Readonly<Record<string, QueryValue>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  readonly contentType?: string;
  readonly deadlineMs?: number;
  readonly signal?: AbortSignal | undefined;
  /** May be sent a second time when the connection broke before an answer. Default: GET only. */
  readonly idempotent?: boolean;
}
export interface KubernetesStream {
  readonly status: number;
  readonly body: Readable;
}
export interface ConnectionHealth {
  readonly lastSeenAt: Date | null;
  /** Of the last answered call. */
  readonly latencyMs: number | null;
  readonly lastError: { readonly at: Date; readonly code: ErrorCode; readonly message: string } | null;
  readonly circuit: 'CLOSED' | 'OPEN' | 'HALF_OPEN';
}
export class KubernetesConnection {
  readonly clusterId: string;
  readonly clusterName: string;
  /** The answer's JSON. Rejects with a MeridianError; `statusOf(error)` is the API server's Status. */
  request<T>(_request: KubernetesRequest): Promise<T> {
    throw new Error('being written');
  }
  stream(_request: KubernetesRequest): Promise<KubernetesStream> {
    throw new Error('being written');
  }
  health(): ConnectionHealth {
    throw new Error('being written');
  }
}
