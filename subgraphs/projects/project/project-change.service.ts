import type { Caller } from '../../shared/caller.js';
import { changedFields } from '../../shared/changed-fields.js';
import type { Changes } from '../../shared/changes.js';
import type { Clock } from '../../shared/clock.js';
import { isUniqueViolation, type Transaction } from '../../shared/database.js';
import { ConflictError, NotFoundError } from '../../shared/errors.js';
import { newId } from '../../shared/ids.js';
import type { PermissionName } from '../../shared/permission-names.js';
import type { Permissions } from '../../shared/permissions.js';
import { grantProjectOwner, removeProjectBindings } from '../../shared/published/grant.js';
import { optionalParagraphs, requireLine } from '../../shared/text-rules.js';
import { changedMeanwhile, requireVersion } from '../../shared/versions.js';
import type { EnvironmentRepository } from '../environment/environment.repository.js';
import type { ProjectEntity } from './project.entity.js';
import type { ProjectRepository } from './project.repository.js';
import type { ProjectService } from './project.service.js';
import { requireProjectName } from './project-name.js';
import type { CreateProject, DeleteProject, UpdateProject } from './project-query.js';

interface Deleted {
  readonly id: string;
  readonly row: ProjectEntity | undefined;
}

const longestDisplayName = 100;
const longestDescription = 2_000;

/** Creating, changing and deleting projects. */
export class ProjectChangeService {
  constructor(
    private readonly projects: ProjectRepository,
    private readonly reading: Pick<ProjectService, 'mapByIds'>,
    private readonly environments: Pick<EnvironmentRepository, 'listByProjects'>,
    private readonly changes: Changes,
    private readonly permissions: Pick<Permissions, 'of'>,
    private readonly clock: Clock,
  ) {}

  async create(caller: Caller, input: CreateProject): Promise<ProjectEntity> {
    const permissions = await this.permissions.of(caller);
    permissions.require('projects.create');
    const name = requireProjectName(input.name, ['input', 'name']);
    const { userId } = permissions.caller;
    const now = new Date(this.clock.now());
    const fields = {
      name,
      displayName:
        input.displayName == null
          ? name
          : requireLine(input.displayName, ['input', 'displayName'], longestDisplayName),
      description: optionalParagraphs(input.description, ['input', 'description'], longestDescription),
    };
    const row: ProjectEntity = {
      id: newId('project', now.getTime()),
      ...fields,
      createdBy: userId,
      version: 1,
      createdAt: now,
      updatedAt: now,
    };
    try {
      return await this.changes.run(
        permissions.caller,
        this.#attempt('createProject', input),
        async ({ transaction, audit, notify }) => {
          await this.projects.insert(row, transaction);
          await grantProjectOwner(transaction, { userId, projectId: row.id });
          audit({ ...target(row), changes: changedFields({}, fields) });
          notify({ type: 'identity.changed', userId });
          notify({ type: 'project.changed', projectId: row.id });
          return row;
        },
      );
    } catch (error) {
      if (!isUniqueViolation(error, 'project_name_key')) throw error;
      throw new ConflictError(`The name ${JSON.stringify(name)} is taken: choose another.`, {
        field: ['input', 'name'],
      });
    }
  }

  async update(caller: Caller, input: UpdateProject): Promise<ProjectEntity> {
    const { signedIn, row } = await this.#require(caller, 'projects.update', input.projectId);
    const fields = {
      ...(input.displayName == null
        ? {}
        : { displayName: requireLine(input.displayName, ['input', 'displayName'], longestDisplayName) }),
      ...(input.description === undefined
        ? {}
        : {
            description: optionalParagraphs(input.description, ['input', 'description'], longestDescription),
          }),
    };
    return this.changes.run(
      signedIn,
      this.#attempt('updateProject', input),
      async ({ transaction, audit, notify }) => {
        const current = await this.#get(row.id, transaction);
        requireVersion('project', current, input.version);
        const after = { ...current, ...fields, updatedAt: new Date(this.clock.now()) };
        if (!(await this.projects.update(current, { ...fields, updatedAt: after.updatedAt }, transaction))) {
          throw changedMeanwhile('project', (await this.#get(row.id, transaction)).version);
        }
        const { displayName, description } = current;
        audit({
          ...target(row),
          changes: changedFields({ displayName, description }, { displayName, description, ...fields }),
        });
        notify({ type: 'project.changed', projectId: row.id });
        return { ...after, version: current.version + 1 };
      },
    );
  }

  /** The project as it was; undefined when an earlier call with the same idempotency key deleted it. */
  async delete(caller: Caller, input: DeleteProject): Promise<ProjectEntity | undefined> {
    const { signedIn, row } = await this.#require(caller, 'projects.delete', input.projectId);
    const replay = async (id: string): Promise<Deleted> => ({ id, row: undefined });
    const attempt = {
      action: 'deleteProject',
      idempotency: { key: input.idempotencyKey, input, replay },
    };
    const deleted = await this.changes.run<Deleted>(
      signedIn,
      attempt,
      async ({ transaction, audit, notify }) => {
        const environments = await this.environments.listByProjects([row.id], transaction);
        if (environments.length > 0) {
          throw new ConflictError(
            `The project still has environments, such as ${JSON.stringify(environments[0]?.namespace)}: delete them first (${environments.length}).`,
            { field: ['input', 'projectId'] },
          );
        }
        await this.projects.remove(row.id, transaction);
        await removeProjectBindings(transaction, row.id);
        audit(target(row));
        notify({ type: 'identity.changed', userId: null });
        notify({ type: 'project.changed', projectId: row.id });
        return { id: row.id, row };
      },
    );
    return deleted.row;
  }

  async #require(caller: Caller, permission: PermissionName, id: string) {
    const permissions = await this.permissions.of(caller);
    permissions.requireFunctional(permission);
    const row = (await this.reading.mapByIds(caller, [id])).get(id);
    if (!row) throw new NotFoundError('Project', id, ['input', 'projectId']);
    permissions.require(permission, { projectId: id });
    return { signedIn: permissions.caller, row };
  }

  async #get(id: string, transaction: Transaction): Promise<ProjectEntity> {
    const row = await this.projects.find(id, transaction);
    if (!row) throw new NotFoundError('Project', id, ['input', 'projectId']);
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

const target = (row: ProjectEntity) => ({
  targetType: 'Project',
  targetId: row.id,
  targetName: row.name,
  projectId: row.id,
});
