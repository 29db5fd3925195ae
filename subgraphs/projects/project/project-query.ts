import type { OrderDirection } from '../../shared/order-direction.js';

export type ProjectOrderField = 'NAME' | 'DISPLAY_NAME' | 'CREATED_AT';

/** A list of projects as asked for. */
export interface ProjectQuery {
  readonly first?: number | null;
  readonly after?: string | null;
  readonly filter?: { readonly name?: string | null; readonly search?: string | null } | null;
  readonly orderBy?: { readonly field: ProjectOrderField; readonly direction?: OrderDirection | null } | null;
}

export interface CreateProject {
  readonly name: string;
  readonly displayName?: string | null;
  readonly description?: string | null;
  readonly idempotencyKey?: string | null;
}

export interface UpdateProject {
  readonly projectId: string;
  readonly displayName?: string | null;
  readonly description?: string | null;
  readonly version?: number | null;
  readonly idempotencyKey?: string | null;
}

export interface DeleteProject {
  readonly projectId: string;
  readonly idempotencyKey?: string | null;
}
