import type { Caller } from '../../shared/caller.js';
import { BadUserInputError } from '../../shared/errors.js';
import { isId } from '../../shared/ids.js';
import { requireLabelName } from '../../shared/kubernetes/names.js';
import { decodeCursor, type Page, pageOfRows, pageSize } from '../../shared/pagination.js';
import type { PermissionSet, Permissions } from '../../shared/permissions.js';
import { seenThroughEnvironments } from '../../shared/seen-through-environments.js';
import type { EnvironmentRepository } from '../environment/environment.repository.js';
import type { ProjectEntity } from './project.entity.js';
import type { ProjectPageQuery, ProjectRepository } from './project.repository.js';
import type { ProjectQuery } from './project-query.js';

/** Reading projects. Who may see one environment of a project may see the project. */
export class ProjectService {
  constructor(
    private readonly projects: ProjectRepository,
    private readonly environments: Pick<EnvironmentRepository, 'listByProjects'>,
    private readonly permissions: Pick<Permissions, 'of'>,
  ) {}

  async find(
    caller: Caller,
    key: { id?: string | null; name?: string | null },
  ): Promise<ProjectEntity | undefined> {
    const permissions = await this.permissions.of(caller);
    permissions.requireFunctional('projects.read');
    if ((key.id == null) === (key.name == null)) {
      throw BadUserInputError.at(['id'], 'Give either the id or the name of the project.');
    }
    const row =
      key.name == null
        ? isId('project', key.id ?? '') && (await this.projects.find(key.id ?? ''))
        : await this.projects.findByName(requireLabelName(key.name, ['name'], 'project'));
    const [visible] = await this.#visible(permissions, [row ? row.id : (key.id ?? '')], row ? [row] : []);
    return visible;
  }

  /** Those of the ids that exist and that the caller may see, by id. */
  async mapByIds(caller: Caller, ids: readonly string[]): Promise<Map<string, ProjectEntity>> {
    const permissions = await this.permissions.of(caller);
    const rows = await this.projects.listByIds(ids.filter((id) => isId('project', id)));
    return new Map((await this.#visible(permissions, ids, rows)).map((row) => [row.id, row]));
  }

  /** The projects of environments that the caller was given, so may see. */
  async mapOfEnvironments(projectIds: readonly string[]): Promise<Map<string, ProjectEntity>> {
    return new Map((await this.projects.listByIds(projectIds)).map((row) => [row.id, row]));
  }

  async list(caller: Caller, query: ProjectQuery): Promise<Page<ProjectEntity>> {
    const permissions = await this.permissions.of(caller);
    permissions.requireFunctional('projects.read');
    const size = pageSize(query.first);
    const filter = query.filter ?? {};
    if (filter.name != null) requireLabelName(filter.name, ['filter', 'name'], 'project');
    const page: ProjectPageQuery = {
      permitted: permissions.filter('projects.read'),
      filter,
      order: { field: query.orderBy?.field ?? 'NAME', direction: query.orderBy?.direction ?? 'ASC' },
      after: query.after ? decodeCursor(query.after, 2) : undefined,
      limit: size + 1,
    };
    const rows = await this.projects.listPage(page);
    const orderValue = {
      NAME: (row: ProjectEntity) => row.name,
      DISPLAY_NAME: (row: ProjectEntity) => row.displayName,
      CREATED_AT: (row: ProjectEntity) => row.id,
    }[page.order.field];
    return pageOfRows(rows, size, (row) => [orderValue(row), row.id], {
      after: query.after,
      totalCount: () => this.projects.count(page),
    });
  }

  /** `rows` are those of the ids that exist. For the others the same is asked: its time must not tell which they are. */
  async #visible(
    permissions: PermissionSet,
    ids: readonly string[],
    rows: readonly ProjectEntity[],
  ): Promise<ProjectEntity[]> {
    const unclear = new Set(ids.filter((projectId) => !permissions.allows('projects.read', { projectId })));
    if (unclear.size === 0) return [...rows];
    const environments = permissions.has('environments.read')
      ? await this.environments.listByProjects([...unclear])
      : [];
    const seen = seenThroughEnvironments(permissions, 'projectId', environments);
    return rows.filter(({ id }) => !unclear.has(id) || seen.has(id));
  }
}
