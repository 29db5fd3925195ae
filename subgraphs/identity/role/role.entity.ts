import { Column, Entity, PrimaryColumn, Unique } from 'typeorm';

@Entity({ name: 'role' })
@Unique('role_name_unique', ['name'])
export class RoleEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'role_pkey' })
  id: string;

  @Column({ type: 'text' })
  name: string;

  @Column({ type: 'text', nullable: true })
  description: string | null;

  @Column({ name: 'built_in', type: 'boolean' })
  builtIn: boolean;

  /** Names of functional permissions, sorted. */
  @Column({ type: 'text', array: true })
  permissions: string[];

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;

  @Column({ type: 'integer' })
  version: number;
}
