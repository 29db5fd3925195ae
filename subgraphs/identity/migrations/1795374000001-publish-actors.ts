import type { MigrationInterface, QueryRunner } from 'typeorm';

/** By what names others know a user, clusters for instance: subgraphs/shared/published/actor.ts describes the columns. */
export class PublishActors1795374000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE VIEW identity.published_actor AS
      SELECT "user".id AS user_id, "user".login,
             ARRAY(SELECT team.name
                   FROM identity.team_member member JOIN identity.team team ON team.id = member.team_id
                   WHERE member.user_id = "user".id ORDER BY team.name) AS teams
      FROM identity."user" WHERE NOT "user".disabled`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP VIEW identity.published_actor');
  }
}
