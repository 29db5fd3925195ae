import type { Caller } from '../../shared/caller.js';
import { changedFields } from '../../shared/changed-fields.js';
import type { Change, Changes } from '../../shared/changes.js';
import type { Clock } from '../../shared/clock.js';
import { isUniqueViolation } from '../../shared/database.js';
import { ConflictError, NotFoundError } from '../../shared/errors.js';
import { isId, newId } from '../../shared/ids.js';
import type { AddressPolicy } from '../../shared/kubernetes/address-policy.js';
import { requireLabelName } from '../../shared/kubernetes/names.js';
import type { PermissionName } from '../../shared/permission-names.js';
import type { Permissions } from '../../shared/permissions.js';
import type { PublishedEnvironment } from '../../shared/published/environment.js';
import { requireLine } from '../../shared/text-rules.js';
import type { ClusterEntity } from '../cluster/cluster.entity.js';
import type { ClusterRepository } from '../cluster/cluster.repository.js';
import type { ClusterService } from '../cluster/cluster.service.js';
import { checkedDomain, checkedLabels } from '../cluster/cluster-fields.js';
import type { ClusterView } from '../cluster/cluster-view.js';
import type { ClusterVisibility } from '../cluster/cluster-visibility.js';
import type { ClusterCheckClient } from './cluster-check.client.js';
import {
  type CredentialsInput,
  type GivenCredentials,
  readCredentials,
  readNewCredentials,
} from './credentials-input.js';
import type { CredentialsVault } from './credentials-vault.js';
import type {
  RegisterCluster,
  RotateClusterCredentials,
  UnregisterCluster,
  UpdateCluster,
} from './registration-input.js';

const nameTaken = (name: string): ConflictError =>
  new ConflictError(
    `A cluster with the name ${JSON.stringify(name)} is registered already: choose another name.`,
    {
      field: ['input', 'name'],
    },
  );

/** Registering, changing and unregistering clusters. A cluster is looked at before anything about it is kept. */
export class RegistrationService {
  constructor(
    private readonly dependencies: {
      readonly clusters: ClusterRepository;
      readonly service: Pick<ClusterService, 'view'>;
      readonly visibility: ClusterVisibility;
      readonly check: Pick<ClusterCheckClient, 'requireUsable'>;
      readonly vault: CredentialsVault;
      readonly addressPolicy: AddressPolicy;
      readonly environments: { listByCluster(clusterId: string): Promise<PublishedEnvironment[]> };
      readonly changes: Changes;
      readonly permissions: Pick<Permissions, 'of'>;
      readonly clock: Clock;
    },
  ) {}

  async register(caller: Caller, input: RegisterCluster): Promise<ClusterView> {
    const { clusters, check, vault, addressPolicy, changes, permissions, clock, service } = this.dependencies;
    const granted = await permissions.of(caller);
    granted.require('clusters.register');
    const name = requireLabelName(input.name, ['input', 'name'], 'cluster');
    const fields = descriptionOf({ ...input, name });
    const given = readCredentials(input, addressPolicy);
    // A key used before must give the same answer, though the name is taken by then.
    if (!input.idempotencyKey && (await clusters.findByName(name))) throw nameTaken(name);
    const id = newId('cluster');
    const kubernetesVersion = await check.requireUsable(given, { id, name });
    const now = new Date(clock.now());
    const row: ClusterEntity = {
      id,
      name,
      ...fields,
      encryptedCredentials: vault.seal(given.credentials, id),
      kubernetesVersion,
      version: 1,
      createdAt: now,
      updatedAt: now,
      unregisteredAt: null,
    };
    const registered = await changes
      .run(
        granted.caller,
        this.#attempt('registerCluster', input),
        async ({ transaction, audit, notify }) => {
          await clusters.insert(row, transaction);
          audit({
            ...target(row),
            changes: changedFields({}, { name, ...fields, server: given.credentials.server }),
          });
          notify({ type: 'cluster.changed', clusterId: id });
          return row;
        },
      )
      .catch((error: unknown) => {
        throw isUniqueViolation(error, 'cluster_name_key') ? nameTaken(name) : error;
      });
    return service.view(registered);
  }

