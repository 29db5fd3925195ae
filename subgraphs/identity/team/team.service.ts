import type { Caller } from '../../shared/caller.js';
import { changedFields } from '../../shared/changed-fields.js';
import type { Change, Changes } from '../../shared/changes.js';
import type { Clock } from '../../shared/clock.js';
import type { Transaction } from '../../shared/database.js';
import { BadUserInputError, NotFoundError } from '../../shared/errors.js';
import { newId } from '../../shared/ids.js';
import { requireLabelName } from '../../shared/kubernetes/names.js';
import type { Page, PageArguments } from '../../shared/pagination.js';
import type { PermissionSet, Permissions } from '../../shared/permissions.js';
import { optionalLine } from '../../shared/text-rules.js';
import { requireVersion } from '../../shared/versions.js';
import type { UserEntity } from '../user/user.entity.js';
import type { UserRepository } from '../user/user.repository.js';
import type { TeamEntity } from './team.entity.js';
import type { TeamRepository } from './team.repository.js';
import type { TeamMemberRepository } from './team-member.repository.js';
import type { TeamRights } from './team-rights.js';

export interface NewTeam {
  readonly name: string;
  readonly description?: string | null;
  readonly memberIds?: readonly string[] | null;
  readonly idempotencyKey?: string | null;
}

export interface TeamUpdate {
  readonly teamId: string;
  readonly name?: string | null;
  readonly description?: string | null;
  readonly version?: number | null;
  readonly idempotencyKey?: string | null;
}

export interface MemberChange {
  readonly teamId: string;
  readonly userIds: readonly string[];
  readonly idempotencyKey?: string | null;
}

export interface TeamServiceParts {
  readonly teams: TeamRepository;
  readonly members: TeamMemberRepository;
  readonly users: UserRepository;
  readonly rights: TeamRights;
  readonly permissions: Permissions;
  readonly changes: Changes;
  readonly clock: Clock;
}

const idField = ['input', 'teamId'];
/** At once; a team may have more. */
const maximumMembers = 500;

export class TeamService {
  constructor(private readonly parts: TeamServiceParts) {}

  async list(caller: Caller, page: PageArguments): Promise<Page<TeamEntity>> {
    (await this.parts.permissions.of(caller)).requireFunctional('teams.read');
    return this.parts.teams.list(page);
  }

  /** Those of them that the caller may see: absent ones are left out. */
  async listByIds(caller: Caller, ids: readonly string[]): Promise<TeamEntity[]> {
    const permissions = await this.parts.permissions.of(caller);
    return permissions.has('teams.read') ? this.parts.teams.listByIds(ids) : [];
  }

  /** Each user's teams. Without teams.read only one's own. */
  async listByUsers(caller: Caller, userIds: readonly string[]): Promise<TeamEntity[][]> {
    const permissions = await this.parts.permissions.of(caller);
    const teams = await this.parts.members.listTeamsOf(userIds);
    if (permissions.has('teams.read')) return teams;
    return teams.map((list, index) => (userIds[index] === permissions.caller.userId ? list : []));
  }

  /** The members of each team, in the order of the ids. */
  async listMembers(
    caller: Caller,
    teamIds: readonly string[],
    page: PageArguments,
  ): Promise<Page<UserEntity>[]> {
    (await this.parts.permissions.of(caller)).requireFunctional('teams.read');
    return this.parts.members.listByTeams(teamIds, page);
  }

