import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { FieldChangeValue } from '../../shared/changed-fields.js';
import type { BoundVariables } from '../binding/bound-variables.js';
import type { RolloutCounts } from '../rollout/rollout.js';
import type { RolloutPhase } from '../rollout/rollout-phase.js';
import { type ServiceSpec, storedSpec } from '../service/service-spec.js';

export const deploymentKinds = ['DEPLOY', 'ROLLBACK', 'SCALE', 'RESTART', 'PROMOTE'] as const;
export type DeploymentKind = (typeof deploymentKinds)[number];

/** One attempt to bring a service to a specification. Kept for ever. */
@Entity('deployment')
@Index('deployment_number_unique', ['serviceId', 'number'], { unique: true })
@Index('deployment_by_project', ['projectId', 'id'])
@Index('deployment_unfinished', ['serviceId'], { where: '(finished_at IS NULL)' })
export class DeploymentEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'deployment_pkey' })
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

  /** Counts up per service, from 1. */
  @Column({ type: 'integer' })
  number: number;

  @Column({ type: 'text' })
  kind: DeploymentKind;

  @Column({ name: 'user_id', type: 'text', nullable: true })
  userId: string | null;

  @Column({ name: 'access_token_id', type: 'text', nullable: true })
  accessTokenId: string | null;

  @Column({ type: 'text', nullable: true })
  reason: string | null;

  /** Of which its image was built, as whoever brought the image said. */
  @Column({ type: 'text', nullable: true })
  commit: string | null;

  /** What asked for it, such as the run of a pipeline: http or https, without credentials. */
  @Column({ name: 'trigger_url', type: 'text', nullable: true })
  triggerUrl: string | null;

  @Column({ name: 'source_id', type: 'text', nullable: true })
  sourceId: string | null;

  /** Whose id the pod template carries: its own, or for SCALE, which changes no template, that of the running one. */
  @Column({ name: 'template_id', type: 'text' })
  templateId: string;

  @Column({ type: 'jsonb', transformer: storedSpec })
  spec: ServiceSpec;

  /** Variables that bindings add, as they were. */
  @Column({ type: 'jsonb' })
  bound: BoundVariables[];

  @Column({ type: 'jsonb' })
  diff: FieldChangeValue[];

  @Column({ type: 'text' })
  phase: RolloutPhase;

  @Column({ type: 'boolean' })
  paused: boolean;

  /** Of a canary: the deployment whose template the main workload keeps until the steps are passed; else null. */
  @Column({ name: 'base_id', type: 'text', nullable: true })
  baseId: string | null;

  /** Of a canary: see `CanaryState.step`. */
  @Column({ name: 'canary_step', type: 'integer' })
  canaryStep: number;

  /** Of a canary: see `CanaryState.since`. */
  @Column({ name: 'canary_since', type: 'timestamptz', nullable: true })
  canarySince: Date | null;

  /** How it stood when it ended; null until then. */
  @Column({ type: 'jsonb', nullable: true })
  result: RolloutCounts | null;

  /** The blockers last written to the log, so that each is written once whichever process sees it. */
  @Column({ type: 'text' })
  reported: string;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  /** When the API server took it; null while it still has to be applied. */
  @Column({ name: 'applied_at', type: 'timestamptz', nullable: true })
  appliedAt: Date | null;

  @Column({ name: 'finished_at', type: 'timestamptz', nullable: true })
  finishedAt: Date | null;
}
