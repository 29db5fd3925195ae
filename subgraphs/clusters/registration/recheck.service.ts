import type { Caller } from '../../shared/caller.js';
import type { Changes } from '../../shared/changes.js';
import type { Clock } from '../../shared/clock.js';
import type { ClusterEntity } from '../cluster/cluster.entity.js';
import type { ClusterRepository } from '../cluster/cluster.repository.js';
import type { ClusterService } from '../cluster/cluster.service.js';
import { type CheckedCluster, reportOf, warningsOf } from './checked-cluster.js';
import { type ClusterCheckClient, ClusterRefusedError, type UsableCluster } from './cluster-check.client.js';
import type { CredentialsVault } from './credentials-vault.js';
import { auditTarget, type ManagedClusters } from './managed-cluster.js';
import type { CheckCluster } from './registration-input.js';

/** Looking again, because somebody asks, at a cluster that is registered. */
export class RecheckService {
  constructor(
    private readonly dependencies: {
      readonly managed: ManagedClusters;
      readonly clusters: Pick<ClusterRepository, 'find' | 'findCredentials' | 'setRights'>;
      readonly service: Pick<ClusterService, 'view'>;
      readonly check: Pick<ClusterCheckClient, 'lookAgain'>;
      readonly vault: CredentialsVault;
      readonly changes: Changes;
      readonly clock: Pick<Clock, 'now'>;
    },
  ) {}

  /** What is found is kept. A cluster that can't be used now is an answer, not a refusal; what was known stays. */
  async recheck(caller: Caller, input: CheckCluster): Promise<CheckedCluster> {
    const { managed, service, check } = this.dependencies;
    const { signedIn, row } = await managed.require(caller, 'clusters.update', input.clusterId);
    const options = { impersonate: row.impersonate };
    const found = await check.lookAgain(row.id, options).catch((error: unknown) => {
      if (error instanceof ClusterRefusedError) return error;
      throw error;
    });
    if (found instanceof ClusterRefusedError) {
      return { cluster: service.view(row), check: found.report, warnings: [] };
    }
    const kept = await this.#keep(signedIn, row, found);
    return {
      cluster: service.view(kept),
      check: reportOf(found),
      warnings: warningsOf(found, { ...options, insecureSkipTlsVerify: await this.#skipsTls(row.id) }),
    };
  }

  #keep(
    signedIn: Parameters<Changes['run']>[0],
    row: ClusterEntity,
    found: UsableCluster,
  ): Promise<ClusterEntity> {
    const { changes, clusters, clock } = this.dependencies;
    const now = new Date(clock.now());
    return changes.run(signedIn, { action: 'checkCluster' }, async ({ transaction, audit, notify }) => {
      await clusters.setRights(row.id, { missingRights: found.rights, rightsCheckedAt: now }, transaction);
      audit({ ...auditTarget(row), changes: [] });
      notify({ type: 'cluster.changed', clusterId: row.id });
      return { ...row, missingRights: found.rights, rightsCheckedAt: now };
    });
  }

  async #skipsTls(id: string): Promise<boolean> {
    const { clusters, vault } = this.dependencies;
    const sealed = await clusters.findCredentials(id);
    return sealed !== null && (vault.open(sealed, id).insecureSkipTlsVerify ?? false);
  }
}
