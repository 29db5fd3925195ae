import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Deployments stay when their service is deleted: they are its history. */
export class PublishRecords1795374000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE VIEW deployments.published_record AS
      SELECT id, NULL::text AS cluster_id, project_id, NULL::text AS landscape_id, id AS application_id
      FROM deployments.application
      UNION ALL
      SELECT id, cluster_id, project_id, landscape_id, application_id
      FROM deployments.service WHERE deleted_at IS NULL
      UNION ALL
      SELECT id, cluster_id, project_id, landscape_id, application_id
      FROM deployments.deployment`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP VIEW deployments.published_record');
  }
}
