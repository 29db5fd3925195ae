import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { UserEntity } from '../user/user.entity.js';

@Entity({ name: 'access_token' })
@Index('access_token_by_user', ['userId'])
export class AccessTokenEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'access_token_pkey' })
  id: string;

  @Column({ name: 'user_id', type: 'text' })
  @ForeignKey(() => UserEntity, { name: 'access_token_user_fkey', onDelete: 'CASCADE' })
  userId: string;

  @Column({ type: 'text' })
  name: string;

  /** First characters of the secret, to tell tokens apart. */
  @Column({ type: 'text' })
  prefix: string;

  /** SHA-256 of the secret, in hexadecimal. The secret itself is kept nowhere. */
  @Column({ name: 'secret_hash', type: 'text', select: false })
  secretHash: string;

  /** Null: whatever its owner may. */
  @Column({ type: 'text', array: true, nullable: true })
  permissions: string[] | null;

  @Column({ name: 'cluster_id', type: 'text', nullable: true })
  clusterId: string | null;

  @Column({ name: 'project_id', type: 'text', nullable: true })
  projectId: string | null;

  @Column({ name: 'landscape_id', type: 'text', nullable: true })
  landscapeId: string | null;

  @Column({ name: 'application_id', type: 'text', nullable: true })
  applicationId: string | null;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column({ name: 'expires_at', type: 'timestamptz' })
  expiresAt: Date;

  @Column({ name: 'last_used_at', type: 'timestamptz', nullable: true })
  lastUsedAt: Date | null;

  @Column({ name: 'revoked_at', type: 'timestamptz', nullable: true })
  revokedAt: Date | null;
}
