import { type EntityManager, In, Not } from 'typeorm';
import { andPermitted } from '../../shared/data-filter.js';
import type { Database } from '../../shared/database.js';
import type { DataFilter } from '../../shared/permission-scope.js';
import { EnvironmentEntity, type EnvironmentState } from './environment.entity.js';

export interface EnvironmentPageQuery {
  readonly clusterId: string;
  readonly permitted: DataFilter;
  /** Namespace of the row before the page; unique within a cluster. */
  readonly after: string | number | undefined;
  readonly limit: number;
}

const scopeColumns = {
  projectId: 'environment.project_id',
  landscapeId: 'environment.landscape_id',
  clusterId: 'environment.cluster_id',
};

export class EnvironmentRepository {
  constructor(private readonly database: Database) {}

  find(id: string, manager: EntityManager = this.database.manager): Promise<EnvironmentEntity | null> {
    return manager.findOneBy(EnvironmentEntity, { id });
  }

  findByPlace(
    place: Pick<EnvironmentEntity, 'projectId' | 'landscapeId' | 'clusterId'>,
  ): Promise<EnvironmentEntity | null> {
    const { projectId, landscapeId, clusterId } = place;
    return this.database.manager.findOneBy(EnvironmentEntity, { projectId, landscapeId, clusterId });
  }

  listByIds(ids: readonly string[]): Promise<EnvironmentEntity[]> {
    return this.database.manager.findBy(EnvironmentEntity, { id: In([...ids]) });
  }

  listByProjects(
    projectIds: readonly string[],
    manager: EntityManager = this.database.manager,
  ): Promise<EnvironmentEntity[]> {
    return manager.find(EnvironmentEntity, {
      where: { projectId: In([...projectIds]) },
      order: { landscapeId: 'ASC', namespace: 'ASC', clusterId: 'ASC' },
    });
  }

  listAll(): Promise<EnvironmentEntity[]> {
    return this.database.manager.find(EnvironmentEntity, { order: { id: 'ASC' } });
  }

  async hasAnyOn(clusterId: string, permitted: DataFilter): Promise<boolean> {
    return (await this.count({ clusterId, permitted, after: undefined, limit: 1 })) > 0;
  }

  listPage(query: EnvironmentPageQuery): Promise<EnvironmentEntity[]> {
    const rows = this.#matching(query).orderBy('environment.namespace', 'ASC').limit(query.limit);
    if (query.after !== undefined) rows.andWhere('environment.namespace > :after', { after: query.after });
    return rows.getMany();
  }

  count(query: EnvironmentPageQuery): Promise<number> {
    return this.#matching(query).getCount();
  }

  #matching({ clusterId, permitted }: EnvironmentPageQuery) {
    const rows = this.database.manager
      .createQueryBuilder(EnvironmentEntity, 'environment')
      .where('environment.cluster_id = :clusterId', { clusterId });
    return andPermitted(rows, permitted, scopeColumns);
  }

  async insert(row: EnvironmentEntity): Promise<void> {
    await this.database.manager.insert(EnvironmentEntity, row);
  }

  /** False when the row is in another state by now. */
  async setState(
    id: string,
    change: { from: EnvironmentState; to: EnvironmentState; at: Date },
    manager: EntityManager = this.database.manager,
  ): Promise<boolean> {
    const { affected } = await manager.update(
      EnvironmentEntity,
      { id, state: change.from },
      { state: change.to, updatedAt: change.at },
    );
    return affected === 1;
  }

  /** False when it is being deleted already. */
  async startDeleting(id: string, at: Date, manager: EntityManager): Promise<boolean> {
    const { affected } = await manager.update(
      EnvironmentEntity,
      { id, state: Not('DELETING') },
      { state: 'DELETING', updatedAt: at },
    );
    return affected === 1;
  }

  /** False when the row has another version by now. */
  async setQuota(
    { id, version }: Pick<EnvironmentEntity, 'id' | 'version'>,
    fields: Pick<EnvironmentEntity, 'quota' | 'updatedAt'>,
    manager: EntityManager,
  ): Promise<boolean> {
    const { affected } = await manager.update(
      EnvironmentEntity,
      { id, version },
      { ...fields, version: version + 1 },
    );
    return affected === 1;
  }

  async remove(
    id: string,
    state: EnvironmentState,
    manager: EntityManager = this.database.manager,
  ): Promise<boolean> {
    const { affected } = await manager.delete(EnvironmentEntity, { id, state });
    return affected === 1;
  }
}
