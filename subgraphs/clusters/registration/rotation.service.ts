import type { Caller } from '../../shared/caller.js';
import type { Changes } from '../../shared/changes.js';
import type { Clock } from '../../shared/clock.js';
import type { AddressPolicy } from '../../shared/kubernetes/address-policy.js';
import { changedMeanwhile } from '../../shared/versions.js';
import type { ClusterEntity } from '../cluster/cluster.entity.js';
import type { ClusterRepository } from '../cluster/cluster.repository.js';
import type { ClusterService } from '../cluster/cluster.service.js';
import { type CheckedCluster, isTlsVerified, reportOf, warningsOf } from './checked-cluster.js';
import type { ClusterCheckClient, UsableCluster } from './cluster-check.client.js';
import {
  type CredentialsInput,
  type GivenCredentials,
  readCredentials,
  readNewCredentials,
} from './credentials-input.js';
import type { CredentialsVault } from './credentials-vault.js';
import { auditTarget, type ManagedClusters } from './managed-cluster.js';
import type { RotateClusterCredentials } from './registration-input.js';

/** Replacing credentials: they are looked at first, and only then are the old ones left. */
export class RotationService {
  constructor(
    private readonly dependencies: {
      readonly managed: ManagedClusters;
      readonly clusters: Pick<ClusterRepository, 'find' | 'findCredentials' | 'update'>;
      readonly service: Pick<ClusterService, 'view'>;
      readonly check: Pick<ClusterCheckClient, 'requireUsable'>;
      readonly vault: CredentialsVault;
      readonly addressPolicy: AddressPolicy;
      readonly changes: Changes;
      readonly clock: Pick<Clock, 'now'>;
    },
  ) {}

  async rotate(caller: Caller, input: RotateClusterCredentials): Promise<CheckedCluster> {
    const { managed, check, changes, service } = this.dependencies;
    const { granted, signedIn, row } = await managed.require(caller, 'clusters.update', input.clusterId);
    if (input.insecureSkipTlsVerify) granted.require('clusters.skip-verification', { clusterId: row.id });
    const given = await this.#newCredentials(row.id, input);
    const options = {
      impersonate: row.impersonate,
      insecureSkipTlsVerify: given.credentials.insecureSkipTlsVerify ?? false,
    };
    const found = await check.requireUsable(given, row, options);
    const answer = { check: reportOf(found), warnings: warningsOf(found, options) };
    if (input.dryRun) return { ...answer, cluster: service.view(row) };
    const attempt = managed.attempt('rotateClusterCredentials', input);
    const updated = await changes.run(signedIn, attempt, (change) =>
      this.#replace(row, given, found, change),
    );
    return { ...answer, cluster: service.view(updated) };
  }

  async #replace(
    row: ClusterEntity,
    given: GivenCredentials,
    found: UsableCluster,
    { transaction, audit, notify }: Parameters<Parameters<Changes['run']>[2]>[0],
  ): Promise<ClusterEntity> {
    const { clusters, vault, clock } = this.dependencies;
    const current = (await clusters.find(row.id, transaction)) ?? row;
    const encryptedCredentials = vault.seal(given.credentials, row.id);
    const now = new Date(clock.now());
    const fields = {
      kubernetesVersion: found.kubernetesVersion,
      tlsVerified: isTlsVerified(given.credentials),
      missingRights: found.rights,
      rightsCheckedAt: now,
      updatedAt: now,
    };
    if (!(await clusters.update(current, { ...fields, encryptedCredentials }, transaction))) {
      throw changedMeanwhile('cluster', ((await clusters.find(row.id, transaction)) ?? current).version);
    }
    audit({ ...auditTarget(row), changes: replacedCredentials(given) });
    notify({ type: 'cluster.changed', clusterId: row.id });
    return { ...current, ...fields, version: current.version + 1 };
  }

  async #newCredentials(id: string, input: CredentialsInput): Promise<GivenCredentials> {
    const { clusters, vault, addressPolicy } = this.dependencies;
    if (input.kubeconfig) return readCredentials(input, addressPolicy);
    const sealed = await clusters.findCredentials(id);
    return readNewCredentials(input, vault.open(sealed ?? '', id), addressPolicy);
  }
}

/** What was replaced is never told. */
export const replacedCredentials = ({ credentials }: GivenCredentials) => [
  { path: 'credentials', before: null, after: 'replaced' },
  { path: 'server', before: null, after: credentials.server },
  ...(isTlsVerified(credentials) ? [] : [{ path: 'tlsVerified', before: null, after: false }]),
];
