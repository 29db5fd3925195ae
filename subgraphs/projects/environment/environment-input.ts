import type { QuotaChange } from './quota.js';

interface Idempotent {
  readonly idempotencyKey?: string | null;
}

export interface CreateEnvironment extends Idempotent {
  readonly projectId: string;
  /** By name. */
  readonly landscape: string;
  readonly clusterId: string;
  readonly quota?: QuotaChange | null;
}

export interface UpdateQuota extends Idempotent {
  readonly environmentId: string;
  readonly quota: QuotaChange;
  readonly version?: number | null;
}

export interface DeleteEnvironment extends Idempotent {
  readonly environmentId: string;
  readonly confirm?: string | null;
}
