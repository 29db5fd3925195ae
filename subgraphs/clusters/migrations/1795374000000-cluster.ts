import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Cluster1795374000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE clusters.cluster (
      id text NOT NULL CONSTRAINT cluster_pkey PRIMARY KEY,
      name text NOT NULL,
      display_name text NOT NULL,
      infrastructure text NOT NULL,
      location text,
      labels jsonb NOT NULL,
      ingress_domain text,
      encrypted_credentials text,
      kubernetes_version text,
      version integer NOT NULL,
      created_at timestamptz NOT NULL,
      updated_at timestamptz NOT NULL,
      unregistered_at timestamptz
    )`);
    await runner.query(
      'CREATE UNIQUE INDEX cluster_name_key ON clusters.cluster (name) WHERE unregistered_at IS NULL',
    );
    await runner.query(`CREATE VIEW clusters.published_connection AS
      SELECT id, name, encrypted_credentials, ingress_domain FROM clusters.cluster WHERE unregistered_at IS NULL`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP VIEW clusters.published_connection');
    await runner.query('DROP TABLE clusters.cluster');
  }
}
