import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Unlike published_instance also with instances that are being deleted: they can be seen until they are gone. */
export class PublishRecords1795374000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE VIEW marketplace.published_record AS
      SELECT id, cluster_id, project_id, landscape_id, NULL::text AS application_id
      FROM marketplace.instance`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP VIEW marketplace.published_record');
  }
}
