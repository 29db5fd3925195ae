import type { MigrationInterface, QueryRunner } from 'typeorm';

export class AddCanary1795460400000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE deployments.deployment
      ADD COLUMN base_id text,
      ADD COLUMN canary_step integer NOT NULL DEFAULT 0,
      ADD COLUMN canary_since timestamptz`);
    // Every record says so itself.
    await runner.query('ALTER TABLE deployments.deployment ALTER COLUMN canary_step DROP DEFAULT');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(
      'ALTER TABLE deployments.deployment DROP COLUMN base_id, DROP COLUMN canary_step, DROP COLUMN canary_since',
    );
  }
}
