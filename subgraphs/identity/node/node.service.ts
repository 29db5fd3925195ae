import type { Caller } from '../../shared/caller.js';
import type { PermissionName } from '../../shared/permission-names.js';
import type { Scope } from '../../shared/permission-scope.js';
import type { PermissionSet, Permissions } from '../../shared/permissions.js';
import type { PublishedEnvironments } from '../../shared/published/environment.js';
import {
  type PublishedRecordScopes,
  type RecordKind,
  recordKindOf,
} from '../../shared/published/record-scope.js';
import { seenThroughEnvironments } from '../../shared/seen-through-environments.js';
import type { NodeValue } from './node.type.js';
import type { OwnRecords } from './own-records.js';

/** What it takes to see a record; null where it is common knowledge of everybody who is signed in. */
const kinds: Readonly<Record<RecordKind, { typeName: string; read: PermissionName | null }>> = {
  cluster: { typeName: 'Cluster', read: 'clusters.read' },
  landscape: { typeName: 'Landscape', read: null },
  project: { typeName: 'Project', read: 'projects.read' },
  environment: { typeName: 'Environment', read: 'environments.read' },
  application: { typeName: 'Application', read: 'applications.read' },
  service: { typeName: 'Service', read: 'services.read' },
  deployment: { typeName: 'Deployment', read: 'deployments.read' },
  instance: { typeName: 'Instance', read: 'instances.read' },
};

/** Finds any object by its global id. */
export class NodeService {
  constructor(
    private readonly permissions: Pick<Permissions, 'of'>,
    private readonly own: OwnRecords,
    private readonly records: PublishedRecordScopes,
    private readonly environments: PublishedEnvironments,
  ) {}

  /** Undefined when absent or when the caller may not see it. Of other subgraphs' objects it has the id alone. */
  async find(caller: Caller, id: string): Promise<NodeValue | undefined> {
    const permissions = await this.permissions.of(caller);
    const kind = recordKindOf(id);
    if (!kind) return (await this.own.find(caller, id))?.node;
    const record = await this.records.find(id);
    // Asked also when there is none: the time must not tell what is absent from what is hidden.
    const maySee = await this.#maySee(permissions, kind, id, record?.scope ?? {});
    return record && maySee ? { __typename: kinds[kind].typeName, id } : undefined;
  }

  async #maySee(permissions: PermissionSet, kind: RecordKind, id: string, scope: Scope): Promise<boolean> {
    const { read } = kinds[kind];
    if (read === null || permissions.allows(read, scope)) return true;
    if (!permissions.has('environments.read')) return false;
    switch (kind) {
      case 'cluster': {
        const environments = await this.environments.listByCluster(id);
        return seenThroughEnvironments(permissions, 'clusterId', environments).has(id);
      }
      case 'project': {
        const environments = await this.environments.listByProjects([id]);
        return seenThroughEnvironments(permissions, 'projectId', environments).has(id);
      }
      default:
        return false;
    }
  }
}
