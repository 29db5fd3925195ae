import type { Caller } from '../../shared/caller.js';
import { changedFields } from '../../shared/changed-fields.js';
import type { Attempt, Changes } from '../../shared/changes.js';
import type { Clock } from '../../shared/clock.js';
import { isUniqueViolation, type Transaction } from '../../shared/database.js';
import { BadUserInputError, ConflictError, type InputProblem } from '../../shared/errors.js';
import { newId } from '../../shared/ids.js';
import { quoted, requireLabelName } from '../../shared/kubernetes/names.js';
import type { PermissionName } from '../../shared/permission-names.js';
import type { PermissionSet, Permissions } from '../../shared/permissions.js';
import { isWebAddress } from '../../shared/text-rules.js';
import { changedMeanwhile } from '../../shared/versions.js';
import type { Environments } from '../environments.js';
import type { PagesSource } from '../pages-of-each.js';
import type { ServiceRepository } from '../service/service.repository.js';
import type { ApplicationEntity } from './application.entity.js';
import type { ApplicationRepository } from './application.repository.js';

export interface ApplicationTexts {
  readonly description?: string | null;
  readonly repositoryUrl?: string | null;
  readonly dockerfile?: string | null;
}

export const applicationScope = (row: ApplicationEntity) => ({
  projectId: row.projectId,
  applicationId: row.id,
});

export class ApplicationService {
  constructor(
    private readonly permissions: Pick<Permissions, 'of'>,
    private readonly changes: Changes,
    private readonly applications: ApplicationRepository,
    private readonly services: ServiceRepository,
    private readonly environments: Environments,
    private readonly clock: Clock,
  ) {}

  /** Undefined when it does not exist or the caller may not see it. */
  async find(caller: Caller, id: string): Promise<ApplicationEntity | undefined> {
    return (await this.listByIds(caller, [id]))[0];
  }

  /** Of the given ids those that exist and may be seen, in any order. */
  async listByIds(caller: Caller, ids: readonly string[]): Promise<ApplicationEntity[]> {
    const set = await this.permissions.of(caller);
    const rows = await this.applications.listByIds(ids);
    return rows.filter((row) => set.allows('applications.read', applicationScope(row)));
  }

  /** Pages of the applications of each of many projects, by name. */
  ofProjects(caller: Caller): PagesSource<ApplicationEntity> {
    const permitted = async () => (await this.permissions.of(caller)).filter('applications.read');
    return {
      rows: async (ids, { after }, limit) =>
        this.applications.listByProjects(ids, await permitted(), after, limit),
      counts: async (ids) => this.applications.countByProjects(ids, await permitted()),
      parentOf: (row) => row.projectId,
      placeOf: (row) => [row.name],
    };
  }

