import type { MigrationInterface, QueryRunner } from 'typeorm';

const columns = 'effect, cluster_id, project_id, landscape_id, application_id';

const columnsOf = (table: string): string =>
  columns
    .split(', ')
    .map((column) => `${table}.${column}`)
    .join(', ');

/**
 * One row for each role that a user holds somewhere, not for each permission of it: what all who are watching may do is
 * read every two seconds. subgraphs/shared/published/grant.ts describes the columns.
 */
export class PublishRoleGrants1795374000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE VIEW identity.published_role_grant AS
      SELECT held.user_id, role.permissions, ${columnsOf('held')}
      FROM (
        SELECT user_id, role_id, ${columns} FROM identity.role_binding WHERE user_id IS NOT NULL
        UNION ALL
        SELECT member.user_id, binding.role_id, ${columnsOf('binding')}
        FROM identity.role_binding binding JOIN identity.team_member member ON member.team_id = binding.team_id
      ) held
      JOIN identity.role role ON role.id = held.role_id`);
    await runner.query(`CREATE OR REPLACE VIEW identity.published_grant AS
      SELECT user_id, permission.name AS permission, ${columns}
      FROM identity.published_role_grant CROSS JOIN LATERAL unnest(permissions) AS permission (name)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE OR REPLACE VIEW identity.published_grant AS
      SELECT subject.user_id, permission.name AS permission, ${columnsOf('binding')}
      FROM (
        SELECT id AS binding_id, user_id FROM identity.role_binding WHERE user_id IS NOT NULL
        UNION ALL
        SELECT team_binding.id, member.user_id
        FROM identity.role_binding team_binding JOIN identity.team_member member ON member.team_id = team_binding.team_id
      ) subject
      JOIN identity.role_binding binding ON binding.id = subject.binding_id
      JOIN identity.role role ON role.id = binding.role_id
      CROSS JOIN LATERAL unnest(role.permissions) AS permission (name)`);
    await runner.query('DROP VIEW identity.published_role_grant');
  }
}
