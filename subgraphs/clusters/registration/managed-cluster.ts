import type { Caller, SignedInCaller } from '../../shared/caller.js';
import type { Attempt, Change } from '../../shared/changes.js';
import { NotFoundError } from '../../shared/errors.js';
import { isId } from '../../shared/ids.js';
import type { PermissionName } from '../../shared/permission-names.js';
import type { PermissionSet, Permissions } from '../../shared/permissions.js';
import type { ClusterEntity } from '../cluster/cluster.entity.js';
import type { ClusterRepository } from '../cluster/cluster.repository.js';
import type { ClusterVisibility } from '../cluster/cluster-visibility.js';

/** What every change of a registered cluster begins with. */
export class ManagedClusters {
  constructor(
    private readonly clusters: Pick<ClusterRepository, 'find' | 'listByIds'>,
    private readonly visibility: Pick<ClusterVisibility, 'visible'>,
    private readonly permissions: Pick<Permissions, 'of'>,
  ) {}

  /** The cluster that the caller may do this to. One that they may not know of is as absent. */
  async require(
    caller: Caller,
    permission: PermissionName,
    id: string,
  ): Promise<{ granted: PermissionSet; signedIn: SignedInCaller; row: ClusterEntity }> {
    const granted = await this.permissions.of(caller);
    granted.requireFunctional(permission);
    const row = isId('cluster', id) ? await this.clusters.find(id) : null;
    const visible = row !== null && (await this.visibility.visible(granted, [id])).has(id);
    if (!row || !visible) throw new NotFoundError('Cluster', id, ['input', 'clusterId']);
    granted.require(permission, { clusterId: id });
    return { granted, signedIn: granted.caller, row };
  }

  /** The mutation of this name; repeated with its idempotency key it gives the cluster that it made or changed. */
  attempt(action: string, input: { readonly idempotencyKey?: string | null }): Attempt<ClusterEntity> {
    return {
      action,
      idempotency: {
        key: input.idempotencyKey,
        input,
        replay: async (id: string, transaction: Change['transaction']): Promise<ClusterEntity> => {
          const [row] = await this.clusters.listByIds([id], transaction);
          if (!row) throw new Error(`cluster ${id} of an earlier ${action} is not there`);
          return row;
        },
      },
    };
  }
}

/** What an audit event of a cluster is about. */
export const auditTarget = (row: Pick<ClusterEntity, 'id' | 'name'>) => ({
  targetType: 'Cluster',
  targetId: row.id,
  targetName: row.name,
});
