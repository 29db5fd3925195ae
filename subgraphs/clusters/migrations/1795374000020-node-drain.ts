import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Drains of nodes, under way and ended. */
export class NodeDrain1795374000020 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`CREATE TABLE clusters.node_drain (
      id text NOT NULL CONSTRAINT node_drain_pkey PRIMARY KEY,
      cluster_id text NOT NULL,
      node_name text NOT NULL,
      state text NOT NULL,
      user_id text NOT NULL,
      request_id text NOT NULL,
      reason text,
      options jsonb NOT NULL,
      pods jsonb NOT NULL,
      problem text,
      outcome text,
      revision integer NOT NULL,
      created_at timestamptz NOT NULL,
      deadline_at timestamptz NOT NULL,
      finished_at timestamptz,
      holder text,
      held_until timestamptz
    )`);
    await runner.query('CREATE INDEX node_drain_by_node ON clusters.node_drain (cluster_id, node_name, id)');
    await runner.query(
      'CREATE UNIQUE INDEX node_drain_unfinished ON clusters.node_drain (cluster_id, node_name) WHERE finished_at IS NULL',
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE clusters.node_drain');
  }
}
