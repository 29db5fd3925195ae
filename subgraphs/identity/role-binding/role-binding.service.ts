import type { Caller } from '../../shared/caller.js';
import { changedFields } from '../../shared/changed-fields.js';
import type { Changes } from '../../shared/changes.js';
import type { Clock } from '../../shared/clock.js';
import type { Transaction } from '../../shared/database.js';
import { BadUserInputError, NotFoundError } from '../../shared/errors.js';
import { newId } from '../../shared/ids.js';
import type { Page, PageArguments } from '../../shared/pagination.js';
import type { Scope } from '../../shared/permission-scope.js';
import type { Permissions } from '../../shared/permissions.js';
import type { RoleEntity } from '../role/role.entity.js';
import type { RoleRepository } from '../role/role.repository.js';
import { requireScope } from '../scope.js';
import type { TeamRepository } from '../team/team.repository.js';
import type { UserRepository } from '../user/user.repository.js';
import type { AdministratorRepository } from './administrator.repository.js';
import { requireHeld, requireMayDeny } from './authority.js';
import type { Effect, RoleBindingEntity } from './role-binding.entity.js';
import type { BindingCriteria, RoleBindingRepository } from './role-binding.repository.js';

export interface NewBinding {
  readonly role: string;
  readonly userId?: string | null;
  readonly teamId?: string | null;
  readonly effect?: Effect | null;
  readonly scope?: Scope | null;
  readonly reason?: string | null;
  readonly idempotencyKey?: string | null;
}

export interface RoleBindingServiceParts {
  readonly bindings: RoleBindingRepository;
  readonly roles: RoleRepository;
  readonly users: UserRepository;
  readonly teams: TeamRepository;
  readonly administrators: AdministratorRepository;
  readonly permissions: Permissions;
  readonly changes: Changes;
  readonly clock: Clock;
}

const idField = ['input', 'roleBindingId'];

export class RoleBindingService {
  constructor(private readonly parts: RoleBindingServiceParts) {}

  async list(
    caller: Caller,
    criteria: BindingCriteria,
    page: PageArguments,
  ): Promise<Page<RoleBindingEntity>> {
    const permissions = await this.parts.permissions.of(caller);
    permissions.requireFunctional('bindings.read');
    return this.parts.bindings.list(permissions.filter('bindings.read'), criteria, page);
  }

  /** Members of each project, in the order of the ids; none for a project whose members the caller may not see. */
  async listByProjects(caller: Caller, projectIds: readonly string[]): Promise<RoleBindingEntity[][]> {
    const permissions = await this.parts.permissions.of(caller);
    const filter = permissions.filter('bindings.read');
    const found = await this.parts.bindings.listByProjects(filter, projectIds);
    return projectIds.map((id) => found.filter((binding) => binding.projectId === id));
  }

  async find(caller: Caller, id: string): Promise<RoleBindingEntity | undefined> {
    const permissions = await this.parts.permissions.of(caller);
    const binding = await this.parts.bindings.find(id);
    return binding && permissions.allows('bindings.read', binding) ? binding : undefined;
  }

  async bind(caller: Caller, input: NewBinding): Promise<RoleBindingEntity> {
    const { bindings, roles, administrators, changes, clock } = this.parts;
    const permissions = await this.parts.permissions.of(caller);
    permissions.requireFunctional('bindings.manage');
    const scope = requireScope(input.scope, ['input', 'scope']);
    permissions.require('bindings.manage', scope);
    const effect = input.effect ?? 'ALLOW';
    const idempotency = {
      key: input.idempotencyKey,
      input,
      replay: (id: string, transaction: Transaction) => this.#get(id, transaction),
    };
    return changes.run(permissions.caller, { action: 'bindRole', idempotency }, async (change) => {
      const { transaction } = change;
      const subject = await this.#subject(input, transaction);
      const role = await roles.getByName(input.role, ['input', 'role'], transaction);
      if (effect === 'ALLOW') requireHeld(permissions, role.permissions, scope);
      else
        requireMayDeny(permissions, await bindings.concerns(transaction, subject, permissions.caller.userId));
      const at = new Date(clock.now());
      const binding = await bindings.insert(transaction, {
        id: newId('binding', at.getTime()),
        roleId: role.id,
        userId: subject.userId,
        teamId: subject.teamId,
        effect,
        ...scope,
        createdAt: at,
      });
      if (effect === 'DENY') await administrators.requireOne(transaction);
      change.audit({
        ...targetOf(binding, role, subject.name),
        changes: changedFields({}, facts(binding, role)),
        reason: input.reason ?? null,
      });
      change.notify({ type: 'identity.changed', userId: subject.userId });
      return binding;
    });
  }

  /** Gives the id of what is gone. */
  async unbind(
    caller: Caller,
    input: { roleBindingId: string; reason?: string | null; idempotencyKey?: string | null },
  ): Promise<string> {
    const { bindings, roles, administrators, changes } = this.parts;
    const permissions = await this.parts.permissions.of(caller);
    permissions.requireFunctional('bindings.manage');
    const idempotency = { key: input.idempotencyKey, input, replay: async (id: string) => ({ id }) };
    const attempt = { action: 'unbindRole', idempotency };
    const removed = await changes.run(permissions.caller, attempt, async (change) => {
      const { transaction } = change;
      const binding = permissions.requireOn(
        'bindings.manage',
        await bindings.find(input.roleBindingId, transaction),
        { kind: 'RoleBinding', id: input.roleBindingId, readPermission: 'bindings.read', field: idField },
      );
      if (binding.effect === 'DENY') {
        requireMayDeny(permissions, await bindings.concerns(transaction, binding, permissions.caller.userId));
      }
      const role = await roles.get(binding.roleId, [], transaction);
      const { name } = await this.#subject(binding, transaction);
      await bindings.remove(transaction, binding.id);
      await administrators.requireOne(transaction);
      change.audit({
        ...targetOf(binding, role, name),
        changes: changedFields(facts(binding, role), {}),
        reason: input.reason ?? null,
      });
      change.notify({ type: 'identity.changed', userId: binding.userId });
      return { id: binding.id };
    });
    return removed.id;
  }

  async #get(id: string, transaction: Transaction): Promise<RoleBindingEntity> {
    const binding = await this.parts.bindings.find(id, transaction);
    if (!binding) throw new NotFoundError('RoleBinding', id, idField);
    return binding;
  }

  async #subject(
    { userId, teamId }: { readonly userId?: string | null; readonly teamId?: string | null },
    transaction: Transaction,
  ): Promise<{ userId: string | null; teamId: string | null; name: string }> {
    if (userId != null && teamId == null) {
      const user = await this.parts.users.get(userId, ['input', 'userId'], transaction);
      return { userId, teamId: null, name: user.login };
    }
    if (teamId != null && userId == null) {
      const team = await this.parts.teams.get(teamId, ['input', 'teamId'], transaction);
      return { userId: null, teamId, name: team.name };
    }
    throw BadUserInputError.at(
      ['input', 'userId'],
      'Give either userId or teamId: a role is bound to one user or one team.',
    );
  }
}

const facts = ({ userId, teamId, effect, ...rest }: RoleBindingEntity, role: RoleEntity) => ({
  role: role.name,
  userId,
  teamId,
  effect,
  clusterId: rest.clusterId,
  projectId: rest.projectId,
  landscapeId: rest.landscapeId,
  applicationId: rest.applicationId,
});

const targetOf = (binding: RoleBindingEntity, role: RoleEntity, subject: string) => ({
  targetType: 'RoleBinding',
  targetId: binding.id,
  targetName: `${role.name} of ${subject}`,
  projectId: binding.projectId,
});
