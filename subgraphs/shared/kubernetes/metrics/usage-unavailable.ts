import { MeridianError } from '../../errors.js';
import { statusOf } from '../errors.js';

export const usageUnavailableReasons = {
  NOT_INSTALLED: 'The cluster serves no metrics.k8s.io: install metrics-server, or another that serves it.',
  NOT_ALLOWED: "Meridian's account may not list nodes and pods of metrics.k8s.io in the cluster.",
  NOT_WORKING: 'metrics.k8s.io is registered in the cluster, but what serves it does not answer.',
  CLUSTER_UNAVAILABLE: 'The cluster does not answer now: a use of some time ago says nothing.',
  NOT_MEASURED:
    'The cluster measures, but has no figures of this one (yet): it just started, or does not run.',
} as const;

export type UsageUnavailableReason = keyof typeof usageUnavailableReasons;

/** Why there are no figures. */
export interface UsageUnavailableValue {
  readonly reason: UsageUnavailableReason;
  readonly message: string;
}

export const usageUnavailable = (
  reason: UsageUnavailableReason,
  message?: string,
): UsageUnavailableValue => ({
  reason,
  message: message ?? usageUnavailableReasons[reason],
});

/** Without an answer, the cluster is the problem; with one, it is metrics.k8s.io (kubernetes-captures 16). */
export function whyUnavailable(error: unknown): UsageUnavailableValue {
  const status = statusOf(error);
  if (!status) {
    return usageUnavailable(
      'CLUSTER_UNAVAILABLE',
      error instanceof MeridianError ? error.message : undefined,
    );
  }
  if (status.code === 404) return usageUnavailable('NOT_INSTALLED');
  if (status.code === 403) return usageUnavailable('NOT_ALLOWED');
  if (status.code === 401) return usageUnavailable('CLUSTER_UNAVAILABLE', (error as Error).message);
  return usageUnavailable('NOT_WORKING');
}
