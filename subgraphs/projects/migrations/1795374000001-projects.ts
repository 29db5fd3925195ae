import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Projects1795374000001 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE projects.landscape (
      id text NOT NULL CONSTRAINT landscape_pkey PRIMARY KEY,
      name text NOT NULL CONSTRAINT landscape_name_key UNIQUE,
      "order" integer NOT NULL,
      production boolean NOT NULL
    )`);
    // Ids are fixed, so that every installation has the same.
    await runner.query(`INSERT INTO projects.landscape (id, name, "order", production) VALUES
      ('landscape_00000000000000000000000001', 'DEV', 1, false),
      ('landscape_00000000000000000000000002', 'TEST', 2, false),
      ('landscape_00000000000000000000000003', 'STAGING', 3, false),
      ('landscape_00000000000000000000000004', 'PROD', 4, true)`);
    await runner.query(`CREATE TABLE projects.project (
      id text NOT NULL CONSTRAINT project_pkey PRIMARY KEY,
      name text NOT NULL CONSTRAINT project_name_key UNIQUE,
      display_name text NOT NULL,
      description text,
      created_by text,
      version integer NOT NULL,
      created_at timestamptz NOT NULL,
      updated_at timestamptz NOT NULL
    )`);
    await runner.query(`CREATE TABLE projects.environment (
      id text NOT NULL CONSTRAINT environment_pkey PRIMARY KEY,
      project_id text NOT NULL CONSTRAINT environment_project_id_fkey REFERENCES projects.project (id),
      landscape_id text NOT NULL CONSTRAINT environment_landscape_id_fkey REFERENCES projects.landscape (id),
      cluster_id text NOT NULL,
      namespace text NOT NULL,
      state text NOT NULL,
      quota jsonb NOT NULL,
      version integer NOT NULL,
      created_at timestamptz NOT NULL,
      updated_at timestamptz NOT NULL,
      CONSTRAINT environment_place_key UNIQUE (project_id, landscape_id, cluster_id),
      CONSTRAINT environment_namespace_key UNIQUE (cluster_id, namespace)
    )`);
    await runner.query(`CREATE VIEW projects.published_project AS SELECT id, name FROM projects.project`);
    await runner.query(`CREATE VIEW projects.published_environment AS
      SELECT environment.id, project.id AS project_id, project.name AS project_name,
             landscape.id AS landscape_id, landscape.name AS landscape_name, landscape.production,
             environment.cluster_id, environment.namespace
      FROM projects.environment
      JOIN projects.project ON project.id = environment.project_id
      JOIN projects.landscape ON landscape.id = environment.landscape_id`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP VIEW projects.published_environment');
    await runner.query('DROP VIEW projects.published_project');
    await runner.query('DROP TABLE projects.environment');
    await runner.query('DROP TABLE projects.project');
    await runner.query('DROP TABLE projects.landscape');
  }
}
