import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Seals over the audit log, which notice what the log's own trigger could not prevent: see audit-seal/digests.ts. */
export class SealAuditLog1795374000003 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE audit.seal (
      number bigint NOT NULL CONSTRAINT seal_pkey PRIMARY KEY,
      sealed_at timestamptz NOT NULL,
      digest text NOT NULL
    )`);
    // Refers to no event: one that is gone has to be missed.
    await runner.query(`CREATE TABLE audit.sealed_event (
      event_id text NOT NULL CONSTRAINT sealed_event_pkey PRIMARY KEY,
      seal bigint NOT NULL CONSTRAINT sealed_event_seal_fkey REFERENCES audit.seal (number),
      digest text NOT NULL
    )`);
    await runner.query('CREATE INDEX sealed_event_by_seal ON audit.sealed_event (seal, event_id)');
    for (const table of ['seal', 'sealed_event']) {
      await runner.query(`CREATE TRIGGER ${table}_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.${table}
        EXECUTE FUNCTION audit.refuse_change()`);
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE audit.sealed_event, audit.seal');
  }
}
