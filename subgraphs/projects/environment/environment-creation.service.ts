import type { Caller } from '../../shared/caller.js';
import { changedFields } from '../../shared/changed-fields.js';
import type { Changes } from '../../shared/changes.js';
import type { Clock } from '../../shared/clock.js';
import { isUniqueViolation, type Transaction } from '../../shared/database.js';
import { BadUserInputError, ConflictError, NotFoundError } from '../../shared/errors.js';
import { isId, newId } from '../../shared/ids.js';
import { quoted } from '../../shared/kubernetes/names.js';
import type { Logger } from '../../shared/logger.js';
import type { PermissionSet, Permissions } from '../../shared/permissions.js';
import type { LandscapeEntity } from '../landscape/landscape.entity.js';
import type { LandscapeRepository } from '../landscape/landscape.repository.js';
import type { ProjectService } from '../project/project.service.js';
import type { EnvironmentClient } from './environment.client.js';
import type { EnvironmentEntity } from './environment.entity.js';
import type { EnvironmentRepository } from './environment.repository.js';
import type { CreateEnvironment } from './environment-input.js';
import { changedQuota, defaultQuota } from './quota.js';

/**
 * Creating environments. The row comes first and reserves place and namespace; then the cluster; then the row says
 * READY. When the cluster can't or won't, the row goes again; when the process dies in between, the reconciler
 * finishes what was begun.
 */
export class EnvironmentCreationService {
  constructor(
    private readonly dependencies: {
      readonly environments: EnvironmentRepository;
      readonly projects: Pick<ProjectService, 'mapByIds'>;
      readonly landscapes: Pick<LandscapeRepository, 'listAll'>;
      readonly clusters: { find(clusterId: string): Promise<{ name: string } | undefined> };
      readonly client: EnvironmentClient;
      readonly changes: Changes;
      readonly permissions: Pick<Permissions, 'of'>;
      readonly clock: Clock;
      readonly logger: Logger;
    },
  ) {}

  async create(caller: Caller, input: CreateEnvironment): Promise<EnvironmentEntity> {
    const { changes, environments, permissions, clock } = this.dependencies;
    const granted = await permissions.of(caller);
    granted.requireFunctional('environments.create');
    const project = (await this.dependencies.projects.mapByIds(caller, [input.projectId])).get(
      input.projectId,
    );
    if (!project) throw new NotFoundError('Project', input.projectId, ['input', 'projectId']);
    const landscape = await this.#landscape(input.landscape);
    const cluster = await this.#cluster(granted, input.clusterId);
    const place = { projectId: project.id, landscapeId: landscape.id, clusterId: input.clusterId };
    granted.require('environments.create', place);
    const now = new Date(clock.now());
    const row: EnvironmentEntity = {
      id: newId('environment', now.getTime()),
      ...place,
      namespace: `${project.name}-${landscape.name.toLowerCase()}`,
      state: 'CREATING',
      quota: changedQuota(defaultQuota, input.quota ?? {}),
      version: 1,
      createdAt: now,
      updatedAt: now,
    };
    const taken = await this.#reserve(row);
    if (!taken) await this.#make(caller, row);
    const attempt = {
      action: 'createEnvironment',
      idempotency: {
        key: input.idempotencyKey,
        input,
        replay: async (id: string, transaction: Transaction): Promise<EnvironmentEntity> => {
          const earlier = await environments.find(id, transaction);
          if (!earlier) throw new NotFoundError('Environment', id);
          return earlier;
        },
      },
    };
    return changes.run(granted.caller, attempt, async ({ transaction, audit, notify }) => {
      // Reached only when the idempotency key is new.
      if (taken) throw taken;
      await environments.setState(row.id, { from: 'CREATING', to: 'READY', at: now }, transaction);
      const { namespace, quota } = row;
      audit({
        targetType: 'Environment',
        targetId: row.id,
        targetName: namespace,
        projectId: row.projectId,
        changes: changedFields(
          {},
          { landscape: landscape.name, cluster: cluster.name, namespace, quota: { ...quota } },
        ),
      });
      notify({ type: 'environment.changed', environmentId: row.id });
      return { ...row, state: 'READY' };
    });
  }

