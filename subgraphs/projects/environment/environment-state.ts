import type { ErrorCode } from '../../shared/errors.js';
import type { ObservationView } from '../../shared/observation.type.js';
import type { EnvironmentEntity } from './environment.entity.js';
import type { ObservedNamespace } from './environment-observer.client.js';

export const environmentStatuses = {
  CREATING: 'Its namespace is being made.',
  READY: 'Its namespace is there.',
  TERMINATING: 'It is being deleted with everything in it.',
  UNKNOWN: 'Its namespace was never read, or is not there: see observed.',
} as const;

export type EnvironmentStatus = keyof typeof environmentStatuses;

/** What is wanted and what is there, as one word. Never READY unless the namespace was seen. */
export function environmentStatus(
  { id, state }: Pick<EnvironmentEntity, 'id' | 'state'>,
  { owner, known }: Pick<ObservedNamespace, 'owner' | 'known'>,
): EnvironmentStatus {
  if (state === 'DELETING') return 'TERMINATING';
  if (state === 'CREATING') return 'CREATING';
  if (!known || owner?.environmentId !== id) return 'UNKNOWN';
  return owner.terminating ? 'TERMINATING' : 'READY';
}

export function toObservation(
  { id, state, clusterId, namespace }: Pick<EnvironmentEntity, 'id' | 'state' | 'clusterId' | 'namespace'>,
  { owner, known, observation }: ObservedNamespace,
): ObservationView {
  const missing = state === 'READY' && known && owner?.environmentId !== id;
  return {
    cluster: { id: clusterId },
    observedAt: observation.observedAt,
    stale: observation.stale,
    error: observation.error
      ? { code: observation.error.code as ErrorCode, message: observation.error.message }
      : missing
        ? {
            code: 'NOT_FOUND',
            message: `The cluster has no namespace ${JSON.stringify(namespace)} of this environment.`,
          }
        : null,
  };
}
