import { In } from 'typeorm';
import { type Database, isUniqueViolation, type Transaction } from '../../shared/database.js';
import { ConflictError, NotFoundError } from '../../shared/errors.js';
import {
  decodeCursor,
  type Page,
  type PageArguments,
  pageOfRows,
  pageSize,
} from '../../shared/pagination.js';
import { updateVersioned } from '../versioned-update.js';
import { TeamEntity } from './team.entity.js';

export class TeamRepository {
  constructor(private readonly database: Database) {}

  async get(
    id: string,
    field: readonly string[],
    manager: Transaction = this.database.manager,
  ): Promise<TeamEntity> {
    const team = await manager.findOneBy(TeamEntity, { id });
    if (!team) throw new NotFoundError('Team', id, field);
    return team;
  }

  listByIds(ids: readonly string[]): Promise<TeamEntity[]> {
    return this.database.manager.findBy(TeamEntity, { id: In([...ids]) });
  }

  /** In order of name. */
  async list(page: PageArguments): Promise<Page<TeamEntity>> {
    const size = pageSize(page.first);
    const query = this.database.manager.createQueryBuilder(TeamEntity, 'team');
    const rows = query
      .clone()
      .orderBy('team.name')
      .limit(size + 1);
    if (page.after) rows.where('team.name > :after', { after: decodeCursor(page.after, 1)[0] });
    return pageOfRows(await rows.getMany(), size, (team) => [team.name], {
      after: page.after,
      totalCount: () => query.getCount(),
    });
  }

  async insert(transaction: Transaction, team: TeamEntity): Promise<TeamEntity> {
    return this.#unlessTaken(team.name, async () => {
      await transaction.insert(TeamEntity, team);
      return team;
    });
  }

  async update(transaction: Transaction, team: TeamEntity, patch: Partial<TeamEntity>): Promise<TeamEntity> {
    return this.#unlessTaken(patch.name ?? team.name, () =>
      updateVersioned(transaction, TeamEntity, team, patch),
    );
  }

  async #unlessTaken<T>(name: string, write: () => Promise<T>): Promise<T> {
    try {
      return await write();
    } catch (error) {
      if (!isUniqueViolation(error, 'team_name_unique')) throw error;
      throw new ConflictError(`The team name ${JSON.stringify(name)} is taken: choose another.`, {
        field: ['input', 'name'],
      });
    }
  }

  async remove(transaction: Transaction, id: string): Promise<void> {
    await transaction.delete(TeamEntity, { id });
  }
}
