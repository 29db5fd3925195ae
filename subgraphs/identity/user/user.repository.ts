import { In, type SelectQueryBuilder } from 'typeorm';
import { type Database, isUniqueViolation, type Transaction } from '../../shared/database.js';
import { ConflictError, NotFoundError } from '../../shared/errors.js';
import {
  decodeCursor,
  type Page,
  type PageArguments,
  pageOfRows,
  pageSize,
} from '../../shared/pagination.js';
import { TeamMemberEntity } from '../team/team-member.entity.js';
import { updateVersioned } from '../versioned-update.js';
import { UserEntity } from './user.entity.js';

export interface UserCriteria {
  /** Part of the login or display name, in any case. */
  readonly search?: string | null;
  readonly disabled?: boolean | null;
  readonly teamId?: string | null;
}

export class UserRepository {
  constructor(private readonly database: Database) {}

  find(id: string, manager: Transaction = this.database.manager): Promise<UserEntity | null> {
    return manager.findOneBy(UserEntity, { id });
  }

  async get(id: string, field: readonly string[], manager?: Transaction): Promise<UserEntity> {
    const user = await this.find(id, manager);
    if (!user) throw new NotFoundError('User', id, field);
    return user;
  }

  findByLogin(login: string, manager: Transaction = this.database.manager): Promise<UserEntity | null> {
    return manager.findOneBy(UserEntity, { login });
  }

  listByIds(ids: readonly string[], manager: Transaction = this.database.manager): Promise<UserEntity[]> {
    return manager.findBy(UserEntity, { id: In([...ids]) });
  }

  /** In order of login. */
  async list(criteria: UserCriteria, page: PageArguments): Promise<Page<UserEntity>> {
    const size = pageSize(page.first);
    const query = this.#matching(criteria);
    const rows = query
      .clone()
      .orderBy('user.login')
      .limit(size + 1);
    if (page.after) rows.andWhere('user.login > :after', { after: decodeCursor(page.after, 1)[0] });
    return pageOfRows(await rows.getMany(), size, (user) => [user.login], {
      after: page.after,
      totalCount: () => query.getCount(),
    });
  }

  #matching({ search, disabled, teamId }: UserCriteria): SelectQueryBuilder<UserEntity> {
    const query = this.database.manager.createQueryBuilder(UserEntity, 'user').where('TRUE');
    if (search) {
      query.andWhere('(user.login ILIKE :search OR user.displayName ILIKE :search)', {
        search: `%${search.replaceAll(/[\\%_]/g, '\\$&')}%`,
      });
    }
    if (disabled != null) query.andWhere('user.disabled = :disabled', { disabled });
    if (teamId) {
      query.andWhere(
        `user.id IN ${query.subQuery().select('member.userId').from(TeamMemberEntity, 'member').where('member.teamId = :teamId').getQuery()}`,
        { teamId },
      );
    }
    return query;
  }

  async insert(transaction: Transaction, user: UserEntity): Promise<UserEntity> {
    try {
      await transaction.insert(UserEntity, user);
      return user;
    } catch (error) {
      if (!isUniqueViolation(error, 'user_login_unique')) throw error;
      throw new ConflictError(`The login ${JSON.stringify(user.login)} is taken: choose another.`, {
        field: ['input', 'login'],
      });
    }
  }

  update(transaction: Transaction, user: UserEntity, patch: Partial<UserEntity>): Promise<UserEntity> {
    return updateVersioned(transaction, UserEntity, user, patch);
  }
}