  async create(caller: Caller, input: NewTeam): Promise<TeamEntity> {
    const { teams, changes, clock } = this.parts;
    const permissions = await this.#manager(caller);
    const name = requireLabelName(input.name, ['input', 'name'], 'team');
    const description = optionalLine(input.description, ['input', 'description']);
    const memberIds = input.memberIds ?? [];
    return changes.run(
      permissions.caller,
      { action: 'createTeam', idempotency: this.#once(input) },
      async (change) => {
        const members = await this.#members(change, memberIds, ['input', 'memberIds']);
        const at = new Date(clock.now());
        const team = await teams.insert(change.transaction, {
          id: newId('team', at.getTime()),
          name,
          description,
          createdAt: at,
          updatedAt: at,
          version: 1,
        });
        await this.parts.members.add(change.transaction, team.id, memberIds);
        record(change, team, {}, { name, description, members });
        return team;
      },
    );
  }

  async update(caller: Caller, input: TeamUpdate): Promise<TeamEntity> {
    const { teams, changes, clock } = this.parts;
    const permissions = await this.#manager(caller);
    const name = input.name == null ? undefined : requireLabelName(input.name, ['input', 'name'], 'team');
    const description =
      input.description === undefined ? undefined : optionalLine(input.description, ['input', 'description']);
    return changes.run(
      permissions.caller,
      { action: 'updateTeam', idempotency: this.#once(input) },
      async (change) => {
        const team = await teams.get(input.teamId, idField, change.transaction);
        requireVersion('team', team, input.version);
        const changed = await teams.update(change.transaction, team, {
          ...(name === undefined ? {} : { name }),
          ...(description === undefined ? {} : { description }),
          updatedAt: new Date(clock.now()),
        });
        record(
          change,
          changed,
          { name: team.name, description: team.description },
          { name: changed.name, description: changed.description },
        );
        return changed;
      },
    );
  }

  async addMembers(caller: Caller, input: MemberChange): Promise<TeamEntity> {
    const { teams, rights, changes } = this.parts;
    const permissions = await this.#manager(caller);
    return changes.run(
      permissions.caller,
      { action: 'addTeamMembers', idempotency: this.#once(input) },
      async (change) => {
        const team = await teams.get(input.teamId, idField, change.transaction);
        const members = await this.#members(change, input.userIds, ['input', 'userIds']);
        await rights.requireMayAdd(change.transaction, permissions, team.id, input.userIds);
        await this.parts.members.add(change.transaction, team.id, input.userIds);
        await rights.requireAdministratorLeft(change.transaction);
        record(change, team, {}, { members });
        return team;
      },
    );
  }

  async removeMembers(caller: Caller, input: MemberChange): Promise<TeamEntity> {
    const { teams, rights, changes } = this.parts;
    const permissions = await this.#manager(caller);
    return changes.run(
      permissions.caller,
      { action: 'removeTeamMembers', idempotency: this.#once(input) },
      async (change) => {
        const team = await teams.get(input.teamId, idField, change.transaction);
        const members = await this.#members(change, input.userIds, ['input', 'userIds']);
        await rights.requireMayRemove(change.transaction, permissions, team.id, input.userIds);
        await this.parts.members.remove(change.transaction, team.id, input.userIds);
        await rights.requireAdministratorLeft(change.transaction);
        record(change, team, { members }, {});
        return team;
      },
    );
  }

  /** The team's role bindings go with it. Gives its id. */
  async delete(caller: Caller, input: { teamId: string; idempotencyKey?: string | null }): Promise<string> {
    const { teams, rights, changes } = this.parts;
    const permissions = await this.#manager(caller);
    const idempotency = { key: input.idempotencyKey, input, replay: async (id: string) => ({ id }) };
    const { id } = await changes.run(
      permissions.caller,
      { action: 'deleteTeam', idempotency },
      async (change) => {
        const team = await teams.get(input.teamId, idField, change.transaction);
        const ownId = permissions.caller.userId;
        const isMember = await this.parts.members.isMember(change.transaction, team.id, ownId);
        await rights.requireMayRemove(change.transaction, permissions, team.id, isMember ? [ownId] : []);
        await teams.remove(change.transaction, team.id);
        await rights.requireAdministratorLeft(change.transaction);
        record(change, team, { name: team.name, description: team.description }, {});
        return { id: team.id };
      },
    );
    return id;
  }

  #once(input: { readonly idempotencyKey?: string | null }) {
    return {
      key: input.idempotencyKey,
      input,
      replay: (id: string, transaction: Transaction) => this.parts.teams.get(id, idField, transaction),
    };
  }

  async #manager(caller: Caller): Promise<PermissionSet> {
    const permissions = await this.parts.permissions.of(caller);
    permissions.require('teams.manage');
    return permissions;
  }

  /** The users' logins. */
  async #members(
    { transaction }: Change,
    userIds: readonly string[],
    field: readonly string[],
  ): Promise<string[]> {
    if (userIds.length > maximumMembers) {
      throw BadUserInputError.at(
        field,
        `${field.at(-1)} has ${userIds.length} items: give at most ${maximumMembers} at once.`,
      );
    }
    const users = await this.parts.users.listByIds(userIds, transaction);
    const found = new Set(users.map(({ id }) => id));
    const missing = userIds.findIndex((id) => !found.has(id));
    if (missing >= 0) throw new NotFoundError('User', userIds[missing] ?? '', [...field, String(missing)]);
    return users.map(({ login }) => login).sort();
  }
}

function record(change: Change, team: TeamEntity, before: object, after: object): void {
  change.audit({
    targetType: 'Team',
    targetId: team.id,
    targetName: team.name,
    changes: changedFields(before, after),
  });
  change.notify({ type: 'identity.changed', userId: null });
}
