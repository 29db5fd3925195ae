import { Column, Entity, PrimaryColumn, Unique } from 'typeorm';

@Entity({ name: 'user' })
@Unique('user_login_unique', ['login'])
export class UserEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'user_pkey' })
  id: string;

  @Column({ type: 'text' })
  login: string;

  @Column({ name: 'display_name', type: 'text' })
  displayName: string;

  @Column({ type: 'text', nullable: true })
  email: string | null;

  /** Argon2id in PHC string format. */
  @Column({ name: 'password_hash', type: 'text' })
  passwordHash: string;

  @Column({ type: 'boolean' })
  disabled: boolean;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;

  @Column({ type: 'integer' })
  version: number;
}
