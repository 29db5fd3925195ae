import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { DrainedPod, DrainOptions, NodeDrainState } from './drain-state.js';

/** One attempt to empty a node. Kept for ever. */
@Entity('node_drain')
@Index('node_drain_by_node', ['clusterId', 'nodeName', 'id'])
@Index('node_drain_unfinished', ['clusterId', 'nodeName'], { unique: true, where: '(finished_at IS NULL)' })
export class NodeDrainEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'node_drain_pkey' })
  id: string;

  @Column({ name: 'cluster_id', type: 'text' })
  clusterId: string;

  @Column({ name: 'node_name', type: 'text' })
  nodeName: string;

  @Column({ type: 'text' })
  state: NodeDrainState;

  /** Who started it, and in whose name pods are evicted where the cluster wants that. */
  @Column({ name: 'user_id', type: 'text' })
  userId: string;

  @Column({ name: 'request_id', type: 'text' })
  requestId: string;

  @Column({ type: 'text', nullable: true })
  reason: string | null;

  @Column({ type: 'jsonb' })
  options: DrainOptions;

  /** Those to evict, as they were when it began, with what became of each. */
  @Column({ type: 'jsonb' })
  pods: DrainedPod[];

  /** Why nothing goes on at the moment. */
  @Column({ type: 'text', nullable: true })
  problem: string | null;

  /** How it ended, for a person. */
  @Column({ type: 'text', nullable: true })
  outcome: string | null;

  /** Raised by each change that readers see. */
  @Column({ type: 'integer' })
  revision: number;

  @Column({ name: 'created_at', type: 'timestamptz' })
  createdAt: Date;

  @Column({ name: 'deadline_at', type: 'timestamptz' })
  deadlineAt: Date;

  @Column({ name: 'finished_at', type: 'timestamptz', nullable: true })
  finishedAt: Date | null;

  /** The process that works on it, until then unless it renews. */
  @Column({ type: 'text', nullable: true })
  holder: string | null;

  @Column({ name: 'held_until', type: 'timestamptz', nullable: true })
  heldUntil: Date | null;
}
