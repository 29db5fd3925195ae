import type { MigrationInterface, QueryRunner } from 'typeorm';

const statements = [
  `CREATE TABLE application (
     id text NOT NULL CONSTRAINT application_pkey PRIMARY KEY,
     project_id text NOT NULL,
     name text NOT NULL,
     description text,
     repository_url text,
     dockerfile text,
     version integer NOT NULL,
     created_at timestamptz NOT NULL,
     updated_at timestamptz NOT NULL
   )`,
  'CREATE UNIQUE INDEX application_name_unique ON application (project_id, name)',
  `CREATE TABLE service (
     id text NOT NULL CONSTRAINT service_pkey PRIMARY KEY,
     name text NOT NULL,
     application_id text NOT NULL,
     environment_id text NOT NULL,
     project_id text NOT NULL,
     landscape_id text NOT NULL,
     cluster_id text NOT NULL,
     namespace text NOT NULL,
     spec jsonb NOT NULL,
     current_deployment_id text,
     last_number integer NOT NULL,
     version integer NOT NULL,
     created_at timestamptz NOT NULL,
     updated_at timestamptz NOT NULL,
     deleted_at timestamptz,
     removed_at timestamptz
   )`,
  'CREATE UNIQUE INDEX service_name_unique ON service (environment_id, name) WHERE (deleted_at IS NULL)',
  'CREATE INDEX service_by_application ON service (application_id, name)',
  'CREATE INDEX service_by_cluster ON service (cluster_id)',
  'CREATE INDEX service_by_project ON service (project_id)',
  `CREATE TABLE deployment (
     id text NOT NULL CONSTRAINT deployment_pkey PRIMARY KEY,
     service_id text NOT NULL,
     application_id text NOT NULL,
     project_id text NOT NULL,
     landscape_id text NOT NULL,
     cluster_id text NOT NULL,
     number integer NOT NULL,
     kind text NOT NULL,
     user_id text,
     access_token_id text,
     reason text,
     source_id text,
     template_id text NOT NULL,
     spec jsonb NOT NULL,
     bound jsonb NOT NULL,
     diff jsonb NOT NULL,
     phase text NOT NULL,
     paused boolean NOT NULL,
     result jsonb,
     reported text NOT NULL,
     created_at timestamptz NOT NULL,
     applied_at timestamptz,
     finished_at timestamptz
   )`,
  'CREATE UNIQUE INDEX deployment_number_unique ON deployment (service_id, number)',
  'CREATE INDEX deployment_by_project ON deployment (project_id, id)',
  'CREATE INDEX deployment_unfinished ON deployment (service_id) WHERE (finished_at IS NULL)',
  `CREATE TABLE deployment_log (
     id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT deployment_log_pkey PRIMARY KEY,
     deployment_id text NOT NULL,
     at timestamptz NOT NULL,
     level text NOT NULL,
     message text NOT NULL
   )`,
  'CREATE INDEX deployment_log_by_deployment ON deployment_log (deployment_id, id)',
  `CREATE TABLE binding (
     id text NOT NULL CONSTRAINT binding_pkey PRIMARY KEY,
     instance_id text NOT NULL,
     service_id text NOT NULL,
     prefix text NOT NULL,
     secret text NOT NULL,
     variables jsonb NOT NULL,
     created_at timestamptz NOT NULL
   )`,
  'CREATE UNIQUE INDEX binding_instance_unique ON binding (service_id, instance_id)',
  'CREATE INDEX binding_by_instance ON binding (instance_id)',
  `CREATE VIEW published_binding AS
     SELECT binding.id, binding.instance_id, binding.service_id, service.name AS service_name
     FROM binding JOIN service ON service.id = binding.service_id
     WHERE service.deleted_at IS NULL`,
];

export class CreateTables1795374000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('SET LOCAL search_path TO deployments');
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP VIEW deployments.published_binding');
    for (const table of ['binding', 'deployment_log', 'deployment', 'service', 'application']) {
      await runner.query(`DROP TABLE deployments.${table}`);
    }
  }
}
