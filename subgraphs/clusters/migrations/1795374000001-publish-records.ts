import type { MigrationInterface, QueryRunner } from 'typeorm';

export class PublishRecords1795374000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE VIEW clusters.published_record AS
      SELECT id, id AS cluster_id, NULL::text AS project_id, NULL::text AS landscape_id, NULL::text AS application_id
      FROM clusters.cluster WHERE unregistered_at IS NULL`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP VIEW clusters.published_record');
  }
}
