import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

export const execSessionStates = ['OPENING', 'OPEN', 'ENDED', 'REFUSED'] as const;
export type ExecSessionState = (typeof execSessionStates)[number];

/** PostgreSQL's bigint comes as text. */
const wholeNumber = { to: (value: number): number => value, from: (value: string): number => Number(value) };

/** One session, written before anything is opened and kept for ever. Its scope is that of its service. */
@Entity('exec_session')
@Index('exec_session_by_project', ['projectId', 'id'])
@Index('exec_session_by_service', ['serviceId', 'id'])
@Index('exec_session_open', ['userId'], { where: '(ended_at IS NULL)' })
export class ExecSessionEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'exec_session_pkey' })
  id: string;

  @Column({ name: 'service_id', type: 'text' })
  serviceId: string;

  @Column({ name: 'application_id', type: 'text' })
  applicationId: string;

  @Column({ name: 'project_id', type: 'text' })
  projectId: string;

  @Column({ name: 'landscape_id', type: 'text' })
  landscapeId: string;

  @Column({ name: 'cluster_id', type: 'text' })
  clusterId: string;

  @Column({ type: 'text' })
  namespace: string;

  /** Null when it was refused before a pod was chosen; the same for what follows. */
  @Column({ type: 'text', nullable: true })
  pod: string | null;

  @Column({ name: 'pod_uid', type: 'text', nullable: true })
  podUid: string | null;

  @Column({ type: 'text', nullable: true })
  container: string | null;

  @Column({ name: 'user_id', type: 'text' })
  userId: string;

  /** The session or access token that it was opened with. */
  @Column({ name: 'credential_id', type: 'text' })
  credentialId: string;

  /** Null while the best shell is looked for. */
  @Column({ type: 'jsonb', nullable: true })
  command: string[] | null;

  @Column({ type: 'boolean' })
  tty: boolean;

  @Column({ type: 'integer' })
  columns: number;

  @Column({ type: 'integer' })
  rows: number;

  /** Null unless it runs in a debugging container of its own. */
  @Column({ name: 'debug_image', type: 'text', nullable: true })
  debugImage: string | null;

  @Column({ type: 'text', nullable: true })
  reason: string | null;

  @Column({ type: 'text' })
  state: ExecSessionState;

  /** The process that holds it. */
  @Column({ name: 'replica_id', type: 'text' })
  replicaId: string;

  @Column({ name: 'started_at', type: 'timestamptz' })
  startedAt: Date;

  @Column({ name: 'ended_at', type: 'timestamptz', nullable: true })
  endedAt: Date | null;

  @Column({ name: 'exit_code', type: 'integer', nullable: true })
  exitCode: number | null;

  @Column({ name: 'end_reason', type: 'text', nullable: true })
  endReason: string | null;

  @Column({ name: 'bytes_in', type: 'bigint', transformer: wholeNumber })
  bytesIn: number;

  @Column({ name: 'bytes_out', type: 'bigint', transformer: wholeNumber })
  bytesOut: number;

  @Column({ type: 'boolean' })
  recorded: boolean;

  @Column({ name: 'records_input', type: 'boolean' })
  recordsInput: boolean;

  /** False while it is open, when it grew too large, and when the process ended before the last of it was written. */
  @Column({ name: 'recording_complete', type: 'boolean' })
  recordingComplete: boolean;
}

/** A piece of a recording: lines of asciicast, sealed. */
@Entity('exec_recording')
export class ExecRecordingEntity {
  @PrimaryColumn({ name: 'session_id', type: 'text', primaryKeyConstraintName: 'exec_recording_pkey' })
  sessionId: string;

  @PrimaryColumn({ type: 'integer', primaryKeyConstraintName: 'exec_recording_pkey' })
  sequence: number;

  @Column({ type: 'text' })
  sealed: string;
}

/** A process that holds sessions, and when it last said so. */
@Entity('exec_replica')
export class ExecReplicaEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'exec_replica_pkey' })
  id: string;

  /** Where the gateway reaches this very process; null when it was not told. */
  @Column({ type: 'text', nullable: true })
  url: string | null;

  @Column({ name: 'seen_at', type: 'timestamptz' })
  seenAt: Date;
}
