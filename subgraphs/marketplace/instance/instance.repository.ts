import { In, LessThanOrEqual, type SelectQueryBuilder } from 'typeorm';
import { andPermitted, type ScopeColumns } from '../../shared/data-filter.js';
import { type Database, isUniqueViolation, type Transaction } from '../../shared/database.js';
import { notifyDomainEvent } from '../../shared/domain-events.js';
import { ConflictError } from '../../shared/errors.js';
import type { DataFilter } from '../../shared/permission-scope.js';
import { InstanceEntity } from './instance.entity.js';

export interface InstanceListFilter {
  readonly projectId?: string | null;
  readonly environmentId?: string | null;
  readonly clusterId?: string | null;
  readonly offerings?: readonly string[] | null;
  /** Part of the name. */
  readonly search?: string | null;
}

/** The records that instances are listed under. */
export type InstanceParent = 'projectId' | 'environmentId';

const scopeColumns: ScopeColumns = {
  clusterId: 'instance.cluster_id',
  projectId: 'instance.project_id',
  landscapeId: 'instance.landscape_id',
};
const parentColumns = { projectId: 'project_id', environmentId: 'environment_id' } as const;

/** What may change of a row, besides its counters. */
export type InstanceChange = Partial<Omit<InstanceEntity, 'id' | 'revision'>>;

export class InstanceRepository {
  constructor(private readonly database: Database) {}

  async findByIds(ids: readonly string[], transaction?: Transaction): Promise<InstanceEntity[]> {
    return (transaction ?? this.database.manager).findBy(InstanceEntity, { id: In([...ids]) });
  }

  async find(id: string, transaction?: Transaction): Promise<InstanceEntity | undefined> {
    return (await this.findByIds([id], transaction))[0];
  }

  /** In order of creation, one more than `limit` when there are more. */
  async listPermitted(
    permitted: DataFilter,
    filter: InstanceListFilter,
    page: { afterId: string | undefined; limit: number },
  ): Promise<InstanceEntity[]> {
    const query = this.#permitted(permitted, filter);
    if (page.afterId !== undefined) query.andWhere('instance.id > :afterId', { afterId: page.afterId });
    return query
      .orderBy('instance.id')
      .limit(page.limit + 1)
      .getMany();
  }

  async countPermitted(permitted: DataFilter, filter: InstanceListFilter): Promise<number> {
    return this.#permitted(permitted, filter).getCount();
  }

