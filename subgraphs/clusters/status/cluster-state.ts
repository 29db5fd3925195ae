import type { ErrorCode, MeridianError } from '../../shared/errors.js';
import type { ClusterProblem } from './cluster-problem.js';

export const clusterStatuses = {
  READY: 'It answers and says that it is ready.',
  DEGRADED: 'It answers, but says that part of it is not ready.',
  UNREACHABLE: 'It does not answer.',
  CREDENTIALS_REJECTED: "It answers, but refuses Meridian's credentials.",
  UNKNOWN: 'It was not asked yet, or is not registered any more.',
} as const;

export type ClusterStatus = keyof typeof clusterStatuses;

/** The order of attention. */
export const statusesWorstFirst: readonly ClusterStatus[] = [
  'UNREACHABLE',
  'CREDENTIALS_REJECTED',
  'DEGRADED',
  'UNKNOWN',
  'READY',
];

/** What the last look at a cluster found. */
export interface ClusterState {
  readonly status: ClusterStatus;
  /** For a person; null when all is well. */
  readonly statusReason: string | null;
  /** The same for a program. */
  readonly problem: ClusterProblem | null;
  readonly lastSeenAt: Date | null;
  readonly latencyMs: number | null;
  readonly kubernetesVersion: string | null;
  readonly error: { readonly code: ErrorCode; readonly message: string } | null;
}

export const notYetAsked: ClusterState = {
  status: 'UNKNOWN',
  statusReason: 'The cluster was not asked yet.',
  problem: null,
  lastSeenAt: null,
  latencyMs: null,
  kubernetesVersion: null,
  error: null,
};

export const unregistered: ClusterState = {
  ...notYetAsked,
  statusReason: 'The cluster was unregistered.',
  error: { code: 'NOT_FOUND', message: 'The cluster was unregistered.' },
};

/** What a cluster answered. `problem` is what keeps it from being ready, in its own words. */
export interface ProbeAnswer {
  readonly kubernetesVersion: string;
  readonly latencyMs: number;
  readonly problem: string | null;
}

export const answered = (answer: ProbeAnswer, at: Date): ClusterState => ({
  status: answer.problem === null ? 'READY' : 'DEGRADED',
  statusReason: answer.problem,
  problem: answer.problem === null ? null : 'NOT_READY',
  lastSeenAt: at,
  latencyMs: answer.latencyMs,
  kubernetesVersion: answer.kubernetesVersion,
  error: null,
});

/** What was known stays; only the status and its reason say that it is old. */
export const failed = (
  previous: ClusterState,
  error: Pick<MeridianError, 'code' | 'message'>,
  problem: ClusterProblem,
): ClusterState => ({
  ...previous,
  status: error.code === 'CLUSTER_AUTH_FAILED' ? 'CREDENTIALS_REJECTED' : 'UNREACHABLE',
  statusReason: error.message,
  problem,
  latencyMs: null,
  error: { code: error.code, message: error.message },
});

/** Is a call worth waiting for? False once a look has failed, until one succeeds. */
export const mayAnswer = (state: ClusterState): boolean =>
  state.status !== 'UNREACHABLE' && state.status !== 'CREDENTIALS_REJECTED' && state.error === null;

/** Latency and time alone are no news. */
export const isNews = (before: ClusterState, after: ClusterState): boolean =>
  before.status !== after.status ||
  before.statusReason !== after.statusReason ||
  before.problem !== after.problem ||
  before.kubernetesVersion !== after.kubernetesVersion;
