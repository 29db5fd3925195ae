import { appendAuditEvent } from '../../shared/audit.js';
import { changedFields } from '../../shared/changed-fields.js';
import type { Clock } from '../../shared/clock.js';
import { type Database, isUniqueViolation, type Transaction } from '../../shared/database.js';
import { notifyDomainEvent } from '../../shared/domain-events.js';
import { newId } from '../../shared/ids.js';
import type { AddressPolicy } from '../../shared/kubernetes/address-policy.js';
import { requireLabelName } from '../../shared/kubernetes/names.js';
import type { ClusterEntity } from '../cluster/cluster.entity.js';
import type { ClusterRepository } from '../cluster/cluster.repository.js';
import { isTlsVerified } from './checked-cluster.js';
import { descriptionOf } from './cluster-description.js';
import { type GivenCredentials, readCredentials } from './credentials-input.js';
import type { CredentialsVault } from './credentials-vault.js';
import type { RegisterCluster } from './registration-input.js';
import { replacedCredentials } from './rotation.service.js';

export type StartupCluster = Omit<
  RegisterCluster,
  'idempotencyKey' | 'server' | 'caCertificate' | 'token'
> & {
  readonly kubeconfig: string;
};

/** Clusters that whoever starts Meridian brings along: registered by name, without a caller and without a look. */
export class StartupRegistrationService {
  constructor(
    private readonly clusters: ClusterRepository,
    private readonly database: Pick<Database, 'transaction'>,
    private readonly vault: CredentialsVault,
    private readonly addressPolicy: AddressPolicy,
    private readonly clock: Clock,
  ) {}

  /** A cluster of that name gets these credentials; how people have described it since stays. */
  async ensure(input: StartupCluster): Promise<{ id: string }> {
    const name = requireLabelName(input.name, ['input', 'name'], 'cluster');
    const given = readCredentials({ kubeconfig: input.kubeconfig }, this.addressPolicy);
    const attempt = (): Promise<ClusterEntity> =>
      this.database.transaction(async (transaction) => {
        const row = await this.clusters.findByName(name, transaction);
        return row ? this.#follow(row, given, transaction) : this.#register(input, given, transaction);
      });
    const { id } = await attempt().catch((error: unknown) => {
      // Another process was quicker: its row is there now.
      if (isUniqueViolation(error, 'cluster_name_key')) return attempt();
      throw error;
    });
    return { id };
  }

  async #register(
    input: StartupCluster,
    given: GivenCredentials,
    transaction: Transaction,
  ): Promise<ClusterEntity> {
    const id = newId('cluster');
    const now = new Date(this.clock.now());
    const fields = descriptionOf(input);
    const row: ClusterEntity = {
      id,
      name: input.name,
      ...fields,
      encryptedCredentials: this.vault.seal(given.credentials, id),
      kubernetesVersion: null,
      tlsVerified: isTlsVerified(given.credentials),
      missingRights: null,
      rightsCheckedAt: null,
      version: 1,
      createdAt: now,
      updatedAt: now,
      unregisteredAt: null,
    };
    await this.clusters.insert(row, transaction);
    await this.#record(row, changedFields({}, { ...fields, server: given.credentials.server }), transaction);
    return row;
  }

  async #follow(
    row: ClusterEntity,
    given: GivenCredentials,
    transaction: Transaction,
  ): Promise<ClusterEntity> {
    const sealed = await this.clusters.findCredentials(row.id, transaction);
    if (this.vault.holds(sealed, given.credentials, row.id)) return row;
    const encryptedCredentials = this.vault.seal(given.credentials, row.id);
    const updatedAt = new Date(this.clock.now());
    // Somebody who changes the row at this moment brings no other credentials for a cluster of our own.
    const tlsVerified = isTlsVerified(given.credentials);
    const fields = { encryptedCredentials, tlsVerified, rightsCheckedAt: null, updatedAt };
    await this.clusters.update(row, fields, transaction);
    await this.#record(row, replacedCredentials(given), transaction);
    return row;
  }

  async #record(
    row: ClusterEntity,
    changes: ReturnType<typeof changedFields>,
    transaction: Transaction,
  ): Promise<void> {
    await appendAuditEvent(
      transaction,
      { userId: null, requestId: 'startup', address: null },
      {
        action: 'startup',
        targetType: 'Cluster',
        targetId: row.id,
        targetName: row.name,
        changes,
        result: 'DONE',
        at: new Date(this.clock.now()),
      },
    );
    await notifyDomainEvent(transaction, { type: 'cluster.changed', clusterId: row.id });
  }
}
