import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { type ServiceSpec, storedSpec } from './service-spec.js';

/** Where a service lives never changes, so its scope and namespace are kept with it. */
@Entity('service')
@Index('service_name_unique', ['environmentId', 'name'], { unique: true, where: '(deleted_at IS NULL)' })
@Index('service_by_application', ['applicationId', 'name'])
@Index('service_by_cluster', ['clusterId'])
@Index('service_by_project', ['projectId'])
export class ServiceEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'service_pkey' })
  id: string;

  @Column({ type: 'text' })
  name: string;

  @Column({ name: 'application_id', type: 'text' })
  applicationId: string;

  @Column({ name: 'environment_id', type: 'text' })
  environmentId: string;

  @Column({ name: 'project_id', type: 'text' })
  projectId: string;

  @Column({ name: 'landscape_id', type: 'text' })
  landscapeId: string;

  @Column({ name: 'cluster_id', type: 'text' })
  clusterId: string;

  @Column({ type: 'text' })
  namespace: string;

  /** What the next deployment starts from: that of the last accepted one. */
  @Column({ type: 'jsonb', transformer: storedSpec })
  spec: ServiceSpec;

  /** The last accepted deployment; null before the first. */
  @Column({ name: 'current_deployment_id', type: 'text', nullable: true })
  currentDeploymentId: string | null;

  /** Number of the newest deployment. Counted with the row locked. */
  @Column({ name: 'last_number', type: 'integer' })
  lastNumber: number;

  @Column({ type: 'integer' })
  version: number;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;

  /** The row stays, because its deployments do. */
  @Column({ name: 'deleted_at', type: 'timestamptz', nullable: true })
  deletedAt: Date | null;

  /** When what ran was removed from the cluster, after deletion. */
  @Column({ name: 'removed_at', type: 'timestamptz', nullable: true })
  removedAt: Date | null;
}
