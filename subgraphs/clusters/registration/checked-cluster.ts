import type { ClusterCredentials } from '../../shared/kubernetes/cluster-credentials.js';
import type { ClusterView } from '../cluster/cluster-view.js';
import type { ClusterReport, UsableCluster } from './cluster-check.client.js';
import { type ClusterWarning, permissionWarnings, tlsNotVerified } from './cluster-warning.js';

/** The outcome of a mutation that looked at a cluster. */
export interface CheckedCluster {
  /** Null after a dry run of a registration. */
  readonly cluster: ClusterView | null;
  readonly check: ClusterReport;
  readonly warnings: readonly ClusterWarning[];
}

export const reportOf = ({ kubernetesVersion, account, latencyMs }: UsableCluster): ClusterReport => ({
  kubernetesVersion,
  account,
  latencyMs,
  problem: null,
  message: null,
});

/** What works only in part with these credentials. */
export const warningsOf = (
  { rights }: UsableCluster,
  options: { readonly impersonate: boolean; readonly insecureSkipTlsVerify: boolean },
): ClusterWarning[] => [
  ...(options.insecureSkipTlsVerify ? [tlsNotVerified] : []),
  ...permissionWarnings(rights, options),
];

/** Does every connection with these credentials prove who the server is? */
export const isTlsVerified = ({ server, insecureSkipTlsVerify }: ClusterCredentials): boolean =>
  server.startsWith('https:') && insecureSkipTlsVerify !== true;
