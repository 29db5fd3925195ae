import type { Caller } from '../../shared/caller.js';
import type { Changes } from '../../shared/changes.js';
import type { Clock } from '../../shared/clock.js';
import { ConflictError } from '../../shared/errors.js';
import type { PermissionSet } from '../../shared/permissions.js';
import type { PublishedEnvironment } from '../../shared/published/environment.js';
import { changedMeanwhile } from '../../shared/versions.js';
import type { ClusterRepository } from '../cluster/cluster.repository.js';
import type { ClusterService } from '../cluster/cluster.service.js';
import type { ClusterView } from '../cluster/cluster-view.js';
import { auditTarget, type ManagedClusters } from './managed-cluster.js';
import type { UnregisterCluster } from './registration-input.js';

/** More are counted, not named. */
const mostNamed = 10;

/** Forgetting clusters. */
export class UnregistrationService {
  constructor(
    private readonly managed: ManagedClusters,
    private readonly clusters: Pick<ClusterRepository, 'find' | 'update'>,
    private readonly service: Pick<ClusterService, 'view'>,
    private readonly environments: { listByCluster(clusterId: string): Promise<PublishedEnvironment[]> },
    private readonly changes: Changes,
    private readonly clock: Pick<Clock, 'now'>,
  ) {}

  /**
   * Wipes the credentials from the row; every process then ends the cluster's calls and streams with NOT_FOUND and
   * forgets what it held. Gives the cluster as it was. Nothing is changed in the cluster itself.
   */
  async unregister(caller: Caller, input: UnregisterCluster): Promise<ClusterView> {
    const { clusters } = this;
    const { granted, signedIn, row } = await this.managed.require(
      caller,
      'clusters.unregister',
      input.clusterId,
    );
    const used = await this.environments.listByCluster(row.id);
    if (used.length > 0 && !input.force) throw inUse(used, granted);
    const before = this.service.view(row);
    const attempt = this.managed.attempt('unregisterCluster', input);
    await this.changes.run(signedIn, attempt, async ({ transaction, audit, notify }) => {
      const unregisteredAt = new Date(this.clock.now());
      const gone = { encryptedCredentials: null, unregisteredAt, updatedAt: unregisteredAt };
      const current = (await clusters.find(row.id, transaction)) ?? row;
      if (!(await clusters.update(current, gone, transaction)))
        throw changedMeanwhile('cluster', current.version);
      audit({
        ...auditTarget(row),
        changes: [{ path: 'environmentsLeftBehind', before: null, after: used.length }],
      });
      notify({ type: 'cluster.changed', clusterId: row.id });
      return row;
    });
    return before;
  }
}

/** Says how many there are, and which of them the caller may see. */
function inUse(used: readonly PublishedEnvironment[], granted: PermissionSet): ConflictError {
  const seen = used
    .filter((environment) => granted.allows('environments.read', environment))
    .map(
      ({ projectName, landscapeName, namespace }) =>
        `${projectName} in ${landscapeName} (namespace ${namespace})`,
    )
    .sort();
  const named = seen.slice(0, mostNamed);
  const more = seen.length - named.length;
  const hidden = used.length - seen.length;
  const list = [
    ...named,
    ...(more > 0 ? [`${more} more`] : []),
    ...(hidden > 0 ? [`${hidden} that you may not see`] : []),
  ].join(', ');
  const count = used.length === 1 ? 'There is 1 environment' : `There are ${used.length} environments`;
  return new ConflictError(
    `${count} on the cluster: ${list}. Delete them first, or give force: true to leave them behind.`,
    { field: ['input', 'force'] },
  );
}
