import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
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

  /** As the cluster last said, so that it is known while it does not answer. */
  @Column({ name: 'kubernetes_version', type: 'text', nullable: true })
  kubernetesVersion: string | null;

  @Column({ type: 'integer' })
  version: number;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column({ name: 'updated_at', type: 'timestamptz' })
  updatedAt: Date;

  @Column({ name: 'unregistered_at', type: 'timestamptz', nullable: true })
  unregisteredAt: Date | null;
}
