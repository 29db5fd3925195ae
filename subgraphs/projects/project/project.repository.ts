import { type EntityManager, In, type SelectQueryBuilder } from 'typeorm';
import { andPermitted } from '../../shared/data-filter.js';
import type { Database } from '../../shared/database.js';
import type { OrderDirection } from '../../shared/order-direction.js';
import type { DataFilter } from '../../shared/permission-scope.js';
import { ProjectEntity } from './project.entity.js';
import type { ProjectOrderField, ProjectQuery } from './project-query.js';

export interface ProjectPageQuery {
  readonly permitted: DataFilter;
  readonly filter: NonNullable<ProjectQuery['filter']>;
  readonly order: { readonly field: ProjectOrderField; readonly direction: OrderDirection };
  /** The order field's value and the id of the row before the page. */
  readonly after: readonly (string | number)[] | undefined;
  readonly limit: number;
}

// Ids sort by creation.
const orderColumns = { NAME: 'name', DISPLAY_NAME: 'display_name', CREATED_AT: 'id' } as const;

export class ProjectRepository {
  constructor(private readonly database: Database) {}

  find(id: string, manager: EntityManager = this.database.manager): Promise<ProjectEntity | null> {
    return manager.findOneBy(ProjectEntity, { id });
  }

  findByName(name: string): Promise<ProjectEntity | null> {
    return this.database.manager.findOneBy(ProjectEntity, { name });
  }

  listByIds(ids: readonly string[]): Promise<ProjectEntity[]> {
    return this.database.manager.findBy(ProjectEntity, { id: In([...ids]) });
  }

  listPage(query: ProjectPageQuery): Promise<ProjectEntity[]> {
    const column = orderColumns[query.order.field];
    const rows = this.#matching(query)
      .orderBy(`project.${column}`, query.order.direction)
      .addOrderBy('project.id', query.order.direction)
      .limit(query.limit);
    if (query.after) {
      const operator = query.order.direction === 'ASC' ? '>' : '<';
      rows.andWhere(`(project.${column}, project.id) ${operator} (:afterValue, :afterId)`, {
        afterValue: query.after[0],
        afterId: query.after[1],
      });
    }
    return rows.getMany();
  }

  count(query: ProjectPageQuery): Promise<number> {
    return this.#matching(query).getCount();
  }

  #matching({ permitted, filter }: ProjectPageQuery): SelectQueryBuilder<ProjectEntity> {
    const rows = this.database.manager.createQueryBuilder(ProjectEntity, 'project').where('TRUE');
    if (filter.name != null) rows.andWhere('project.name = :name', { name: filter.name });
    if (filter.search) {
      rows.andWhere(
        `position(lower(:search) IN lower(concat_ws(' ', project.name, project.display_name, project.description))) > 0`,
        { search: filter.search },
      );
    }
    return andPermitted(rows, permitted, { projectId: 'project.id' });
  }

  async insert(row: ProjectEntity, manager: EntityManager): Promise<void> {
    await manager.insert(ProjectEntity, row);
  }

  /** False when the row has another version by now. */
  async update(
    { id, version }: Pick<ProjectEntity, 'id' | 'version'>,
    fields: Partial<Omit<ProjectEntity, 'id' | 'version'>>,
    manager: EntityManager,
  ): Promise<boolean> {
    const { affected } = await manager.update(
      ProjectEntity,
      { id, version },
      { ...fields, version: version + 1 },
    );
    return affected === 1;
  }

  /** Fails on a foreign key while it has environments. */
  async remove(id: string, manager: EntityManager): Promise<void> {
    await manager.delete(ProjectEntity, { id });
  }
}
