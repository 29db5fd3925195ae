import type { OrderDirection } from '../../shared/order-direction.js';
import type { ClusterStatus } from '../status/cluster-state.js';
import type { Infrastructure } from './infrastructure.js';

export type ClusterOrderField =
  | 'NAME'
  | 'DISPLAY_NAME'
  | 'CREATED_AT'
  | 'LOCATION'
  | 'INFRASTRUCTURE'
  | 'STATUS';

/** A list of clusters as asked for. */
export interface ClusterQuery {
  readonly first?: number | null;
  readonly after?: string | null;
  readonly filter?: {
    readonly name?: string | null;
    readonly search?: string | null;
    readonly infrastructure?: readonly Infrastructure[] | null;
    readonly location?: readonly string[] | null;
    readonly landscape?: readonly string[] | null;
    readonly status?: readonly ClusterStatus[] | null;
    readonly labels?: unknown;
  } | null;
  readonly orderBy?: { readonly field: ClusterOrderField; readonly direction?: OrderDirection | null } | null;
}
