import type { Infrastructure } from '../cluster/infrastructure.js';
import type { CredentialsInput } from './credentials-input.js';

interface Idempotent {
  readonly idempotencyKey?: string | null;
}

interface Description {
  readonly displayName?: string | null;
  readonly location?: string | null;
  readonly ingressDomain?: string | null;
  readonly labels?: unknown;
}

export interface RegisterCluster extends Description, CredentialsInput, Idempotent {
  readonly name: string;
  readonly infrastructure: Infrastructure;
}

export interface UpdateCluster extends Description, Idempotent {
  readonly clusterId: string;
  readonly infrastructure?: Infrastructure | null;
  readonly version?: number | null;
}

export interface RotateClusterCredentials extends CredentialsInput, Idempotent {
  readonly clusterId: string;
}

export interface UnregisterCluster extends Idempotent {
  readonly clusterId: string;
  readonly force?: boolean | null;
}
