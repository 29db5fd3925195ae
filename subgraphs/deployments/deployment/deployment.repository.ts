import { In, IsNull, Not, type SelectQueryBuilder } from 'typeorm';
import { andPermitted } from '../../shared/data-filter.js';
import type { Database, Transaction } from '../../shared/database.js';
import { loadTogether } from '../../shared/load-together.js';
import {
  decodeCursor,
  type Page,
  type PageArguments,
  pageOfRows,
  pageSize,
} from '../../shared/pagination.js';
import type { DataFilter } from '../../shared/permission-scope.js';
import { countsOfEach, firstIdsOfEach } from '../pages-of-each.js';
import type { CanaryState } from '../rollout/canary.js';
import type { RolloutCounts } from '../rollout/rollout.js';
import { type RolloutPhase, unfinishedPhases } from '../rollout/rollout-phase.js';
import { ServiceEntity } from '../service/service.entity.js';
import { DeploymentEntity, type DeploymentKind } from './deployment.entity.js';
import { DeploymentLogEntity, type LogLevel } from './deployment-log.entity.js';

export interface DeploymentListFilter {
  readonly serviceId?: string | null;
  readonly applicationId?: string | null;
  readonly projectId?: string | null;
  readonly clusterId?: string | null;
  readonly landscapeId?: string | null;
  readonly kinds?: readonly DeploymentKind[] | null;
  readonly phases?: readonly RolloutPhase[] | null;
}

export interface LogLine {
  readonly at: Date;
  readonly level: LogLevel;
  readonly message: string;
}

const scopeColumns = {
  projectId: 'deployment.project_id',
  landscapeId: 'deployment.landscape_id',
  clusterId: 'deployment.cluster_id',
  applicationId: 'deployment.application_id',
} as const;

export class DeploymentRepository {
  /** As `find`, with all that others look at at the same moment. */
  readonly findTogether: (id: string) => Promise<Readonly<DeploymentEntity> | undefined>;

  constructor(private readonly database: Database) {
    this.findTogether = loadTogether((ids) => this.listByIds(ids));
  }

  async find(
    id: string,
    manager: Transaction = this.database.manager,
  ): Promise<DeploymentEntity | undefined> {
    return (await manager.findOneBy(DeploymentEntity, { id })) ?? undefined;
  }

  async listByIds(ids: readonly string[]): Promise<DeploymentEntity[]> {
    return this.#query().where('deployment.id = ANY(:ids)', { ids }).getMany();
  }

  async listUnfinished(): Promise<DeploymentEntity[]> {
    return this.#query().where('deployment.finished_at IS NULL').orderBy('deployment.id').getMany();
  }

  /** Services whose rollout was aborted with nothing to go back to, and that have yet to be stopped. */
  async listToStop(): Promise<string[]> {
    const rows = await this.#query()
      .innerJoin(ServiceEntity, 'service', 'service.current_deployment_id = deployment.id')
      .where(`deployment.phase = 'ABORTED' AND deployment.applied_at IS NULL`)
      .getMany();
    return rows.map(({ serviceId }) => serviceId);
  }

  /** The newest SUCCEEDED one of the service before this one; of another template than this one's when that is asked for. */
  async findSucceededBefore(
    { serviceId, number, templateId }: Pick<DeploymentEntity, 'serviceId' | 'number' | 'templateId'>,
    options: { readonly ofAnotherTemplate?: boolean; readonly manager?: Transaction } = {},
  ): Promise<DeploymentEntity | undefined> {
    const query = (options.manager ?? this.database.manager)
      .createQueryBuilder(DeploymentEntity, 'deployment')
      .where(
        `deployment.service_id = :serviceId AND deployment.number < :number AND deployment.phase = 'SUCCEEDED'`,
        { serviceId, number },
      );
    if (options.ofAnotherTemplate) query.andWhere('deployment.template_id <> :templateId', { templateId });
    return (await query.orderBy('deployment.number', 'DESC').limit(1).getOne()) ?? undefined;
  }