  /** A page for each of many parents, in two queries: the first `limit + 1` of each. */
  async listPermittedByParents(
    permitted: DataFilter,
    parent: InstanceParent,
    parentIds: readonly string[],
    page: { afterId: string | undefined; limit: number },
  ): Promise<InstanceEntity[]> {
    const column = `instance.${parentColumns[parent]}`;
    const ranked = this.#permitted(permitted, {})
      .select('instance.id', 'id')
      .addSelect(`row_number() OVER (PARTITION BY ${column} ORDER BY instance.id)`, 'place')
      .andWhere(`${column} IN (:...parentIds)`, { parentIds: [...parentIds] });
    if (page.afterId !== undefined) ranked.andWhere('instance.id > :afterId', { afterId: page.afterId });
    const [sql, values] = ranked.getQueryAndParameters();
    const rows: { id: string }[] = await this.database.manager.query(
      `SELECT id FROM (${sql}) ranked WHERE place <= $${values.length + 1}`,
      [...values, page.limit + 1],
    );
    const found = await this.findByIds(rows.map(({ id }) => id));
    return found.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  async countPermittedByParents(
    permitted: DataFilter,
    parent: InstanceParent,
    parentIds: readonly string[],
  ): Promise<Map<string, number>> {
    const column = `instance.${parentColumns[parent]}`;
    const rows: { parent: string; count: string }[] = await this.#permitted(permitted, {})
      .select(column, 'parent')
      .addSelect('count(*)', 'count')
      .andWhere(`${column} IN (:...parentIds)`, { parentIds: [...parentIds] })
      .groupBy(column)
      .getRawMany();
    return new Map(rows.map((row) => [row.parent, Number(row.count)]));
  }

  /** ConflictError when the environment has one of this name. */
  async insert(transaction: Transaction, instance: InstanceEntity): Promise<void> {
    try {
      await transaction.insert(InstanceEntity, instance as never);
    } catch (error) {
      if (!isUniqueViolation(error, 'instance_environment_id_name_key')) throw error;
      throw new ConflictError(
        `The environment has an instance called ${JSON.stringify(instance.name)} already: choose another name.`,
        { field: ['input', 'name'] },
      );
    }
  }

  /** Makes the next revision of the row as it was read. ConflictError when somebody else was faster. */
  async revise(
    transaction: Transaction,
    instance: InstanceEntity,
    change: InstanceChange,
  ): Promise<InstanceEntity> {
    const { id, revision } = instance;
    const next = { ...change, revision: revision + 1 };
    const { affected } = await transaction.update(InstanceEntity, { id, revision }, next as never);
    if (affected !== 1) {
      const current = await this.find(id, transaction);
      throw new ConflictError(`The instance was changed meanwhile: read it again.`, {
        field: ['input', 'revision'],
        details: { currentVersion: current?.revision ?? null },
      });
    }
    return { ...instance, ...next };
  }

  /** Notes what the reconciler found out about one revision, and tells it when it shows; does nothing to a newer one. */
  async note(instance: InstanceEntity, change: InstanceChange): Promise<void> {
    const { id, revision } = instance;
    const shows = (['phase', 'failure', 'appliedRevision', 'settledRevision'] as const).some(
      (field) => field in change && change[field] !== instance[field],
    );
    await this.database.transaction(async (transaction) => {
      const { affected } = await transaction.update(InstanceEntity, { id, revision }, change as never);
      if (affected === 1 && shows)
        await notifyDomainEvent(transaction, { type: 'instance.changed', instanceId: id });
    });
  }

  async remove({ id, revision }: InstanceEntity): Promise<void> {
    await this.database.transaction(async (transaction) => {
      const { affected } = await transaction.delete(InstanceEntity, { id, revision });
      if (affected === 1) await notifyDomainEvent(transaction, { type: 'instance.changed', instanceId: id });
    });
  }

  /** Takes a due row for this process until the given time; undefined when another has taken it. */
  async claim(id: string, now: Date, until: Date): Promise<InstanceEntity | undefined> {
    const { affected } = await this.database.manager.update(
      InstanceEntity,
      { id, nextAttemptAt: LessThanOrEqual(now) },
      { nextAttemptAt: until },
    );
    return affected === 1 ? this.find(id) : undefined;
  }

  /** Ids of what is due to be looked after, the longest waiting first. */
  async listDue(now: Date, limit: number): Promise<string[]> {
    const rows = await this.database.manager
      .createQueryBuilder(InstanceEntity, 'instance')
      .select('instance.id', 'id')
      .where('instance.settled_revision IS DISTINCT FROM instance.revision')
      .andWhere('instance.next_attempt_at <= :now', { now })
      .andWhere(`instance.phase <> 'FAILED'`)
      .orderBy('instance.next_attempt_at')
      .limit(limit)
      .getRawMany<{ id: string }>();
    return rows.map(({ id }) => id);
  }

  async listEnvironmentIds(): Promise<string[]> {
    const rows: { environmentId: string }[] = await this.database.manager
      .createQueryBuilder(InstanceEntity, 'instance')
      .select('instance.environment_id', 'environmentId')
      .distinct(true)
      .getRawMany();
    return rows.map(({ environmentId }) => environmentId);
  }

  /** For an environment that is gone with its namespace and all that was in it. */
  async removeByEnvironment(environmentId: string): Promise<void> {
    await this.database.transaction(async (transaction) => {
      const instances = await transaction.findBy(InstanceEntity, { environmentId });
      await transaction.delete(InstanceEntity, { environmentId });
      for (const { id } of instances)
        await notifyDomainEvent(transaction, { type: 'instance.changed', instanceId: id });
    });
  }

  #permitted(permitted: DataFilter, filter: InstanceListFilter): SelectQueryBuilder<InstanceEntity> {
    const query = this.database.manager.createQueryBuilder(InstanceEntity, 'instance').where('TRUE');
    andPermitted(query, permitted, scopeColumns);
    const { projectId, environmentId, clusterId, offerings, search } = filter;
    if (projectId != null) query.andWhere('instance.project_id = :projectId', { projectId });
    if (environmentId != null) query.andWhere('instance.environment_id = :environmentId', { environmentId });
    if (clusterId != null) query.andWhere('instance.cluster_id = :clusterId', { clusterId });
    if (offerings) query.andWhere('instance.offering = ANY(:offerings)', { offerings: [...offerings] });
    if (search) query.andWhere('strpos(instance.name, :search) > 0', { search: search.toLowerCase() });
    return query;
  }
}
