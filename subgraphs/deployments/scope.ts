import type { Scope } from '../shared/permission-scope.js';

/** What a service, and everything below it, belongs to: the target of the data permission. */
export interface ServiceScope {
  readonly projectId: string;
  readonly landscapeId: string;
  readonly clusterId: string;
  readonly applicationId: string;
}

export const scopeOf = (row: ServiceScope): Scope & ServiceScope => ({
  projectId: row.projectId,
  landscapeId: row.landscapeId,
  clusterId: row.clusterId,
  applicationId: row.applicationId,
});
