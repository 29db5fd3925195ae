import { In } from 'typeorm';
import type { Database, Transaction } from '../../shared/database.js';
import {
  decodeCursor,
  type Page,
  type PageArguments,
  pageOfRows,
  pageSize,
} from '../../shared/pagination.js';
import { UserEntity } from '../user/user.entity.js';
import { TeamEntity } from './team.entity.js';
import { TeamMemberEntity } from './team-member.entity.js';

export class TeamMemberRepository {
  constructor(private readonly database: Database) {}

  /** A page of the members of each team, in order of login; three queries at most, however many teams. */
  async listByTeams(teamIds: readonly string[], page: PageArguments): Promise<Page<UserEntity>[]> {
    const size = pageSize(page.first);
    const after = page.after ? String(decodeCursor(page.after, 1)[0]) : null;
    const places: { teamId: string; userId: string }[] = await this.database.manager.query(
      `SELECT team_id AS "teamId", user_id AS "userId" FROM (
         SELECT member.team_id, member.user_id, "user".login,
                row_number() OVER (PARTITION BY member.team_id ORDER BY "user".login) AS place
         FROM identity.team_member member JOIN identity."user" ON "user".id = member.user_id
         WHERE member.team_id = ANY($1) AND ($2::text IS NULL OR "user".login > $2)
       ) placed WHERE place <= $3 ORDER BY login`,
      [teamIds, after, size + 1],
    );
    const userIds = [...new Set(places.map(({ userId }) => userId))];
    const users = await this.database.manager.findBy(UserEntity, { id: In(userIds) });
    const byId = new Map(users.map((user) => [user.id, user]));
    let counts: Promise<Map<string, number>> | undefined;
    return teamIds.map((teamId) => {
      const rows = places
        .filter((place) => place.teamId === teamId)
        .flatMap(({ userId }) => byId.get(userId) ?? []);
      return pageOfRows(rows, size, (user) => [user.login], {
        after: page.after,
        totalCount: async () => {
          counts ??= this.#count(teamIds);
          return (await counts).get(teamId) ?? 0;
        },
      });
    });
  }

  async #count(teamIds: readonly string[]): Promise<Map<string, number>> {
    const rows: { teamId: string; count: number }[] = await this.database.manager.query(
      'SELECT team_id AS "teamId", count(*)::int AS count FROM identity.team_member WHERE team_id = ANY($1) GROUP BY team_id',
      [teamIds],
    );
    return new Map(rows.map(({ teamId, count }) => [teamId, count]));
  }

  /** Each user's teams, in the order of the ids. */
  async listTeamsOf(userIds: readonly string[]): Promise<TeamEntity[][]> {
    const members = await this.database.manager.findBy(TeamMemberEntity, { userId: In([...userIds]) });
    const teams = await this.database.manager.find(TeamEntity, {
      where: { id: In([...new Set(members.map(({ teamId }) => teamId))]) },
      order: { name: 'ASC' },
    });
    return userIds.map((userId) => {
      const own = new Set(members.filter((member) => member.userId === userId).map(({ teamId }) => teamId));
      return teams.filter((team) => own.has(team.id));
    });
  }

  async isMember(transaction: Transaction, teamId: string, userId: string): Promise<boolean> {
    return transaction.existsBy(TeamMemberEntity, { teamId, userId });
  }

  async add(transaction: Transaction, teamId: string, userIds: readonly string[]): Promise<void> {
    if (userIds.length === 0) return;
    await transaction
      .createQueryBuilder()
      .insert()
      .into(TeamMemberEntity)
      .values(userIds.map((userId) => ({ teamId, userId })))
      .orIgnore()
      .execute();
  }

  async remove(transaction: Transaction, teamId: string, userIds: readonly string[]): Promise<void> {
    await transaction.delete(TeamMemberEntity, { teamId, userId: In([...userIds]) });
  }
}
