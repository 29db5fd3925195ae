import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** How many sign-ins were tried lately under one key (see sign-in-throttle.ts). */
@Entity({ name: 'sign_in_attempts' })
@Index('sign_in_attempts_by_end', ['windowEndsAt'])
export class SignInAttemptsEntity {
  /** A hash: a password typed into the login field must not end up here. */
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'sign_in_attempts_pkey' })
  key: string;

  @Column({ type: 'integer' })
  attempts: number;

  @Column({ name: 'window_ends_at', type: 'timestamptz' })
  windowEndsAt: Date;
}
