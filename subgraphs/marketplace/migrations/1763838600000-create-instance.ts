import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateInstance1763838600000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      CREATE TABLE marketplace.instance (
        id text NOT NULL CONSTRAINT instance_pkey PRIMARY KEY,
        name text NOT NULL,
        environment_id text NOT NULL,
        project_id text NOT NULL,
        landscape_id text NOT NULL,
        cluster_id text NOT NULL,
        namespace text NOT NULL,
        offering text NOT NULL,
        version text NOT NULL,
        plan jsonb NOT NULL,
        parameters jsonb NOT NULL,
        storage_size text NOT NULL,
        claim_size text NOT NULL,
        storage_class text,
        port integer NOT NULL,
        credentials_secret text NOT NULL,
        variables jsonb NOT NULL,
        pod_labels jsonb NOT NULL,
        phase text NOT NULL,
        failure text,
        revision integer NOT NULL,
        applied_revision integer,
        applied_at timestamptz,
        applied_generation integer,
        settled_revision integer,
        next_attempt_at timestamptz NOT NULL,
        attempts integer NOT NULL,
        retain_data boolean NOT NULL,
        adopt_data boolean NOT NULL,
        created_by text NOT NULL,
        created_at timestamptz NOT NULL,
        updated_at timestamptz NOT NULL,
        CONSTRAINT instance_environment_id_name_key UNIQUE (environment_id, name)
      )`);
    await queryRunner.query('CREATE INDEX instance_by_project ON marketplace.instance (project_id, id)');
    await queryRunner.query('CREATE INDEX instance_by_cluster ON marketplace.instance (cluster_id, id)');
    await queryRunner.query(
      'CREATE INDEX instance_unsettled ON marketplace.instance (next_attempt_at) WHERE settled_revision IS DISTINCT FROM revision',
    );
    // Read by other subgraphs (subgraphs/shared/published/instance.ts). What is being deleted can't be bound any more.
    await queryRunner.query(`
      CREATE VIEW marketplace.published_instance AS
      SELECT id, name, environment_id, project_id, landscape_id, cluster_id, namespace, offering,
             credentials_secret, variables::json AS variables, pod_labels::json AS pod_labels
      FROM marketplace.instance WHERE phase <> 'DELETING'`);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP VIEW marketplace.published_instance');
    await queryRunner.query('DROP TABLE marketplace.instance');
  }
}
