import { Column, Entity, type EntityManager, Index, PrimaryColumn } from 'typeorm';
import type { SignedInCaller } from './caller.js';
import type { FieldChangeValue } from './changed-fields.js';
import { newId } from './ids.js';

export type AuditResult = 'DONE' | 'REFUSED' | 'FAILED';

/** A row of the audit log: one append-only table for all subgraphs, in a schema of its own. */
@Entity({ name: 'event', schema: 'audit' })
@Index('event_by_project', ['projectId', 'id'])
@Index('event_by_target', ['targetId', 'id'])
@Index('event_by_user', ['userId', 'id'])
export class AuditEventEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'event_pkey' })
  id: string;

  @Column({ type: 'timestamptz' })
  at: Date;

  /** Null for what nobody signed in did, such as a failed sign-in. */
  @Column({ name: 'user_id', type: 'text', nullable: true })
  userId: string | null;

  /** The session or access token used. */
  @Column({ name: 'credential_id', type: 'text', nullable: true })
  credentialId: string | null;

  /** Name of the mutation, such as createProject, or of the stream, such as exec. */
  @Column({ type: 'text' })
  action: string;

  @Column({ name: 'target_type', type: 'text' })
  targetType: string;

  @Column({ name: 'target_id', type: 'text' })
  targetId: string;

  @Column({ name: 'target_name', type: 'text' })
  targetName: string;

  @Column({ name: 'project_id', type: 'text', nullable: true })
  projectId: string | null;

  /** Never holds a secret: who appends leaves them out. */
  @Column({ type: 'jsonb' })
  changes: FieldChangeValue[];

  @Column({ type: 'text', nullable: true })
  reason: string | null;

  @Column({ type: 'text' })
  result: AuditResult;

  @Column({ name: 'request_id', type: 'text' })
  requestId: string;

  @Column({ type: 'text', nullable: true })
  address: string | null;
}

/** What happened to what. The actor and the request come from the caller. */
export interface AuditEntry {
  readonly targetType: string;
  readonly targetId: string;
  readonly targetName: string;
  readonly projectId?: string | null;
  readonly changes?: readonly FieldChangeValue[];
  readonly reason?: string | null;
}

/** Appends one event through the given manager: inside the caller's transaction when it is a transaction's. */
export async function appendAuditEvent(
  manager: EntityManager,
  actor: Pick<SignedInCaller, 'requestId' | 'address'> & {
    userId: string | null;
    credentialId?: string | null;
  },
  event: AuditEntry & { action: string; result: AuditResult; at: Date },
): Promise<void> {
  await manager.insert(AuditEventEntity, {
    id: newId('event', event.at.getTime()),
    at: event.at,
    userId: actor.userId,
    credentialId: actor.credentialId ?? null,
    action: event.action,
    targetType: event.targetType,
    targetId: event.targetId,
    targetName: event.targetName,
    projectId: event.projectId ?? null,
    // jsonb columns are typed as partial entities by TypeORM's insert.
    changes: [...(event.changes ?? [])] as never,
    reason: event.reason ?? null,
    result: event.result,
    requestId: actor.requestId,
    address: actor.address,
  });
}

/**
 * The audit log's table. Every subgraph runs this before its own migrations, under the same lock: whichever comes
 * first makes it. Changing or removing rows is refused by the table itself.
 */
export const auditTableStatements = [
  'CREATE SCHEMA IF NOT EXISTS audit',
  `CREATE TABLE IF NOT EXISTS audit.event (
     id text NOT NULL CONSTRAINT event_pkey PRIMARY KEY,
     at timestamptz NOT NULL,
     user_id text,
     credential_id text,
     action text NOT NULL,
     target_type text NOT NULL,
     target_id text NOT NULL,
     target_name text NOT NULL,
     project_id text,
     changes jsonb NOT NULL,
     reason text,
     result text NOT NULL,
     request_id text NOT NULL,
     address text
   )`,
  'CREATE INDEX IF NOT EXISTS event_by_project ON audit.event (project_id, id)',
  'CREATE INDEX IF NOT EXISTS event_by_target ON audit.event (target_id, id)',
  'CREATE INDEX IF NOT EXISTS event_by_user ON audit.event (user_id, id)',
  `CREATE OR REPLACE FUNCTION audit.refuse_change() RETURNS trigger LANGUAGE plpgsql AS
   $$ BEGIN RAISE EXCEPTION 'the audit log is append-only'; END $$`,
  'CREATE OR REPLACE TRIGGER event_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON audit.event EXECUTE FUNCTION audit.refuse_change()',
];
