import { Column, Entity, PrimaryColumn } from 'typeorm';

/** Remembers what an idempotency key made, in each subgraph's own SQL schema. */
@Entity({ name: 'idempotency_key' })
export class IdempotencyKeyEntity {
  @PrimaryColumn({ name: 'user_id', type: 'text', primaryKeyConstraintName: 'idempotency_key_pkey' })
  userId: string;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'idempotency_key_pkey' })
  action: string;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'idempotency_key_pkey' })
  key: string;

  /** SHA-256 of the input, so that a key used for something else is noticed. */
  @Column({ name: 'input_hash', type: 'text' })
  inputHash: string;

  @Column({ name: 'result_id', type: 'text' })
  resultId: string;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;
}

/** @param schema the subgraph's SQL schema, one of our own names */
export const idempotencyTableStatement = (schema: string): string =>
  `CREATE TABLE IF NOT EXISTS "${schema}".idempotency_key (
     user_id text NOT NULL, action text NOT NULL, key text NOT NULL,
     input_hash text NOT NULL, result_id text NOT NULL, created_at timestamptz NOT NULL,
     CONSTRAINT idempotency_key_pkey PRIMARY KEY (user_id, action, key))`;
