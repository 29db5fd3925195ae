import { Column, Entity, PrimaryColumn, Unique } from 'typeorm';

@Entity({ name: 'project' })
@Unique('project_name_key', ['name'])
export class ProjectEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'project_pkey' })
  id: string;

  @Column({ type: 'text' })
  name: string;

  @Column({ name: 'display_name', type: 'text' })
  displayName: string;

  @Column({ type: 'text', nullable: true })
  description: string | null;

  /** Id of a user. */
  @Column({ name: 'created_by', type: 'text', nullable: true })
  createdBy: string | null;

  @Column({ type: 'integer' })
  version: number;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
