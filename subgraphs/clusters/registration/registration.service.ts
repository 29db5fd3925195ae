import type { Caller } from '../../shared/caller.js';
import { changedFields } from '../../shared/changed-fields.js';
import type { Changes } from '../../shared/changes.js';
import type { Clock } from '../../shared/clock.js';
import { isUniqueViolation } from '../../shared/database.js';
import { ConflictError } from '../../shared/errors.js';
import { newId } from '../../shared/ids.js';
import type { AddressPolicy } from '../../shared/kubernetes/address-policy.js';
import { requireLabelName } from '../../shared/kubernetes/names.js';
import type { Permissions } from '../../shared/permissions.js';
import type { ClusterEntity } from '../cluster/cluster.entity.js';
import type { ClusterRepository } from '../cluster/cluster.repository.js';
import type { ClusterService } from '../cluster/cluster.service.js';
import { type CheckedCluster, isTlsVerified, reportOf, warningsOf } from './checked-cluster.js';
import type { ClusterCheckClient } from './cluster-check.client.js';
import { descriptionOf } from './cluster-description.js';
import { readCredentials } from './credentials-input.js';
import type { CredentialsVault } from './credentials-vault.js';
import { auditTarget, type ManagedClusters } from './managed-cluster.js';
import type { RegisterCluster } from './registration-input.js';

const nameTaken = (name: string): ConflictError =>
  new ConflictError(
    `A cluster with the name ${JSON.stringify(name)} is registered already: choose another name.`,
    { field: ['input', 'name'] },
  );

/** Registering clusters. A cluster is looked at before anything about it is kept. */
export class RegistrationService {
  constructor(
    private readonly dependencies: {
      readonly managed: ManagedClusters;
      readonly clusters: Pick<ClusterRepository, 'findByName' | 'insert'>;
      readonly service: Pick<ClusterService, 'view'>;
      readonly check: Pick<ClusterCheckClient, 'requireUsable'>;
      readonly vault: CredentialsVault;
      readonly addressPolicy: AddressPolicy;
      readonly changes: Changes;
      readonly permissions: Pick<Permissions, 'of'>;
      readonly clock: Pick<Clock, 'now'>;
    },
  ) {}

  async register(caller: Caller, input: RegisterCluster): Promise<CheckedCluster> {
    const { managed, clusters, check, vault, addressPolicy, changes, permissions, clock, service } =
      this.dependencies;
    const granted = await permissions.of(caller);
    granted.require('clusters.register');
    if (input.insecureSkipTlsVerify) granted.require('clusters.skip-verification');
    const name = requireLabelName(input.name, ['input', 'name'], 'cluster');
    const fields = descriptionOf({ ...input, name });
    const { credentials, field } = readCredentials(input, addressPolicy);
    // A key used before must give the same answer, though the name is taken by then.
    if ((input.dryRun || !input.idempotencyKey) && (await clusters.findByName(name))) throw nameTaken(name);
    const id = newId('cluster');
    const options = {
      impersonate: fields.impersonate,
      insecureSkipTlsVerify: credentials.insecureSkipTlsVerify ?? false,
    };
    const found = await check.requireUsable({ credentials, field }, { id, name }, options);
    const answer = { check: reportOf(found), warnings: warningsOf(found, options) };
    if (input.dryRun) return { ...answer, cluster: null };
    const now = new Date(clock.now());
    const row: ClusterEntity = {
      id,
      name,
      ...fields,
      encryptedCredentials: vault.seal(credentials, id),
      tlsVerified: isTlsVerified(credentials),
      kubernetesVersion: found.kubernetesVersion,
      missingRights: found.rights,
      rightsCheckedAt: now,
      version: 1,
      createdAt: now,
      updatedAt: now,
      unregisteredAt: null,
    };
    const attempt = managed.attempt('registerCluster', input);
    const registered = await changes
      .run(granted.caller, attempt, async ({ transaction, audit, notify }) => {
        await clusters.insert(row, transaction);
        const { server } = credentials;
        const kept = { name, ...fields, server, tlsVerified: row.tlsVerified };
        audit({ ...auditTarget(row), changes: changedFields({}, kept) });
        notify({ type: 'cluster.changed', clusterId: id });
        return row;
      })
      .catch((error: unknown) => {
        throw isUniqueViolation(error, 'cluster_name_key') ? nameTaken(name) : error;
      });
    return { ...answer, cluster: service.view(registered) };
  }
}
