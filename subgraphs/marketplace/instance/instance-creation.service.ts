import type { Caller } from '../../shared/caller.js';
import type { Changes } from '../../shared/changes.js';
import type { Clock } from '../../shared/clock.js';
import { NotFoundError } from '../../shared/errors.js';
import { isId, newId } from '../../shared/ids.js';
import { requireName } from '../../shared/kubernetes/names.js';
import { compareQuantities, parseQuantity } from '../../shared/kubernetes/quantity.js';
import type { Permissions } from '../../shared/permissions.js';
import type { PublishedEnvironment, PublishedEnvironments } from '../../shared/published/environment.js';
import type { Catalogue } from '../offering/catalogue.js';
import { podLabelsOf } from '../offering/manifest-rendering.js';
import type { Offering } from '../offering/offering.js';
import type { ChangedInstance } from './changed-instance.js';
import type { FirstAttempt } from './first-attempt.js';
import type { InstanceEntity } from './instance.entity.js';
import type { InstanceRepository } from './instance.repository.js';
import { checkedParameters, checkedStorage, chosenPlan, chosenVersion } from './instance-input.js';
import { credentialsSecretOf, requireInstanceName } from './instance-names.js';
import type { InstancePreflight } from './instance-preflight.js';
import { claimMilliseconds } from './instance-reconciler.js';
import type { RetainedData } from './retained-data.js';
import { settled, unwrap } from './settled.js';

export interface CreateInstance {
  readonly environmentId: string;
  readonly name: string;
  readonly offering: string;
  readonly version?: string | null | undefined;
  readonly plan?: string | null | undefined;
  readonly parameters?: unknown;
  readonly storage?: string | null | undefined;
  readonly storageClass?: string | null | undefined;
  readonly adoptRetainedData?: boolean | null | undefined;
  readonly idempotencyKey?: string | null | undefined;
}

export class InstanceCreationService {
  constructor(
    private readonly parts: {
      readonly repository: InstanceRepository;
      readonly catalogue: Catalogue;
      readonly preflight: InstancePreflight;
      readonly firstAttempt: FirstAttempt;
      readonly changes: Changes;
      readonly permissions: Permissions;
      readonly environments: Pick<PublishedEnvironments, 'find'>;
      readonly clock: Clock;
    },
  ) {}

  async create(caller: Caller, input: CreateInstance): Promise<ChangedInstance> {
    const { repository, preflight, changes, firstAttempt } = this.parts;
    const permitted = await this.parts.permissions.of(caller);
    permitted.requireFunctional('instances.create');
    const name = requireInstanceName(input.name, ['input', 'name']);
    const environment = permitted.requireOn(
      'instances.create',
      await this.#environment(input.environmentId),
      {
        kind: 'Environment',
        id: input.environmentId,
        readPermission: 'environments.read',
        field: ['input', 'environmentId'],
      },
    );
    const offering = this.parts.catalogue.find(input.offering);
    if (!offering) throw new NotFoundError('Offering', input.offering, ['input', 'offering']);
    const instance = this.#newInstance(permitted.caller.userId, offering, environment, name, input);

    // Asked before the transaction, told within it: a repeated request gets what the first one made.
    const looked = await settled(preflight.actingFor(caller).create(offering, instance));
    const created = await changes.run(
      permitted.caller,
      {
        action: 'createInstance',
        idempotency: {
          key: input.idempotencyKey,
          input,
          replay: async (id, transaction) => {
            const earlier = await repository.find(id, transaction);
            if (!earlier) throw new NotFoundError('Instance', id);
            return earlier;
          },
        },
      },
      async (change) => {
        const retained = 'value' in looked ? looked.value : undefined;
        const row = retained ? adopting(instance, retained) : instance;
        await repository.insert(change.transaction, row);
        // After the insert: a name that is taken is the better answer.
        unwrap(looked);
        const { plan, offering: offeringName, version, parameters } = row;
        change.audit({
          targetType: 'Instance',
          targetId: row.id,
          targetName: name,
          projectId: row.projectId,
          changes: [
            { path: 'offering', after: offeringName },
            { path: 'version', after: version },
            { path: 'plan', after: plan.name },
            { path: 'parameters', after: parameters },
            ...(retained ? [{ path: 'adoptRetainedData', after: true }] : []),
          ],
        });
        change.notify({ type: 'instance.changed', instanceId: row.id });
        return row;
      },
    );
    return firstAttempt.of(created, permitted.caller);
  }

  async #environment(id: string): Promise<PublishedEnvironment | undefined> {
    return isId('environment', id) ? this.parts.environments.find(id) : undefined;
  }

  #newInstance(
    createdById: string,
    offering: Offering,
    environment: PublishedEnvironment,
    name: string,
    input: CreateInstance,
  ): InstanceEntity {
    const { definition } = offering;
    const version = chosenVersion(offering, input.version ?? definition.versions[0]?.name ?? '');
    const plan = chosenPlan(offering, input.plan ?? definition.plans[0]?.name ?? '');
    const storageSize =
      input.storage != null
        ? checkedStorage(input.storage, plan.storage, `the storage of plan ${plan.name}`)
        : plan.storage;
    const now = this.parts.clock.now();
    const id = newId('instance', now);
    return {
      id,
      name,
      environmentId: environment.id,
      projectId: environment.projectId,
      landscapeId: environment.landscapeId,
      clusterId: environment.clusterId,
      namespace: environment.namespace,
      offering: definition.name,
      version,
      plan,
      parameters: { ...checkedParameters(offering, input.parameters) },
      storageSize,
      claimSize: storageSize,
      storageClass:
        input.storageClass != null
          ? requireName(input.storageClass, ['input', 'storageClass'], 'storage class')
          : null,
      port: definition.port,
      credentialsSecret: credentialsSecretOf(name),
      variables: Object.entries(definition.variables).map(([variable, key]) => ({ name: variable, key })),
      podLabels: podLabelsOf(id),
      phase: 'ACTIVE',
      failure: null,
      revision: 1,
      appliedRevision: null,
      appliedAt: null,
      appliedGeneration: null,
      settledRevision: null,
      // This process makes the first attempt; another takes over when it has not been noted by then.
      nextAttemptAt: new Date(now + claimMilliseconds),
      attempts: 0,
      retainData: false,
      adoptData: input.adoptRetainedData ?? false,
      createdById,
      createdAt: new Date(now),
      updatedAt: new Date(now),
    };
  }
}

/** Volumes never shrink: those that are there may be larger than asked for. */
function adopting(instance: InstanceEntity, { claimSize }: RetainedData): InstanceEntity {
  if (claimSize === null) return instance;
  const isLarger =
    compareQuantities(parseQuantity(claimSize, []), parseQuantity(instance.storageSize, [])) > 0;
  return isLarger ? { ...instance, storageSize: claimSize } : instance;
}
