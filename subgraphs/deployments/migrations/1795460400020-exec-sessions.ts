import type { MigrationInterface, QueryRunner } from 'typeorm';

const statements = [
  `CREATE TABLE exec_session (
     id text NOT NULL CONSTRAINT exec_session_pkey PRIMARY KEY,
     service_id text NOT NULL,
     application_id text NOT NULL,
     project_id text NOT NULL,
     landscape_id text NOT NULL,
     cluster_id text NOT NULL,
     namespace text NOT NULL,
     pod text,
     pod_uid text,
     container text,
     user_id text NOT NULL,
     credential_id text NOT NULL,
     command jsonb,
     tty boolean NOT NULL,
     columns integer NOT NULL,
     rows integer NOT NULL,
     debug_image text,
     reason text,
     state text NOT NULL,
     replica_id text NOT NULL,
     started_at timestamptz NOT NULL,
     ended_at timestamptz,
     exit_code integer,
     end_reason text,
     bytes_in bigint NOT NULL,
     bytes_out bigint NOT NULL,
     recorded boolean NOT NULL,
     records_input boolean NOT NULL,
     recording_complete boolean NOT NULL
   )`,
  'CREATE INDEX exec_session_by_project ON exec_session (project_id, id)',
  'CREATE INDEX exec_session_by_service ON exec_session (service_id, id)',
  'CREATE INDEX exec_session_open ON exec_session (user_id) WHERE (ended_at IS NULL)',
  `CREATE TABLE exec_recording (
     session_id text NOT NULL,
     sequence integer NOT NULL,
     sealed text NOT NULL,
     CONSTRAINT exec_recording_pkey PRIMARY KEY (session_id, sequence)
   )`,
  `CREATE TABLE exec_replica (
     id text NOT NULL CONSTRAINT exec_replica_pkey PRIMARY KEY,
     url text,
     seen_at timestamptz NOT NULL
   )`,
];

export class AddExecSessions1795460400020 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query('SET LOCAL search_path TO deployments');
    for (const statement of statements) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['exec_replica', 'exec_recording', 'exec_session']) {
      await runner.query(`DROP TABLE deployments.${table}`);
    }
  }
}