  async #landscape(name: string): Promise<LandscapeEntity> {
    const all = await this.dependencies.landscapes.listAll();
    const found = all.find((landscape) => landscape.name === name);
    if (found) return found;
    const names = all.map((landscape) => landscape.name).join(', ');
    throw BadUserInputError.at(
      ['input', 'landscape'],
      `There is no landscape ${quoted(name)}: use one of ${names}.`,
    );
  }

  /** Visible: the caller may read it, or see an environment on it. */
  async #cluster(granted: PermissionSet, clusterId: string): Promise<{ name: string }> {
    const { clusters, environments } = this.dependencies;
    const visible =
      isId('cluster', clusterId) &&
      (granted.allows('clusters.read', { clusterId }) ||
        (await environments.hasAnyOn(clusterId, granted.filter('environments.read'))));
    const found = visible ? await clusters.find(clusterId) : undefined;
    if (!found) throw new NotFoundError('Cluster', clusterId, ['input', 'clusterId']);
    return found;
  }

  /** What stands in the way, when something does. */
  async #reserve(row: EnvironmentEntity): Promise<ConflictError | undefined> {
    const { environments } = this.dependencies;
    try {
      await environments.insert(row);
      return undefined;
    } catch (error) {
      if (isUniqueViolation(error, 'environment_place_key')) {
        const other = await environments.findByPlace(row);
        const what = {
          CREATING: 'is being created',
          READY: 'exists already',
          DELETING: 'is still being deleted: try again when it is gone',
        }[other?.state ?? 'READY'];
        return new ConflictError(
          `The environment of this project in landscape ${row.namespace.split('-').at(-1)?.toUpperCase()} on this cluster ${what}.`,
          { field: ['input', 'landscape'] },
        );
      }
      if (isUniqueViolation(error, 'environment_namespace_key')) return namespaceTaken(row.namespace);
      throw error;
    }
  }

  async #make(caller: Caller, row: EnvironmentEntity): Promise<void> {
    const { environments } = this.dependencies;
    const client = this.dependencies.client.actingFor(caller);
    let created = false;
    try {
      const owner = await client.findOwner(row);
      if (owner?.terminating) {
        throw new ConflictError(
          `The namespace ${quoted(row.namespace)} is still being deleted on this cluster: try again when it is gone.`,
          { field: ['input', 'clusterId'] },
        );
      }
      if (!owner) {
        await client.createNamespace(row);
        created = true;
      } else if (await this.#isLeftOver(owner, row)) await client.applyNamespace(row);
      else throw namespaceTaken(row.namespace);
      await client.applyQuota(row);
    } catch (error) {
      await environments.remove(row.id, 'CREATING');
      if (created) this.#cleanUp(row);
      throw error;
    }
  }

  /** Made by Meridian for this project, for an environment that it does not know any more. */
  async #isLeftOver(
    owner: { environmentId: string | null; projectId: string | null },
    row: EnvironmentEntity,
  ): Promise<boolean> {
    if (owner.environmentId === null || owner.projectId !== row.projectId) return false;
    return (await this.dependencies.environments.find(owner.environmentId)) === null;
  }

  /** Nobody waits for it: what stays behind is taken over by the next attempt. */
  #cleanUp(row: EnvironmentEntity): void {
    this.dependencies.client.deleteNamespace(row).catch((error) => {
      this.dependencies.logger.warn({ error, cluster: row.clusterId }, 'namespace was left behind');
    });
  }
}

const namespaceTaken = (namespace: string): ConflictError =>
  new ConflictError(
    `The cluster has a namespace ${quoted(namespace)} already, which is not of this project: choose another cluster, or have that namespace removed.`,
    { field: ['input', 'clusterId'] },
  );
