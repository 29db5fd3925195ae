import { type ClusterState, unregistered } from '../status/cluster-state.js';
import type { ClusterEntity } from './cluster.entity.js';

/** A cluster's row with what the monitor knows of it: what the API shows. */
export interface ClusterView
  extends Omit<ClusterEntity, 'encryptedCredentials' | 'kubernetesVersion'>,
    Omit<ClusterState, 'error'> {
  readonly observed: {
    readonly cluster: { readonly id: string };
    readonly observedAt: Date | null;
    readonly stale: boolean;
    readonly error: { code: NonNullable<ClusterState['error']>['code']; message: string } | null;
  };
}

export function clusterView(row: ClusterEntity, monitored: ClusterState): ClusterView {
  const { error, ...state } = row.unregisteredAt ? unregistered : monitored;
  const { encryptedCredentials: _, ...fields } = row;
  return {
    ...fields,
    ...state,
    kubernetesVersion: state.kubernetesVersion ?? row.kubernetesVersion,
    observed: {
      cluster: { id: row.id },
      observedAt: state.lastSeenAt,
      stale: state.status !== 'READY' && state.status !== 'DEGRADED',
      error,
    },
  };
}