  async update(caller: Caller, input: UpdateCluster): Promise<ClusterView> {
    const { clusters, changes, clock, service } = this.dependencies;
    const { granted, row } = await this.#require(caller, 'clusters.update', input.clusterId);
    const fields = changesOf(input);
    const updated = await changes.run(granted, this.#attempt('updateCluster', input), async (change) => {
      const current = (await clusters.find(row.id, change.transaction)) ?? row;
      if (input.version != null && input.version !== current.version) throw changedMeanwhile(current);
      const after = { ...current, ...fields, updatedAt: new Date(clock.now()), version: current.version + 1 };
      if (!(await clusters.update(current, { ...fields, updatedAt: after.updatedAt }, change.transaction))) {
        throw changedMeanwhile((await clusters.find(row.id, change.transaction)) ?? current);
      }
      change.audit({ ...target(row), changes: changedFields(pick(current, fields), fields) });
      change.notify({ type: 'cluster.changed', clusterId: row.id });
      return after;
    });
    return service.view(updated);
  }

  async rotateCredentials(caller: Caller, input: RotateClusterCredentials): Promise<ClusterView> {
    const { check, addressPolicy, changes, service, clusters, vault, clock } = this.dependencies;
    const { granted, row } = await this.#require(caller, 'clusters.update', input.clusterId);
    const given = await this.#newCredentials(row.id, input, addressPolicy);
    const kubernetesVersion = await check.requireUsable(given, row);
    const updated = await changes.run(
      granted,
      this.#attempt('rotateClusterCredentials', input),
      async (change) => {
        const current = (await clusters.find(row.id, change.transaction)) ?? row;
        const encryptedCredentials = vault.seal(given.credentials, row.id);
        const fields = { kubernetesVersion, updatedAt: new Date(clock.now()) };
        if (!(await clusters.update(current, { ...fields, encryptedCredentials }, change.transaction))) {
          throw changedMeanwhile((await clusters.find(row.id, change.transaction)) ?? current);
        }
        change.audit({ ...target(row), changes: replacedCredentials(given) });
        change.notify({ type: 'cluster.changed', clusterId: row.id });
        return { ...current, ...fields, version: current.version + 1 };
      },
    );
    return service.view(updated);
  }

  async unregister(caller: Caller, input: UnregisterCluster): Promise<ClusterView> {
    const { clusters, environments, changes, clock, service } = this.dependencies;
    const { granted, row } = await this.#require(caller, 'clusters.unregister', input.clusterId);
    const used = await environments.listByCluster(row.id);
    if (used.length > 0 && !input.force) {
      throw new ConflictError(
        `There are ${used.length} environments on the cluster, such as namespace ${JSON.stringify(used[0]?.namespace)}: delete them first, or give force: true to leave them behind.`,
        { field: ['input', 'force'] },
      );
    }
    const before = service.view(row);
    await changes.run(
      granted,
      this.#attempt('unregisterCluster', input),
      async ({ transaction, audit, notify }) => {
        const unregisteredAt = new Date(clock.now());
        const gone = { encryptedCredentials: null, unregisteredAt, updatedAt: unregisteredAt };
        const current = (await clusters.find(row.id, transaction)) ?? row;
        if (!(await clusters.update(current, gone, transaction))) throw changedMeanwhile(current);
        audit({
          ...target(row),
          changes: [{ path: 'environmentsLeftBehind', before: null, after: used.length }],
        });
        notify({ type: 'cluster.changed', clusterId: row.id });
        return row;
      },
    );
    return before;
  }

  async #require(caller: Caller, permission: PermissionName, id: string) {
    const { clusters, visibility, permissions } = this.dependencies;
    const granted = await permissions.of(caller);
    granted.requireFunctional(permission);
    const row = isId('cluster', id) ? await clusters.find(id) : null;
    const visible = row !== null && (await visibility.visible(granted, [id])).has(id);
    if (!row || !visible) throw new NotFoundError('Cluster', id, ['input', 'clusterId']);
    granted.require(permission, { clusterId: id });
    return { granted: granted.caller, row };
  }

  async #newCredentials(
    id: string,
    input: CredentialsInput,
    policy: AddressPolicy,
  ): Promise<GivenCredentials> {
    if (input.kubeconfig) return readCredentials(input, policy);
    const sealed = await this.dependencies.clusters.findCredentials(id);
    return readNewCredentials(input, this.dependencies.vault.open(sealed ?? '', id), policy);
  }

  #attempt(action: string, input: { idempotencyKey?: string | null }) {
    const { clusters } = this.dependencies;
    return {
      action,
      idempotency: {
        key: input.idempotencyKey,
        input,
        replay: async (id: string, transaction: Change['transaction']): Promise<ClusterEntity> => {
          const [row] = await clusters.listByIds([id], transaction);
          if (!row) throw new Error(`cluster ${id} of an earlier ${action} is not there`);
          return row;
        },
      },
    };
  }
}

const target = (row: ClusterEntity) => ({ targetType: 'Cluster', targetId: row.id, targetName: row.name });

/** What was replaced is never told. */
export const replacedCredentials = ({ credentials }: GivenCredentials) => [
  { path: 'credentials', before: null, after: 'replaced' },
  { path: 'server', before: null, after: credentials.server },
];

const changedMeanwhile = (row: ClusterEntity): ConflictError =>
  new ConflictError(
    `The cluster was changed by someone else: read it again and repeat. Its version is ${row.version}.`,
    {
      field: ['input', 'version'],
      details: { currentVersion: row.version },
    },
  );

/** The descriptive fields of a new cluster, checked. */
export function descriptionOf(input: Omit<RegisterCluster, keyof CredentialsInput>) {
  return {
    displayName:
      input.displayName == null ? input.name : requireLine(input.displayName, ['input', 'displayName'], 100),
    infrastructure: input.infrastructure,
    location: input.location == null ? null : requireLine(input.location, ['input', 'location'], 100),
    labels: input.labels == null ? {} : checkedLabels(input.labels, ['input', 'labels']),
    ingressDomain:
      input.ingressDomain == null ? null : checkedDomain(input.ingressDomain, ['input', 'ingressDomain']),
  };
}

/** What an update names: absent stays; null clears what may be empty. */
function changesOf(input: UpdateCluster): Partial<ClusterEntity> {
  const named = descriptionOf({ ...input, name: '', infrastructure: input.infrastructure ?? 'OTHER' });
  return {
    ...(input.displayName == null ? {} : { displayName: named.displayName }),
    ...(input.infrastructure == null ? {} : { infrastructure: named.infrastructure }),
    ...(input.location === undefined ? {} : { location: named.location }),
    ...(input.labels == null ? {} : { labels: named.labels }),
    ...(input.ingressDomain === undefined ? {} : { ingressDomain: named.ingressDomain }),
  };
}

const pick = (row: ClusterEntity, fields: Partial<ClusterEntity>): object =>
  Object.fromEntries(Object.keys(fields).map((name) => [name, row[name as keyof ClusterEntity]]));
