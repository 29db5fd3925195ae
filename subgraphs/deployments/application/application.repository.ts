import type { SelectQueryBuilder } from 'typeorm';
import { andPermitted } from '../../shared/data-filter.js';
import type { Database, Transaction } from '../../shared/database.js';
import { decodeCursor } from '../../shared/pagination.js';
import type { DataFilter } from '../../shared/permission-scope.js';
import { countsOfEach, firstIdsOfEach } from '../pages-of-each.js';
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

  /** The first applications of each project, by name, after a name when given. */
  async listByProjects(
    projectIds: readonly string[],
    filter: DataFilter,
    after: string | null | undefined,
    limit: number,
  ): Promise<ApplicationEntity[]> {
    const query = this.#permitted(projectIds, filter);
    if (after) query.andWhere('application.name > :after', { after: String(decodeCursor(after, 1)[0]) });
    const columns = { parent: 'application.project_id', id: 'application.id', order: 'application.name' };
    const ids = await firstIdsOfEach(query, columns, limit);
    return this.database.manager
      .createQueryBuilder(ApplicationEntity, 'application')
      .where('application.id = ANY(:ids)', { ids })
      .orderBy('application.name', 'ASC')
      .getMany();
  }

  /** How many applications the projects have, of those permitted. */
  async countByProjects(projectIds: readonly string[], filter: DataFilter): Promise<Map<string, number>> {
    return countsOfEach(this.#permitted(projectIds, filter), 'application.project_id');
  }

  #permitted(projectIds: readonly string[], filter: DataFilter): SelectQueryBuilder<ApplicationEntity> {
    return andPermitted(
      this.database.manager
        .createQueryBuilder(ApplicationEntity, 'application')
        .where('application.project_id = ANY(:projectIds)', { projectIds }),
      filter,
      { projectId: 'application.project_id', applicationId: 'application.id' },
    );
  }
}
