import { type ClusterWarning, permissionWarnings } from '../registration/cluster-warning.js';
import { type ClusterState, unregistered } from '../status/cluster-state.js';
import type { ClusterEntity } from './cluster.entity.js';

/** A cluster's row with what the monitor knows of it: what the API shows. */
export interface ClusterView
  extends Omit<
      ClusterEntity,
      'encryptedCredentials' | 'kubernetesVersion' | 'missingRights' | 'rightsCheckedAt'
    >,
    Omit<ClusterState, 'error'> {
  readonly permissionWarnings: readonly ClusterWarning[];
  readonly permissionsCheckedAt: Date | null;
  readonly observed: {
    readonly cluster: { readonly id: string };
    readonly observedAt: Date | null;
    readonly stale: boolean;
    readonly error: { code: NonNullable<ClusterState['error']>['code']; message: string } | null;
  };
}

export function clusterView(row: ClusterEntity, monitored: ClusterState): ClusterView {
  const { error, ...state } = row.unregisteredAt ? unregistered : monitored;
  const { encryptedCredentials: _, missingRights, rightsCheckedAt, ...fields } = row;
  return {
    ...fields,
    ...state,
    kubernetesVersion: state.kubernetesVersion ?? row.kubernetesVersion,
    permissionWarnings: rightsCheckedAt === null ? [] : permissionWarnings(missingRights, row),
    permissionsCheckedAt: rightsCheckedAt,
    observed: {
      cluster: { id: row.id },
      observedAt: state.lastSeenAt,
      stale: state.status !== 'READY' && state.status !== 'DEGRADED',
      error,
    },
  };
}
