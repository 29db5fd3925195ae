import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { MissingRight } from '../registration/cluster-warning.js';
import type { Infrastructure } from './infrastructure.js';

/** A registered cluster. Unregistering keeps the row, without credentials, for what still refers to it. */
@Entity({ name: 'cluster' })
@Index('cluster_name_key', ['name'], { unique: true, where: '"unregistered_at" IS NULL' })
export class ClusterEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'cluster_pkey' })
  id: string;

  @Column({ type: 'text' })
  name: string;

  @Column({ name: 'display_name', type: 'text' })
  displayName: string;

  @Column({ type: 'text' })
  infrastructure: Infrastructure;

  @Column({ type: 'text', nullable: true })
  location: string | null;

  @Column({ type: 'jsonb' })
  labels: Record<string, string>;

  @Column({ name: 'ingress_domain', type: 'text', nullable: true })
  ingressDomain: string | null;

  /** Written by kubernetes/credentials.ts; read only where it is asked for by name. Null once unregistered. */
  @Column({ name: 'encrypted_credentials', type: 'text', nullable: true, select: false })
  encryptedCredentials?: string | null;

  /** Calls that a person causes are made in that person's name. */
  @Column({ type: 'boolean', default: false })
  impersonate: boolean;

  /** As the cluster last said, so that it is known while it does not answer. */
  @Column({ name: 'kubernetes_version', type: 'text', nullable: true })
  kubernetesVersion: string | null;

  /** Is the server's certificate verified on every connection? Not with plain http, or when somebody said so. */
  @Column({ name: 'tls_verified', type: 'boolean', default: true })
  tlsVerified: boolean;

  /** Rights that Meridian's account was found to lack; null when the cluster did not say, or was not asked yet. */
  @Column({ name: 'missing_rights', type: 'jsonb', nullable: true })
  missingRights: readonly MissingRight[] | null;

  /** When it was last asked for them. */
  @Column({ name: 'rights_checked_at', type: 'timestamptz', nullable: true })
  rightsCheckedAt: Date | null;

  @Column({ type: 'integer' })
  version: number;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;

  @Column({ name: 'unregistered_at', type: 'timestamptz', nullable: true })
  unregisteredAt: Date | null;
}
