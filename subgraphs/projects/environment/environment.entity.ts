import { Column, Entity, ForeignKey, PrimaryColumn, Unique } from 'typeorm';
import { LandscapeEntity } from '../landscape/landscape.entity.js';
import { ProjectEntity } from '../project/project.entity.js';
import type { ResourceLimits } from './quota.js';

/** What is wanted: the reconciler makes the cluster agree. */
export type EnvironmentState = 'CREATING' | 'READY' | 'DELETING';

@Entity({ name: 'environment' })
@Unique('environment_place_key', ['projectId', 'landscapeId', 'clusterId'])
@Unique('environment_namespace_key', ['clusterId', 'namespace'])
export class EnvironmentEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'environment_pkey' })
  id: string;

  @Column({ name: 'project_id', type: 'text' })
  @ForeignKey(() => ProjectEntity, { name: 'environment_project_id_fkey' })
  projectId: string;

  @Column({ name: 'landscape_id', type: 'text' })
  @ForeignKey(() => LandscapeEntity, { name: 'environment_landscape_id_fkey' })
  landscapeId: string;

  @Column({ name: 'cluster_id', type: 'text' })
  clusterId: string;

  @Column({ type: 'text' })
  namespace: string;

  @Column({ type: 'text' })
  state: EnvironmentState;

  @Column({ type: 'jsonb' })
  quota: ResourceLimits;

  @Column({ type: 'integer' })
  version: number;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
