import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn, Unique } from 'typeorm';
import { RoleEntity } from '../role/role.entity.js';
import { TeamEntity } from '../team/team.entity.js';
import { UserEntity } from '../user/user.entity.js';

export type Effect = 'ALLOW' | 'DENY';

/** A role given to (or denied) exactly one user or team in a scope. Never changed: made and removed. */
@Entity({ name: 'role_binding' })
@Unique('role_binding_unique', ['uniqueKey'])
@Check('role_binding_subject', '(user_id IS NULL) <> (team_id IS NULL)')
@Check('role_binding_effect', "effect IN ('ALLOW', 'DENY')")
@Index('role_binding_by_user', ['userId'])
@Index('role_binding_by_team', ['teamId'])
@Index('role_binding_by_project', ['projectId'])
export class RoleBindingEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'role_binding_pkey' })
  id: string;

  @Column({ name: 'role_id', type: 'text' })
  @ForeignKey(() => RoleEntity, { name: 'role_binding_role_fkey', onDelete: 'RESTRICT' })
  roleId: string;

  @Column({ name: 'user_id', type: 'text', nullable: true })
  @ForeignKey(() => UserEntity, { name: 'role_binding_user_fkey', onDelete: 'CASCADE' })
  userId: string | null;

  @Column({ name: 'team_id', type: 'text', nullable: true })
  @ForeignKey(() => TeamEntity, { name: 'role_binding_team_fkey', onDelete: 'CASCADE' })
  teamId: string | null;

  @Column({ type: 'text' })
  effect: Effect;

  @Column({ name: 'cluster_id', type: 'text', nullable: true })
  clusterId: string | null;

  @Column({ name: 'project_id', type: 'text', nullable: true })
  projectId: string | null;

  @Column({ name: 'landscape_id', type: 'text', nullable: true })
  landscapeId: string | null;

  @Column({ name: 'application_id', type: 'text', nullable: true })
  applicationId: string | null;

  /** Everything above in one text, so that the same binding can't be made twice (NULLs would not be equal). */
  @Column({ name: 'unique_key', type: 'text', select: false })
  uniqueKey: string;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;
}
