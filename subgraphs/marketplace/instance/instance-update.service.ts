import type { Caller } from '../../shared/caller.js';
import { changedFields } from '../../shared/changed-fields.js';
import type { Changes } from '../../shared/changes.js';
import type { Clock } from '../../shared/clock.js';
import { BadUserInputError, ConflictError, NotFoundError } from '../../shared/errors.js';
import { isId } from '../../shared/ids.js';
import { compareQuantities, parseQuantity } from '../../shared/kubernetes/quantity.js';
import type { Permissions } from '../../shared/permissions.js';
import type { Catalogue } from '../offering/catalogue.js';
import type { Offering } from '../offering/offering.js';
import type { ChangedInstance } from './changed-instance.js';
import type { FirstAttempt } from './first-attempt.js';
import type { InstanceEntity } from './instance.entity.js';
import type { InstanceRepository } from './instance.repository.js';
import { checkedParameters, checkedStorage, chosenPlan, chosenVersion } from './instance-input.js';
import { type InstancePreflight, requireUpgrade } from './instance-preflight.js';
import { claimMilliseconds } from './instance-reconciler.js';
import { settled, unwrap } from './settled.js';

export interface UpdateInstance {
  readonly instanceId: string;
  readonly plan?: string | null | undefined;
  readonly version?: string | null | undefined;
  readonly storage?: string | null | undefined;
  readonly parameters?: unknown;
  readonly revision?: number | null | undefined;
  readonly idempotencyKey?: string | null | undefined;
}

type Wanted = Pick<InstanceEntity, 'plan' | 'version' | 'storageSize' | 'parameters'>;

/** Changes of plan, version, storage and parameters; an update without any makes the objects anew. */
export class InstanceUpdateService {
  constructor(
    private readonly parts: {
      readonly repository: InstanceRepository;
      readonly catalogue: Catalogue;
      readonly preflight: InstancePreflight;
      readonly firstAttempt: FirstAttempt;
      readonly changes: Changes;
      readonly permissions: Permissions;
      readonly clock: Clock;
    },
  ) {}

  async update(caller: Caller, input: UpdateInstance): Promise<ChangedInstance> {
    const { repository, changes, firstAttempt } = this.parts;
    const permitted = await this.parts.permissions.of(caller);
    const found = isId('instance', input.instanceId) ? await repository.find(input.instanceId) : undefined;
    const instance = permitted.requireOn('instances.update', found, {
      kind: 'Instance',
      id: input.instanceId,
      readPermission: 'instances.read',
      field: ['input', 'instanceId'],
    });
    // Asked before the transaction, told within it: a repeated request gets what the first one made.
    const looked = await settled(this.#look(caller, instance, input));
    const updated = await changes.run(
      permitted.caller,
      {
        action: 'updateInstance',
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
        const wanted = unwrap(looked);
        const now = this.parts.clock.now();
        const row = await repository.revise(change.transaction, instance, {
          ...wanted,
          phase: 'ACTIVE',
          failure: null,
          attempts: 0,
          updatedAt: new Date(now),
          nextAttemptAt: new Date(now + claimMilliseconds),
        });
        change.audit({
          targetType: 'Instance',
          targetId: row.id,
          targetName: row.name,
          projectId: row.projectId,
          changes: changedFields(shown(instance), shown(row)),
        });
        change.notify({ type: 'instance.changed', instanceId: row.id });
        return row;
      },
    );
    return firstAttempt.of(updated, permitted.caller);
  }

  async #look(caller: Caller, instance: InstanceEntity, input: UpdateInstance): Promise<Wanted> {
    requireRevision(instance, input.revision);
    if (instance.phase === 'DELETING') {
      throw new ConflictError(`The instance ${JSON.stringify(instance.name)} is being deleted.`, {
        field: ['input', 'instanceId'],
      });
    }
    const offering = this.parts.catalogue.find(instance.offering);
    if (!offering) {
      throw new ConflictError(
        `The marketplace no longer offers ${JSON.stringify(instance.offering)}: the instance can only be deleted.`,
        { field: ['input', 'instanceId'] },
      );
    }
    const wanted = wantedOf(offering, instance, input);
    // Before the cluster was told of anything, there is nothing to compare with.
    if (instance.appliedRevision !== null) {
      const preflight = this.parts.preflight.actingFor(caller);
      await preflight.update(offering, instance, { ...instance, ...wanted }, wanted.storageSize);
    }
    return wanted;
  }
}

/** An update that names the revision it knows is refused when there is a newer one. */
export function requireRevision(instance: InstanceEntity, known: number | null | undefined): void {
  if (known == null || known === instance.revision) return;
  throw new ConflictError(`The instance has changed since revision ${known}: read it again.`, {
    field: ['input', 'revision'],
    details: { currentVersion: instance.revision },
  });
}

function wantedOf(offering: Offering, instance: InstanceEntity, input: UpdateInstance): Wanted {
  const version = input.version != null ? chosenVersion(offering, input.version) : instance.version;
  requireUpgrade(offering, instance.version, version);
  const plan = input.plan != null ? chosenPlan(offering, input.plan) : instance.plan;
  return {
    version,
    plan,
    storageSize: wantedStorage(instance, plan.storage, input),
    parameters: parameters(offering, instance, input),
  };
}

function wantedStorage({ storageSize }: InstanceEntity, ofPlan: string, { storage }: UpdateInstance): string {
  if (storage != null) {
    const sized = checkedStorage(storage, storageSize, 'its size now, and volumes do not shrink');
    return checkedStorage(sized, ofPlan, 'the storage of the plan');
  }
  const isLarger = compareQuantities(parseQuantity(ofPlan, []), parseQuantity(storageSize, [])) > 0;
  return isLarger ? ofPlan : storageSize;
}

function parameters(
  offering: Offering,
  instance: InstanceEntity,
  input: UpdateInstance,
): Wanted['parameters'] {
  const field = ['input', 'parameters'];
  const given = input.parameters ?? {};
  if (typeof given !== 'object' || Array.isArray(given)) {
    throw BadUserInputError.at(field, 'parameters must be an object of parameter names and values.');
  }
  // A catalogue that lost a parameter since must not keep its instances from being updated.
  const known = Object.entries(instance.parameters).filter(([name]) =>
    Object.hasOwn((offering.parameters.schema['properties'] ?? {}) as object, name),
  );
  const merged = checkedParameters(offering, { ...Object.fromEntries(known), ...given });
  const fixed = offering.definition.immutableParameters.find(
    (name) => instance.parameters[name] !== undefined && merged[name] !== instance.parameters[name],
  );
  if (fixed === undefined) return { ...merged };
  throw BadUserInputError.at(
    [...field, fixed],
    `${fixed} is ${JSON.stringify(instance.parameters[fixed])} and can't change after the instance was created.`,
  );
}

const shown = ({ version, plan, storageSize, parameters: values }: InstanceEntity) => ({
  version,
  plan: plan.name,
  storage: storageSize,
  parameters: values,
});
