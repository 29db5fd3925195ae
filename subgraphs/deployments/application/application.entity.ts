import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

@Entity('application')
@Index('application_name_unique', ['projectId', 'name'], { unique: true })
export class ApplicationEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'application_pkey' })
  id: string;

  @Column({ name: 'project_id', type: 'text' })
  projectId: string;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'text', nullable: true })
  description: string | null;

  @Column({ name: 'repository_url', type: 'text', nullable: true })
  repositoryUrl: string | null;

  @Column({ type: 'text', nullable: true })
  dockerfile: string | null;

  /** Counts up with every change (optimistic locking). */
  @Column({ type: 'integer' })
  version: number;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;
}
