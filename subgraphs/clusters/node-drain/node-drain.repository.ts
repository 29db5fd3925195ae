import { IsNull } from 'typeorm';
import type { Database, Transaction } from '../../shared/database.js';
import { loadTogether } from '../../shared/load-together.js';
import {
  decodeCursor,
  type Page,
  type PageArguments,
  pageOfRows,
  pageSize,
} from '../../shared/pagination.js';
import type { DrainEnd, DrainedPod } from './drain-state.js';
import { NodeDrainEntity } from './node-drain.entity.js';

export interface DrainListFilter {
  readonly nodeName?: string | null;
  /** True: those under way alone. */
  readonly running?: boolean | null;
}

const unfinished = { finishedAt: IsNull() };

/** All changes of a drain are conditional: of all who try, in any process, exactly one succeeds. */
export class NodeDrainRepository {
  /** As `find`, with all that others look at at the same moment. */
  readonly findTogether: (id: string) => Promise<Readonly<NodeDrainEntity> | undefined>;

  constructor(private readonly database: Database) {
    this.findTogether = loadTogether((ids) => this.#query().where('drain.id = ANY(:ids)', { ids }).getMany());
  }

  async find(id: string, manager: Transaction = this.database.manager): Promise<NodeDrainEntity | undefined> {
    return (await manager.findOneBy(NodeDrainEntity, { id })) ?? undefined;
  }

  /** The newest drain of each of the nodes, by name. */
  async mapNewest(clusterId: string, nodeNames: readonly string[]): Promise<Map<string, NodeDrainEntity>> {
    const rows = await this.#query()
      .distinctOn(['drain.node_name'])
      .where('drain.cluster_id = :clusterId AND drain.node_name = ANY(:nodeNames)', { clusterId, nodeNames })
      .orderBy('drain.node_name')
      .addOrderBy('drain.id', 'DESC')
      .getMany();
    return new Map(rows.map((row) => [row.nodeName, row]));
  }

  /** The newest first. */
  async listByCluster(
    clusterId: string,
    filter: DrainListFilter,
    page: PageArguments,
  ): Promise<Page<NodeDrainEntity>> {
    const size = pageSize(page.first);
    const matching = () => {
      const query = this.#query().where('drain.cluster_id = :clusterId', { clusterId });
      if (filter.nodeName != null)
        query.andWhere('drain.node_name = :nodeName', { nodeName: filter.nodeName });
      if (filter.running != null) {
        query.andWhere(filter.running ? 'drain.finished_at IS NULL' : 'drain.finished_at IS NOT NULL');
      }
      return query;
    };
    const query = matching();
    if (page.after) query.andWhere('drain.id < :after', { after: String(decodeCursor(page.after, 1)[0]) });
    const rows = await query
      .orderBy('drain.id', 'DESC')
      .limit(size + 1)
      .getMany();
    return pageOfRows(rows, size, ({ id }) => [id], {
      after: page.after,
      totalCount: () => matching().getCount(),
    });
  }

  /** Ids of those that nobody works on. */
  async listUnheld(now: Date): Promise<string[]> {
    const rows = await this.#query()
      .select('drain.id')
      .where('drain.finished_at IS NULL AND (drain.held_until IS NULL OR drain.held_until < :now)', { now })
      .orderBy('drain.id')
      .getMany();
    return rows.map(({ id }) => id);
  }

  async insert(transaction: Transaction, row: NodeDrainEntity): Promise<void> {
    // jsonb columns are typed as partial entities by TypeORM's insert.
    await transaction.insert(NodeDrainEntity, row as never);
  }

  /** Undefined when it has ended, or another works on it. */
  async hold(id: string, holder: string, now: Date, until: Date): Promise<NodeDrainEntity | undefined> {
    const { affected } = await this.database.manager
      .createQueryBuilder()
      .update(NodeDrainEntity)
      .set({ holder, heldUntil: until })
      .where('id = :id AND finished_at IS NULL AND (held_until IS NULL OR held_until < :now)', { id, now })
      .execute();
    return affected === 1 ? this.find(id) : undefined;
  }

  async renew(id: string, holder: string, until: Date): Promise<boolean> {
    const result = await this.database.manager.update(
      NodeDrainEntity,
      { id, holder, ...unfinished },
      { heldUntil: until },
    );
    return result.affected === 1;
  }

  /** Another may take it up at once. */
  async release(id: string, holder: string): Promise<void> {
    await this.database.manager.update(
      NodeDrainEntity,
      { id, holder, ...unfinished },
      { holder: null, heldUntil: null },
    );
  }

  /** False when it has ended, or is no longer held. */
  async report(
    transaction: Transaction,
    { id, revision }: Pick<NodeDrainEntity, 'id' | 'revision'>,
    holder: string,
    progress: { readonly pods: readonly DrainedPod[]; readonly problem: string | null },
  ): Promise<boolean> {
    const result = await transaction.update(
      NodeDrainEntity,
      { id, holder, ...unfinished },
      { pods: progress.pods as never, problem: progress.problem, revision: revision + 1 },
    );
    return result.affected === 1;
  }

  /** True for exactly one of all who try to end it, in any way. */
  async finish(
    transaction: Transaction,
    { id, revision }: Pick<NodeDrainEntity, 'id' | 'revision'>,
    end: DrainEnd & { readonly at: Date; readonly pods?: readonly DrainedPod[] },
  ): Promise<boolean> {
    const result = await transaction.update(
      NodeDrainEntity,
      { id, ...unfinished },
      {
        state: end.state,
        outcome: end.outcome,
        finishedAt: end.at,
        problem: null,
        holder: null,
        heldUntil: null,
        revision: revision + 1,
        ...(end.pods ? { pods: end.pods as never } : {}),
      },
    );
    return result.affected === 1;
  }

  #query() {
    return this.database.manager.createQueryBuilder(NodeDrainEntity, 'drain');
  }
}
