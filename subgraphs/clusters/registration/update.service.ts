import type { Caller } from '../../shared/caller.js';
import { changedFields } from '../../shared/changed-fields.js';
import type { Changes } from '../../shared/changes.js';
import type { Clock } from '../../shared/clock.js';
import { changedMeanwhile, requireVersion } from '../../shared/versions.js';
import type { ClusterEntity } from '../cluster/cluster.entity.js';
import type { ClusterRepository } from '../cluster/cluster.repository.js';
import type { ClusterService } from '../cluster/cluster.service.js';
import type { ClusterView } from '../cluster/cluster-view.js';
import { changesOf } from './cluster-description.js';
import { auditTarget, type ManagedClusters } from './managed-cluster.js';
import type { UpdateCluster } from './registration-input.js';

/** Changing what describes a cluster. Its connection and the streams on it stay. */
export class UpdateService {
  constructor(
    private readonly managed: ManagedClusters,
    private readonly clusters: Pick<ClusterRepository, 'find' | 'update'>,
    private readonly service: Pick<ClusterService, 'view'>,
    private readonly changes: Changes,
    private readonly clock: Pick<Clock, 'now'>,
  ) {}

  async update(caller: Caller, input: UpdateCluster): Promise<ClusterView> {
    const { clusters } = this;
    const { signedIn, row } = await this.managed.require(caller, 'clusters.update', input.clusterId);
    const named = changesOf(input);
    // Impersonation needs rights that nobody has asked for yet: the rights monitor asks now.
    const fields = named.impersonate && !row.impersonate ? { ...named, rightsCheckedAt: null } : named;
    const attempt = this.managed.attempt('updateCluster', input);
    const updated = await this.changes.run(signedIn, attempt, async (change) => {
      const current = (await clusters.find(row.id, change.transaction)) ?? row;
      requireVersion('cluster', current, input.version);
      const updatedAt = new Date(this.clock.now());
      if (!(await clusters.update(current, { ...fields, updatedAt }, change.transaction))) {
        throw changedMeanwhile(
          'cluster',
          ((await clusters.find(row.id, change.transaction)) ?? current).version,
        );
      }
      change.audit({ ...auditTarget(row), changes: changedFields(pick(current, named), named) });
      change.notify({ type: 'cluster.changed', clusterId: row.id });
      return { ...current, ...fields, updatedAt, version: current.version + 1 };
    });
    return this.service.view(updated);
  }
}

const pick = (row: ClusterEntity, fields: Partial<ClusterEntity>): object =>
  Object.fromEntries(Object.keys(fields).map((name) => [name, row[name as keyof ClusterEntity]]));
