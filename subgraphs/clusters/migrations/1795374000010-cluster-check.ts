import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the last look at a cluster found out about its account. */
export class ClusterCheck1795374000010 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE clusters.cluster
      ADD COLUMN tls_verified boolean NOT NULL DEFAULT true,
      ADD COLUMN missing_rights jsonb,
      ADD COLUMN rights_checked_at timestamptz`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE clusters.cluster
      DROP COLUMN tls_verified, DROP COLUMN missing_rights, DROP COLUMN rights_checked_at`);
  }
}
