import type { MigrationInterface, QueryRunner } from 'typeorm';

export class PublishRecords1795374000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE VIEW projects.published_record AS
      SELECT id, NULL::text AS cluster_id, NULL::text AS project_id, id AS landscape_id, NULL::text AS application_id
      FROM projects.landscape
      UNION ALL
      SELECT id, NULL, id, NULL, NULL
      FROM projects.project
      UNION ALL
      SELECT id, cluster_id, project_id, landscape_id, NULL
      FROM projects.environment`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP VIEW projects.published_record');
  }
}
