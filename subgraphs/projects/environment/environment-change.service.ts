import type { Caller } from '../../shared/caller.js';
import { changedFields } from '../../shared/changed-fields.js';
import type { Changes } from '../../shared/changes.js';
import type { Clock } from '../../shared/clock.js';
import type { Transaction } from '../../shared/database.js';
import { BadUserInputError, ConflictError, NotFoundError } from '../../shared/errors.js';
import type { Logger } from '../../shared/logger.js';
import type { PermissionName } from '../../shared/permission-names.js';
import type { Permissions } from '../../shared/permissions.js';
import { changedMeanwhile, requireVersion } from '../../shared/versions.js';
import type { LandscapeRepository } from '../landscape/landscape.repository.js';
import type { EnvironmentClient } from './environment.client.js';
import type { EnvironmentEntity } from './environment.entity.js';
import type { EnvironmentRepository } from './environment.repository.js';
import type { EnvironmentService } from './environment.service.js';
import type { DeleteEnvironment, UpdateQuota } from './environment-input.js';
import { changedQuota } from './quota.js';

/** Changing the quota of environments, and deleting them. */
export class EnvironmentChangeService {
  constructor(
    private readonly dependencies: {
      readonly environments: EnvironmentRepository;
      readonly reading: Pick<EnvironmentService, 'mapByIds'>;
      readonly landscapes: Pick<LandscapeRepository, 'listByIds'>;
      readonly client: Pick<EnvironmentClient, 'actingFor'>;
      readonly changes: Changes;
      readonly permissions: Pick<Permissions, 'of'>;
      readonly clock: Clock;
      readonly logger: Logger;
    },
  ) {}

  /**
   * The cluster is asked first, so that what it would refuse is not kept; then the record says what is wanted. Should
   * the cluster fail after that, or two changes cross, the reconciler makes it so.
   */
  async updateQuota(caller: Caller, input: UpdateQuota): Promise<EnvironmentEntity> {
    const { environments, changes, clock, logger } = this.dependencies;
    const client = this.dependencies.client.actingFor(caller);
    const { signedIn, row } = await this.#require(caller, 'environments.update', input.environmentId);
    requireVersion('environment', row, input.version);
    if (row.state === 'DELETING') throw beingDeleted(row);
    await client.tryQuota({ ...row, quota: changedQuota(row.quota, input.quota) });
    const attempt = this.#attempt('updateQuota', input);
    const updated = await changes.run(signedIn, attempt, async ({ transaction, audit, notify }) => {
      const current = await this.#get(row.id, transaction);
      requireVersion('environment', current, input.version);
      const fields = { quota: changedQuota(current.quota, input.quota), updatedAt: new Date(clock.now()) };
      if (!(await environments.setQuota(current, fields, transaction))) {
        throw changedMeanwhile('environment', (await this.#get(row.id, transaction)).version);
      }
      audit({
        ...target(row),
        changes: changedFields({ quota: { ...current.quota } }, { quota: { ...fields.quota } }),
      });
      notify({ type: 'environment.changed', environmentId: row.id });
      return { ...current, ...fields, version: current.version + 1 };
    });
    await client.applyQuota(updated).catch((error) => {
      logger.warn({ error, environment: row.id }, 'quota is left to the reconciler');
    });
    return updated;
  }

  /** Says what is wanted; the reconciler deletes the namespace, and the row when it is gone. */
  async delete(caller: Caller, input: DeleteEnvironment): Promise<EnvironmentEntity> {
    const { environments, changes, clock, landscapes } = this.dependencies;
    const { signedIn, row } = await this.#require(caller, 'environments.delete', input.environmentId);
    const [landscape] = await landscapes.listByIds([row.landscapeId]);
    if (landscape?.production && input.confirm !== row.namespace) {
      throw BadUserInputError.at(
        ['input', 'confirm'],
        `The environment is in the production landscape ${landscape.name}: give its namespace ${JSON.stringify(row.namespace)} as confirm to delete it with everything in it.`,
      );
    }
    await this.dependencies.client.actingFor(caller).requireDeletable(row);
    const attempt = this.#attempt('deleteEnvironment', input);
    return changes.run(signedIn, attempt, async ({ transaction, audit, notify }) => {
      if (!(await environments.startDeleting(row.id, new Date(clock.now()), transaction)))
        throw beingDeleted(row);
      audit(target(row));
      notify({ type: 'environment.changed', environmentId: row.id });
      return { ...row, state: 'DELETING' };
    });
  }

  async #require(caller: Caller, permission: PermissionName, id: string) {
    const { permissions, reading } = this.dependencies;
    const granted = await permissions.of(caller);
    granted.requireFunctional(permission);
    const row = (await reading.mapByIds(caller, [id])).get(id);
    if (!row) throw new NotFoundError('Environment', id, ['input', 'environmentId']);
    granted.require(permission, row);
    return { signedIn: granted.caller, row };
  }

  async #get(id: string, transaction: Transaction): Promise<EnvironmentEntity> {
    const row = await this.dependencies.environments.find(id, transaction);
    if (!row) throw new NotFoundError('Environment', id, ['input', 'environmentId']);
    return row;
  }

  #attempt(action: string, input: { idempotencyKey?: string | null }) {
    return {
      action,
      idempotency: {
        key: input.idempotencyKey,
        input,
        replay: (id: string, transaction: Transaction) => this.#get(id, transaction),
      },
    };
  }
}

const target = (row: EnvironmentEntity) => ({
  targetType: 'Environment',
  targetId: row.id,
  targetName: row.namespace,
  projectId: row.projectId,
});

const beingDeleted = (row: EnvironmentEntity): ConflictError =>
  new ConflictError(`The environment ${JSON.stringify(row.namespace)} is being deleted already.`, {
    field: ['input', 'environmentId'],
  });