  /** The keys of a Secret that the service's deployments name, each with the number of the newest that does. */
  async listSecretKeys(serviceId: string, secret: string): Promise<Map<string, number>> {
    const rows: { key: string; number: number }[] = await this.database.manager.query(
      `SELECT entry->>'secretKey' AS key, max(number) AS number
         FROM deployments.deployment,
              jsonb_array_elements((spec->'environmentVariables') || (spec->'files')) AS entry
        WHERE service_id = $1 AND entry->>'secretRef' = $2 AND entry->>'secretKey' IS NOT NULL
        GROUP BY 1`,
      [serviceId, secret],
    );
    return new Map(rows.map(({ key, number }) => [key, number]));
  }

  async insert(transaction: Transaction, row: DeploymentEntity, lines: readonly LogLine[]): Promise<void> {
    // jsonb columns are typed as partial entities by TypeORM's insert.
    await transaction.insert(DeploymentEntity, row as never);
    await this.log(transaction, row.id, lines);
  }

  async log(manager: Transaction, deploymentId: string, lines: readonly LogLine[]): Promise<void> {
    if (lines.length > 0) {
      await manager.insert(
        DeploymentLogEntity,
        lines.map((line) => ({ ...line, deploymentId })),
      );
    }
  }

  /**
   * Ends the unfinished one with this id. A conditional update: of all who try, in any process, exactly one gets
   * true, and writes the log.
   */
  async finish(
    transaction: Transaction,
    id: string,
    phase: RolloutPhase,
    end: { at: Date; result: RolloutCounts | null; lines: readonly LogLine[] },
  ): Promise<boolean> {
    const done = await transaction.update(
      DeploymentEntity,
      { id, phase: In([...unfinishedPhases]) },
      {
        phase,
        finishedAt: end.at,
        result: end.result as never,
        // What it started has yet to be stopped, unless another deployment takes over.
        ...(phase === 'ABORTED' ? { appliedAt: null } : {}),
      },
    );
    if (done.affected !== 1) return false;
    await this.log(transaction, id, end.lines);
    return true;
  }

  /** Ids of the service's unfinished deployments. */
  async listUnfinishedIds(transaction: Transaction, serviceId: string): Promise<string[]> {
    const rows = await transaction.find(DeploymentEntity, {
      select: { id: true },
      where: { serviceId, phase: In([...unfinishedPhases]) },
    });
    return rows.map(({ id }) => id);
  }

  /** Moves between unfinished phases; false when it was no longer in `from`. */
  async move(transaction: Transaction, id: string, from: RolloutPhase, to: RolloutPhase): Promise<boolean> {
    return (await transaction.update(DeploymentEntity, { id, phase: from }, { phase: to })).affected === 1;
  }

  /** False when another process has reported it already, or the deployment has ended. */
  async markReported(
    transaction: Transaction,
    id: string,
    before: string,
    reported: string,
  ): Promise<boolean> {
    const result = await transaction.update(
      DeploymentEntity,
      { id, reported: before, phase: In([...unfinishedPhases]) },
      { reported },
    );
    return result.affected === 1;
  }

  async setPaused(transaction: Transaction, id: string, paused: boolean): Promise<boolean> {
    const result = await transaction.update(
      DeploymentEntity,
      { id, phase: In([...unfinishedPhases]), paused: !paused },
      // Applied again, with the new value.
      { paused, appliedAt: null },
    );
    return result.affected === 1;
  }

  /** From one state of its canary to the next; false when it was no longer in the first. */
  async moveCanary(
    transaction: Transaction,
    id: string,
    from: Pick<CanaryState, 'step' | 'since'>,
    to: Pick<CanaryState, 'step' | 'since'>,
  ): Promise<boolean> {
    const result = await transaction.update(
      DeploymentEntity,
      {
        id,
        canaryStep: from.step,
        canarySince: from.since === null ? IsNull() : Not(IsNull()),
        phase: In([...unfinishedPhases]),
      },
      // Applied again, with the new shares.
      { canaryStep: to.step, canarySince: to.since, appliedAt: null },
    );
    return result.affected === 1;
  }

  /** True for the first to say so; false when something else is wanted meanwhile than what was applied. */
  async markApplied(
    manager: Transaction,
    { id, paused, canaryStep, canarySince }: DeploymentEntity,
    at: Date,
  ): Promise<boolean> {
    const result = await manager.update(
      DeploymentEntity,
      {
        id,
        paused,
        canaryStep,
        canarySince: canarySince === null ? IsNull() : Not(IsNull()),
        appliedAt: IsNull(),
      },
      { appliedAt: at },
    );
    return result.affected === 1;
  }

