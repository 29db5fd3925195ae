import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whether calls that a person causes are made in that person's name. */
export class Impersonation1795374000002 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE clusters.cluster ADD COLUMN impersonate boolean NOT NULL DEFAULT false');
    // Columns can only be added at the end of a view.
    await runner.query(`CREATE OR REPLACE VIEW clusters.published_connection AS
      SELECT id, name, encrypted_credentials, ingress_domain, impersonate
      FROM clusters.cluster WHERE unregistered_at IS NULL`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP VIEW clusters.published_connection');
    await runner.query(`CREATE VIEW clusters.published_connection AS
      SELECT id, name, encrypted_credentials, ingress_domain FROM clusters.cluster WHERE unregistered_at IS NULL`);
    await runner.query('ALTER TABLE clusters.cluster DROP COLUMN impersonate');
  }
}
