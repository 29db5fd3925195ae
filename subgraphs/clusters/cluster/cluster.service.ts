import type { Caller } from '../../shared/caller.js';
import { BadUserInputError } from '../../shared/errors.js';
import { isId } from '../../shared/ids.js';
import { requireLabelName } from '../../shared/kubernetes/names.js';
import type { Permissions } from '../../shared/permissions.js';
import type { ClusterMonitor } from '../status/cluster-monitor.js';
import type { ClusterEntity } from './cluster.entity.js';
import type { ClusterRepository } from './cluster.repository.js';
import { type ClusterView, clusterView } from './cluster-view.js';
import type { ClusterVisibility } from './cluster-visibility.js';

/** Reading single clusters. */
export class ClusterService {
  constructor(
    private readonly clusters: ClusterRepository,
    private readonly visibility: ClusterVisibility,
    private readonly monitor: Pick<ClusterMonitor, 'stateOf'>,
    private readonly permissions: Pick<Permissions, 'of'>,
  ) {}

  async find(
    caller: Caller,
    key: { id?: string | null; name?: string | null },
  ): Promise<ClusterView | undefined> {
    const permissions = await this.permissions.of(caller);
    permissions.requireFunctional('clusters.read');
    if ((key.id == null) === (key.name == null)) {
      throw BadUserInputError.at(['id'], 'Give either the id or the name of the cluster.');
    }
    const row =
      key.name == null
        ? isId('cluster', key.id ?? '') && (await this.clusters.find(key.id ?? ''))
        : await this.clusters.findByName(requireLabelName(key.name, ['name'], 'cluster'));
    if (!row || !(await this.visibility.visible(permissions, [row.id])).has(row.id)) return undefined;
    return this.view(row);
  }

  /** Those of the ids that exist and that the caller may know of, by id; unregistered ones included. */
  async mapByIds(caller: Caller, ids: readonly string[]): Promise<Map<string, ClusterView>> {
    const permissions = await this.permissions.of(caller);
    const known = ids.filter((id) => isId('cluster', id));
    if (known.length === 0) return new Map();
    const visible = await this.visibility.visible(permissions, known);
    const rows = await this.clusters.listByIds([...visible]);
    return new Map(rows.map((row) => [row.id, this.view(row)]));
  }

  /** Registered ones that the caller may know of. */
  async listVisibleIds(caller: Caller): Promise<string[]> {
    const permissions = await this.permissions.of(caller);
    return [...(await this.visibility.visible(permissions, await this.clusters.listIds()))];
  }

  view(row: ClusterEntity): ClusterView {
    return clusterView(row, this.monitor.stateOf(row.id));
  }
}
