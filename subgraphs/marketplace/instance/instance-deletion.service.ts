import type { Caller } from '../../shared/caller.js';
import type { Changes } from '../../shared/changes.js';
import type { Clock } from '../../shared/clock.js';
import { ConflictError, NotFoundError } from '../../shared/errors.js';
import { isId } from '../../shared/ids.js';
import type { Permissions } from '../../shared/permissions.js';
import type { PublishedBindings } from '../../shared/published/binding.js';
import type { FirstAttempt } from './first-attempt.js';
import type { InstanceEntity } from './instance.entity.js';
import type { InstanceRepository } from './instance.repository.js';
import { claimMilliseconds } from './instance-reconciler.js';
import { requireRevision } from './instance-update.service.js';
import { settled, unwrap } from './settled.js';
import type { WorkloadClient } from './workload.client.js';

export interface DeleteInstance {
  readonly instanceId: string;
  readonly retainData?: boolean | null | undefined;
  readonly revision?: number | null | undefined;
  readonly idempotencyKey?: string | null | undefined;
}

export class InstanceDeletionService {
  constructor(
    private readonly parts: {
      readonly repository: InstanceRepository;
      readonly bindings: Pick<PublishedBindings, 'listByInstance'>;
      readonly client: Pick<WorkloadClient, 'actingFor'>;
      readonly firstAttempt: FirstAttempt;
      readonly changes: Changes;
      readonly permissions: Permissions;
      readonly clock: Clock;
    },
  ) {}

  /** Gives the instance as it goes: DELETING until the cluster has removed everything. */
  async delete(caller: Caller, input: DeleteInstance): Promise<InstanceEntity> {
    const { repository, changes, firstAttempt } = this.parts;
    const permitted = await this.parts.permissions.of(caller);
    const found = isId('instance', input.instanceId) ? await repository.find(input.instanceId) : undefined;
    const instance = permitted.requireOn('instances.delete', found, {
      kind: 'Instance',
      id: input.instanceId,
      readPermission: 'instances.read',
      field: ['input', 'instanceId'],
    });
    const retainData = input.retainData ?? false;
    // Asked before the transaction, told within it: a repeated request gets what the first one made.
    const looked = await settled(this.#requireDeletable(permitted.caller, instance, input));
    const deleted = await changes.run(
      permitted.caller,
      {
        action: 'deleteInstance',
        idempotency: {
          key: input.idempotencyKey,
          input,
          replay: async (id, transaction) => {
            const earlier = await repository.find(id, transaction);
            if (!earlier) throw new NotFoundError('Instance', id, ['input', 'instanceId']);
            return earlier;
          },
        },
      },
      async (change) => {
        unwrap(looked);
        const now = this.parts.clock.now();
        const row = await repository.revise(change.transaction, instance, {
          phase: 'DELETING',
          retainData,
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
          changes: [{ path: 'retainData', after: retainData }],
        });
        change.notify({ type: 'instance.changed', instanceId: row.id });
        return row;
      },
    );
    return (await firstAttempt.of(deleted, permitted.caller)).instance;
  }

  async #requireDeletable(person: Caller, instance: InstanceEntity, input: DeleteInstance): Promise<void> {
    requireRevision(instance, input.revision);
    if (instance.phase === 'DELETING') {
      throw new ConflictError(`The instance ${JSON.stringify(instance.name)} is being deleted already.`, {
        field: ['input', 'instanceId'],
      });
    }
    const bindings = await this.parts.bindings.listByInstance(instance.id);
    if (bindings.length === 0) return this.parts.client.actingFor(person).requireRemovable(instance);
    const services = bindings.map(({ serviceName }) => JSON.stringify(serviceName)).join(', ');
    throw new ConflictError(
      `${bindings.length === 1 ? 'A service is' : 'Services are'} bound to the instance ${JSON.stringify(instance.name)} (${services}): unbind with unbindInstance first.`,
      { field: ['input', 'instanceId'] },
    );
  }
}