  async list(
    wanted: DeploymentListFilter,
    permitted: DataFilter,
    page: PageArguments,
  ): Promise<Page<DeploymentEntity>> {
    const query = () => andPermitted(this.#filtered(wanted), permitted, scopeColumns);
    const size = pageSize(page.first);
    // Ids begin with the time.
    const rows = query()
      .orderBy('deployment.id', 'DESC')
      .take(size + 1);
    if (page.after)
      rows.andWhere('deployment.id < :after', { after: String(decodeCursor(page.after, 1)[0]) });
    return pageOfRows(await rows.getMany(), size, (row) => [row.id], {
      after: page.after,
      totalCount: () => query().getCount(),
    });
  }

  /** The first deployments of each service, newest first, before a number when given. */
  async listByServices(
    serviceIds: readonly string[],
    after: string | null | undefined,
    limit: number,
  ): Promise<DeploymentEntity[]> {
    const query = this.#query().where('deployment.service_id = ANY(:serviceIds)', { serviceIds });
    if (after) query.andWhere('deployment.number < :after', { after: Number(decodeCursor(after, 1)[0]) });
    const columns = {
      parent: 'deployment.service_id',
      id: 'deployment.id',
      order: 'deployment.number DESC',
    };
    const ids = await firstIdsOfEach(query, columns, limit);
    return this.#query()
      .where('deployment.id = ANY(:ids)', { ids })
      .orderBy('deployment.number', 'DESC')
      .getMany();
  }

  countByServices(serviceIds: readonly string[]): Promise<Map<string, number>> {
    return countsOfEach(
      this.#query().where('deployment.service_id = ANY(:serviceIds)', { serviceIds }),
      'deployment.service_id',
    );
  }

  async countByProjects(projectIds: readonly string[], permitted: DataFilter): Promise<Map<string, number>> {
    const rows = await andPermitted(
      this.#query()
        .select('deployment.project_id', 'projectId')
        .addSelect('count(*)::int', 'count')
        .where('deployment.project_id = ANY(:projectIds)', { projectIds }),
      permitted,
      scopeColumns,
    )
      .groupBy('deployment.project_id')
      .getRawMany<{ projectId: string; count: number }>();
    return new Map(rows.map(({ projectId, count }) => [projectId, count]));
  }

  /** In the order written. */
  async listLog(deploymentId: string, page: PageArguments): Promise<Page<DeploymentLogEntity>> {
    const size = pageSize(page.first);
    const rows = await this.listLogAfter(
      deploymentId,
      page.after ? String(decodeCursor(page.after, 1)[0]) : '0',
      size + 1,
    );
    return pageOfRows(rows, size, (row) => [row.id], {
      after: page.after,
      totalCount: () => this.database.manager.countBy(DeploymentLogEntity, { deploymentId }),
    });
  }

  async listLogAfter(deploymentId: string, afterId: string, limit: number): Promise<DeploymentLogEntity[]> {
    return this.database.manager
      .createQueryBuilder(DeploymentLogEntity, 'log')
      .where('log.deployment_id = :deploymentId', { deploymentId })
      .andWhere('log.id > :afterId', { afterId: /^\d{1,18}$/.test(afterId) ? afterId : '0' })
      .orderBy('log.id', 'ASC')
      .limit(limit)
      .getMany();
  }

  #filtered(wanted: DeploymentListFilter): SelectQueryBuilder<DeploymentEntity> {
    const query = this.#query().where('TRUE');
    for (const [field, column] of [
      ['serviceId', 'service_id'],
      ['applicationId', 'application_id'],
      ['projectId', 'project_id'],
      ['clusterId', 'cluster_id'],
      ['landscapeId', 'landscape_id'],
    ] as const) {
      const value = wanted[field];
      if (value != null) query.andWhere(`deployment.${column} = :${field}`, { [field]: value });
    }
    if (wanted.kinds) query.andWhere('deployment.kind = ANY(:kinds)', { kinds: wanted.kinds });
    if (wanted.phases) query.andWhere('deployment.phase = ANY(:phases)', { phases: wanted.phases });
    return query;
  }

  #query(): SelectQueryBuilder<DeploymentEntity> {
    return this.database.manager.createQueryBuilder(DeploymentEntity, 'deployment');
  }
}
