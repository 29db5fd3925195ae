import { Column, Entity, Index, PrimaryColumn, Unique } from 'typeorm';

/** ACTIVE: wanted. FAILED: the cluster refused it. DELETING: its objects are being removed; the row goes last. */
export type InstancePhase = 'ACTIVE' | 'FAILED' | 'DELETING';

/** A plan as it was when the instance took it: a changed catalogue changes no instance by itself. */
export interface InstancePlan {
  readonly name: string;
  readonly description: string;
  readonly replicas: number;
  readonly cpu: string;
  readonly memory: string;
  readonly storage: string;
}

@Entity({ name: 'instance', schema: 'marketplace' })
@Unique('instance_environment_id_name_key', ['environmentId', 'name'])
@Index('instance_by_project', ['projectId', 'id'])
@Index('instance_by_cluster', ['clusterId', 'id'])
@Index('instance_unsettled', ['nextAttemptAt'], { where: 'settled_revision IS DISTINCT FROM revision' })
export class InstanceEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'instance_pkey' })
  id: string;

  @Column({ type: 'text' })
  name: string;

  @Column({ name: 'environment_id', type: 'text' })
  environmentId: string;

  // What the environment is never changes: kept here so that lists and the published view need no other table.
  @Column({ name: 'project_id', type: 'text' })
  projectId: string;

  @Column({ name: 'landscape_id', type: 'text' })
  landscapeId: string;

  @Column({ name: 'cluster_id', type: 'text' })
  clusterId: string;

  @Column({ type: 'text' })
  namespace: string;

  @Column({ type: 'text' })
  offering: string;

  /** Of the offering, such as 8.2; the row's own version is `revision`. */
  @Column({ type: 'text' })
  version: string;

  @Column({ type: 'jsonb' })
  plan: InstancePlan;

  @Column({ type: 'jsonb' })
  parameters: Record<string, string | number | boolean>;

  /** Wanted size of each volume; only grows. */
  @Column({ name: 'storage_size', type: 'text' })
  storageSize: string;

  /** Size in the StatefulSet's claim template, which can't change. */
  @Column({ name: 'claim_size', type: 'text' })
  claimSize: string;

  /** As asked for; null for the cluster's default class. */
  @Column({ name: 'storage_class', type: 'text', nullable: true })
  storageClass: string | null;

  @Column({ type: 'integer' })
  port: number;

  @Column({ name: 'credentials_secret', type: 'text' })
  credentialsSecret: string;

  @Column({ type: 'jsonb' })
  variables: { name: string; key: string }[];

  @Column({ name: 'pod_labels', type: 'jsonb' })
  podLabels: Record<string, string>;

  @Column({ type: 'text' })
  phase: InstancePhase;

  /** Why the phase is FAILED, or why the last attempt to reach the cluster failed; for a person. */
  @Column({ type: 'text', nullable: true })
  failure: string | null;

  /** Counts up with each change; updates name the one that they know. */
  @Column({ type: 'integer' })
  revision: number;

  /** The revision that the cluster was last told; null before the first. */
  @Column({ name: 'applied_revision', type: 'integer', nullable: true })
  appliedRevision: number | null;

  @Column({ name: 'applied_at', type: 'timestamptz', nullable: true })
  appliedAt: Date | null;

  /** metadata.generation of the StatefulSet after that: what an informer shows of an older one is history. */
  @Column({ name: 'applied_generation', type: 'integer', nullable: true })
  appliedGeneration: number | null;

  /** The last revision that was seen ready; null before the first. Until it is `revision`, the reconciler looks after it. */
  @Column({ name: 'settled_revision', type: 'integer', nullable: true })
  settledRevision: number | null;

  @Column({ name: 'next_attempt_at', type: 'timestamptz' })
  nextAttemptAt: Date;

  /** Attempts in a row that failed. */
  @Column({ type: 'integer' })
  attempts: number;

  /** With DELETING: keep volumes and credentials. */
  @Column({ name: 'retain_data', type: 'boolean' })
  retainData: boolean;

  /** Take over what an instance of the same name, deleted with retainData, left behind. */
  @Column({ name: 'adopt_data', type: 'boolean' })
  adoptData: boolean;

  @Column({ name: 'created_by', type: 'text' })
  createdById: string;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
