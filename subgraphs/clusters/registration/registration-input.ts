import type { Infrastructure } from '../cluster/infrastructure.js';
import type { CredentialsInput } from './credentials-input.js';

interface Idempotent {
  readonly idempotencyKey?: string | null;
}

interface Rehearsed {
  /** Look, and keep nothing. */
  readonly dryRun?: boolean | null;
}

interface Description {
  readonly displayName?: string | null;
  readonly location?: string | null;
  readonly ingressDomain?: string | null;
  readonly labels?: unknown;
}

export interface RegisterCluster extends Description, CredentialsInput, Idempotent, Rehearsed {
  readonly name: string;
  readonly infrastructure: Infrastructure;
  readonly impersonate?: boolean | null;
}

export interface UpdateCluster extends Description, Idempotent {
  readonly clusterId: string;
  readonly infrastructure?: Infrastructure | null;
  readonly impersonate?: boolean | null;
  readonly version?: number | null;
}

export interface RotateClusterCredentials extends CredentialsInput, Idempotent, Rehearsed {
  readonly clusterId: string;
}

export interface UnregisterCluster extends Idempotent {
  readonly clusterId: string;
  readonly force?: boolean | null;
}

export interface CheckCluster {
  readonly clusterId: string;
}