  async create(
    caller: Caller,
    input: { projectId: string; name: string; idempotencyKey?: string | null } & ApplicationTexts,
  ): Promise<ApplicationEntity> {
    const set = await this.permissions.of(caller);
    set.requireFunctional('applications.create');
    const project = await this.environments.findProject(input.projectId);
    set.requireOn('applications.create', project && { projectId: project.id }, {
      kind: 'Project',
      id: input.projectId,
      readPermission: 'projects.read',
      field: ['input', 'projectId'],
    });
    requireLabelName(input.name, ['input', 'name'], 'application');
    requireTexts(input);
    const now = new Date(this.clock.now());
    const row: ApplicationEntity = {
      id: newId('application', now.getTime()),
      projectId: input.projectId,
      name: input.name,
      description: input.description ?? null,
      repositoryUrl: input.repositoryUrl ?? null,
      dockerfile: input.dockerfile ?? null,
      version: 1,
      createdAt: now,
      updatedAt: now,
    };
    try {
      return await this.changes.run(set.caller, this.#attempt('createApplication', input), async (change) => {
        await this.applications.insert(change.transaction, row);
        change.audit({ ...target(row), changes: changedFields({}, { name: row.name, ...texts(row) }) });
        return row;
      });
    } catch (error) {
      if (!isUniqueViolation(error, 'application_name_unique')) throw error;
      throw new ConflictError(
        `The project has an application named ${quoted(input.name)} already: choose another name.`,
        { field: ['input', 'name'] },
      );
    }
  }

  async update(
    caller: Caller,
    input: {
      applicationId: string;
      version?: number | null;
      idempotencyKey?: string | null;
    } & ApplicationTexts,
  ): Promise<ApplicationEntity> {
    const { set, row } = await this.#require(caller, 'applications.update', input.applicationId);
    requireTexts(input);
    const change = {
      ...(input.description === undefined ? {} : { description: input.description }),
      ...(input.repositoryUrl === undefined ? {} : { repositoryUrl: input.repositoryUrl }),
      ...(input.dockerfile === undefined ? {} : { dockerfile: input.dockerfile }),
    };
    const next = { ...row, ...change, version: row.version + 1, updatedAt: new Date(this.clock.now()) };
    const attempt = this.#attempt('updateApplication', input);
    return this.changes.run(set.caller, attempt, async ({ transaction, audit }) => {
      const version = input.version ?? row.version;
      const updated = await this.applications.update(transaction, row.id, version, {
        ...change,
        updatedAt: next.updatedAt,
      });
      if (!updated) {
        const current = await this.applications.find(row.id, transaction);
        throw changedMeanwhile('application', (current ?? row).version);
      }
      audit({ ...target(row), changes: changedFields(texts(row), texts(next)) });
      return next;
    });
  }

  /** Only without services. */
  async delete(
    caller: Caller,
    input: { applicationId: string; idempotencyKey?: string | null },
  ): Promise<{ id: string }> {
    const attempt: Attempt<{ id: string }> = {
      action: 'deleteApplication',
      idempotency: { key: input.idempotencyKey, input, replay: async (id) => ({ id }) },
    };
    const { caller: asker } = await this.permissions.of(caller);
    const earlier = await this.changes.earlier(asker, attempt);
    if (earlier) return earlier;
    const { set, row } = await this.#require(caller, 'applications.delete', input.applicationId);
    return this.changes.run(set.caller, attempt, async ({ transaction, audit }) => {
      const services = await this.services.countByApplication(transaction, row.id);
      if (services > 0) {
        throw new ConflictError(`The application has ${services} service(s): delete them first.`, {
          field: ['input', 'applicationId'],
        });
      }
      await this.applications.delete(transaction, row.id);
      audit(target(row));
      return row;
    });
  }

  #attempt(action: string, input: { idempotencyKey?: string | null }): Attempt<ApplicationEntity> {
    const replay = async (id: string, transaction: Transaction) =>
      (await this.applications.find(id, transaction)) as ApplicationEntity;
    return { action, idempotency: { key: input.idempotencyKey, input, replay } };
  }

  async #require(
    caller: Caller,
    permission: PermissionName,
    id: string,
  ): Promise<{ set: PermissionSet; row: ApplicationEntity }> {
    const set = await this.permissions.of(caller);
    set.requireFunctional(permission);
    const row = await this.applications.find(id);
    set.requireOn(permission, row && applicationScope(row), {
      kind: 'Application',
      id,
      readPermission: 'applications.read',
      field: ['input', 'applicationId'],
    });
    return { set, row: row as ApplicationEntity };
  }
}

const target = (row: ApplicationEntity) => ({
  targetType: 'Application',
  targetId: row.id,
  targetName: row.name,
  projectId: row.projectId,
});

const texts = ({ description, repositoryUrl, dockerfile }: ApplicationEntity) => ({
  description,
  repositoryUrl,
  dockerfile,
});

function requireTexts({ description, repositoryUrl, dockerfile }: ApplicationTexts): void {
  const problems: InputProblem[] = [];
  if ((description?.length ?? 0) > 4_000)
    problems.push({
      field: ['input', 'description'],
      message: 'description is longer than 4000 characters.',
    });
  if ((dockerfile?.length ?? 0) > 100_000)
    problems.push({
      field: ['input', 'dockerfile'],
      message: 'dockerfile is longer than 100000 characters.',
    });
  if (repositoryUrl && !isWebAddress(repositoryUrl))
    problems.push({
      field: ['input', 'repositoryUrl'],
      message: `${quoted(repositoryUrl)} is not the address of a repository: write https://… without user name and password.`,
    });
  if (problems.length > 0) throw new BadUserInputError(problems);
}

/** What the GraphQL type is resolved from. */
export type ApplicationRow = ApplicationEntity;
