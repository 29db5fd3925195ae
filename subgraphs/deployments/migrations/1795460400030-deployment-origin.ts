import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AddDeploymentOrigin1795460400030 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      'ALTER TABLE deployments.deployment ADD COLUMN commit text, ADD COLUMN trigger_url text',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('ALTER TABLE deployments.deployment DROP COLUMN commit, DROP COLUMN trigger_url');
  }
}
