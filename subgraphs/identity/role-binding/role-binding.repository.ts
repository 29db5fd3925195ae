import type { SelectQueryBuilder } from 'typeorm';
import { andPermitted, type ScopeColumns } from '../../shared/data-filter.js';
import { type Database, isUniqueViolation, type Transaction } from '../../shared/database.js';
import { ConflictError } from '../../shared/errors.js';
import {
  decodeCursor,
  type Page,
  type PageArguments,
  pageOfRows,
  pageSize,
} from '../../shared/pagination.js';
import type { DataFilter, Scope } from '../../shared/permission-scope.js';
import { TeamMemberEntity } from '../team/team-member.entity.js';
import { type Effect, RoleBindingEntity } from './role-binding.entity.js';

/** What a binding gives or denies, with its role's permissions. */
export interface GivenRole extends Scope {
  readonly effect: Effect;
  readonly permissions: string[];
}

export interface BindingCriteria {
  readonly userId?: string | null;
  readonly teamId?: string | null;
  readonly projectId?: string | null;
  readonly roleId?: string | null;
}

const ownColumns: ScopeColumns = {
  clusterId: 'binding.cluster_id',
  projectId: 'binding.project_id',
  landscapeId: 'binding.landscape_id',
  applicationId: 'binding.application_id',
};

export class RoleBindingRepository {
  constructor(private readonly database: Database) {}

  async find(
    id: string,
    manager: Transaction = this.database.manager,
  ): Promise<RoleBindingEntity | undefined> {
    return (await manager.findOneBy(RoleBindingEntity, { id })) ?? undefined;
  }

  /** Oldest first. */
  async list(
    filter: DataFilter,
    criteria: BindingCriteria,
    page: PageArguments,
  ): Promise<Page<RoleBindingEntity>> {
    const size = pageSize(page.first);
    const query = andPermitted(this.#all(), filter, ownColumns);
    for (const [field, value] of Object.entries(criteria)) {
      if (value != null && isCriterion(field)) query.andWhere({ [field]: value });
    }
    const rows = query
      .clone()
      .orderBy('binding.id')
      .limit(size + 1);
    if (page.after) rows.andWhere('binding.id > :after', { after: decodeCursor(page.after, 1)[0] });
    return pageOfRows(await rows.getMany(), size, (binding) => [binding.id], {
      after: page.after,
      totalCount: () => query.getCount(),
    });
  }

  /** The roles given within these projects. Whoever may read bindings in a part of a project sees all of its members. */
  async listByProjects(filter: DataFilter, projectIds: readonly string[]): Promise<RoleBindingEntity[]> {
    const query = this.#all().andWhere('binding.projectId IN (:...projectIds)', { projectIds });
    return andPermitted(query, filter, { projectId: 'binding.project_id' }).orderBy('binding.id').getMany();
  }

  #all(): SelectQueryBuilder<RoleBindingEntity> {
    return this.database.manager.createQueryBuilder(RoleBindingEntity, 'binding').where('TRUE');
  }

  /** What a user has, teams included, or what a team passes on to its members. */
  async listGivenTo(
    transaction: Transaction,
    subject: { readonly userId: string } | { readonly teamId: string },
  ): Promise<GivenRole[]> {
    const where =
      'teamId' in subject
        ? 'binding.team_id = $1'
        : '(binding.user_id = $1 OR binding.team_id IN (SELECT team_id FROM identity.team_member WHERE user_id = $1))';
    return transaction.query(
      `SELECT binding.effect, role.permissions, binding.cluster_id AS "clusterId", binding.project_id AS "projectId",
              binding.landscape_id AS "landscapeId", binding.application_id AS "applicationId"
       FROM identity.role_binding binding JOIN identity.role ON role.id = binding.role_id WHERE ${where}`,
      ['teamId' in subject ? subject.teamId : subject.userId],
    );
  }

  async concerns(
    transaction: Transaction,
    binding: { readonly userId: string | null; readonly teamId: string | null },
    userId: string,
  ): Promise<boolean> {
    if (binding.teamId === null) return binding.userId === userId;
    return transaction.existsBy(TeamMemberEntity, { teamId: binding.teamId, userId });
  }

  countByRole(transaction: Transaction, roleId: string): Promise<number> {
    return transaction.countBy(RoleBindingEntity, { roleId });
  }

  async insert(
    transaction: Transaction,
    binding: Omit<RoleBindingEntity, 'uniqueKey'>,
  ): Promise<RoleBindingEntity> {
    const row = { ...binding, uniqueKey: uniqueKeyOf(binding) };
    try {
      await transaction.insert(RoleBindingEntity, row);
      return row;
    } catch (error) {
      if (!isUniqueViolation(error, 'role_binding_unique')) throw error;
      throw new ConflictError('The same binding of this role exists already.', { field: ['input', 'role'] });
    }
  }

  async remove(transaction: Transaction, id: string): Promise<void> {
    await transaction.delete(RoleBindingEntity, { id });
  }
}

const isCriterion = (field: string): field is keyof BindingCriteria =>
  ['userId', 'teamId', 'projectId', 'roleId'].includes(field);

/** The function identity.grant_project_owner writes the same text. */
function uniqueKeyOf(binding: Omit<RoleBindingEntity, 'uniqueKey'>): string {
  const subject = binding.userId ?? binding.teamId;
  const levels = [binding.clusterId, binding.projectId, binding.landscapeId, binding.applicationId];
  return [binding.roleId, binding.effect, subject, ...levels.map((level) => level ?? '-')].join(' ');
}
