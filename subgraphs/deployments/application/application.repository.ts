import { andPermitted } from '../../shared/data-filter.js';
import type { Database, Transaction } from '../../shared/database.js';
import {
  decodeCursor,
  type Page,
  type PageArguments,
  pageOfRows,
  pageSize,
} from '../../shared/pagination.js';
import type { DataFilter } from '../../shared/permissions.js';
import { ApplicationEntity } from './application.entity.js';

export class ApplicationRepository {
  constructor(private readonly database: Database) {}

  async find(
    id: string,
    manager: Transaction = this.database.manager,
  ): Promise<ApplicationEntity | undefined> {
    return (await manager.findOneBy(ApplicationEntity, { id })) ?? undefined;
  }

  async listByIds(ids: readonly string[]): Promise<ApplicationEntity[]> {
    return this.database.manager
      .createQueryBuilder(ApplicationEntity, 'application')
      .where('application.id = ANY(:ids)', { ids })
      .getMany();
  }

  async insert(transaction: Transaction, row: ApplicationEntity): Promise<void> {
    await transaction.insert(ApplicationEntity, row);
  }

  /** False when the version is no longer the given one. */
  async update(
    transaction: Transaction,
    id: string,
    version: number,
    change: Partial<ApplicationEntity>,
  ): Promise<boolean> {
    const result = await transaction.update(
      ApplicationEntity,
      { id, version },
      { ...change, version: version + 1 },
    );
    return result.affected === 1;
  }

  async delete(transaction: Transaction, id: string): Promise<void> {
    await transaction.delete(ApplicationEntity, { id });
  }

  async listByProject(
    projectId: string,
    filter: DataFilter,
    page: PageArguments,
  ): Promise<Page<ApplicationEntity>> {
    const query = () =>
      andPermitted(
        this.database.manager
          .createQueryBuilder(ApplicationEntity, 'application')
          .where('application.project_id = :projectId', { projectId }),
        filter,
        { projectId: 'application.project_id', applicationId: 'application.id' },
      );
    const size = pageSize(page.first);
    const rows = query()
      .orderBy('application.name', 'ASC')
      .take(size + 1);
    if (page.after) rows.andWhere('application.name > :after', { after: decodeCursor(page.after, 1)[0] });
    return pageOfRows(await rows.getMany(), size, (row) => [row.name], {
      after: page.after,
      totalCount: () => query().getCount(),
    });
  }

  /** How many applications the projects have, of those permitted. */
  async countByProjects(projectIds: readonly string[], filter: DataFilter): Promise<Map<string, number>> {
    const rows = await andPermitted(
      this.database.manager
        .createQueryBuilder(ApplicationEntity, 'application')
        .select('application.project_id', 'projectId')
        .addSelect('count(*)::int', 'count')
        .where('application.project_id = ANY(:projectIds)', { projectIds }),
      filter,
      { projectId: 'application.project_id', applicationId: 'application.id' },
    )
      .groupBy('application.project_id')
      .getRawMany<{ projectId: string; count: number }>();
    return new Map(rows.map(({ projectId, count }) => [projectId, count]));
  }
}
