import type { Clock } from '../../shared/clock.js';
import type { Database, Transaction } from '../../shared/database.js';
import { type DomainEvents, notifyDomainEvent } from '../../shared/domain-events.js';
import type { Logger } from '../../shared/logger.js';
import type { DeploymentEntity } from '../deployment/deployment.entity.js';
import type { DeploymentRepository, LogLine } from '../deployment/deployment.repository.js';
import type { WorkloadClient, WorkloadWatch } from '../workload/workload.client.js';
import type { WorkloadReconciler } from '../workload/workload.reconciler.js';
import type { AutomaticRollback } from './automatic-rollback.js';
import { canaryOf } from './canary.js';
import type { CanaryService } from './canary.service.js';
import {
  type ClusterFacts,
  canaryMove,
  isLost,
  type RolloutCounts,
  rolloutOf,
  type Sight,
  strangerOf,
  type TrackedDeployment,
} from './rollout.js';
import { type Blocker, isFinished, type RolloutPhase } from './rollout-phase.js';

/** Besides at every event: for deadlines and for what must have stayed as it is for a moment. In memory, so cheap. */
const lookAgainMilliseconds = 500;
/** What was recorded and not applied by then was left by a process that ended, or waits for its cluster. */
const applyAgainMilliseconds = 3_000;

export const trackedOf = (row: DeploymentEntity): TrackedDeployment => ({
  id: row.id,
  templateId: row.templateId,
  replicas: row.spec.replicas,
  progressDeadlineSeconds: row.spec.progressDeadlineSeconds,
  canary: canaryOf(row),
  createdAt: row.createdAt,
  appliedAt: row.appliedAt,
});

interface Tracking {
  row: DeploymentEntity;
  readonly watch: WorkloadWatch;
  readonly timer: NodeJS.Timeout;
  /** When it was last tried to apply it. */
  appliedAgainAt: number;
  /** Since when the cluster has answered without a break; undefined while it does not. */
  seenSince: number | undefined;
  /** Since when the workload has been missing or somebody else's. */
  lostSince: number | undefined;
  /** An evaluation runs; another was asked for meanwhile. */
  state: 'IDLE' | 'RUNNING' | 'AGAIN';
}

/**
 * Brings every unfinished deployment to its end. Each process tracks all of them; what they find is written by
 * conditional updates, so exactly one of them ends a record, and a process that starts takes up what another left.
 */
export class RolloutTracker {
  readonly #tracked = new Map<string, Tracking>();
  readonly #unsubscribe: (() => void)[] = [];
  readonly #working = new Set<Promise<void>>();
  /** Services that are being stopped. */
  readonly #stopping = new Set<string>();
  #disposed = false;

  constructor(
    private readonly database: Database,
    private readonly deployments: DeploymentRepository,
    private readonly workloads: WorkloadClient,
    private readonly reconciler: WorkloadReconciler,
    private readonly canaries: Pick<CanaryService, 'move'>,
    private readonly rollbacks: Pick<AutomaticRollback, 'prepare'>,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  async start(events: Pick<DomainEvents, 'on' | 'onResynced'>): Promise<void> {
    this.#unsubscribe.push(
      events.on('deployment.changed', ({ deploymentId }) => this.#work(this.#refresh(deploymentId))),
      events.onResynced(() => this.#work(this.#load())),
    );
    await this.#load();
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    for (const id of [...this.#tracked.keys()]) this.#untrack(id);
    await Promise.allSettled([...this.#working]);
  }

  #work(work: Promise<void>): void {
    const guarded = work.catch((error) => this.logger.warn({ error }, 'rollout could not be looked at'));
    this.#working.add(guarded);
    void guarded.finally(() => this.#working.delete(guarded));
  }

  async #load(): Promise<void> {
    for (const row of await this.deployments.listUnfinished()) this.#track(row);
    for (const serviceId of await this.deployments.listToStop()) this.#stop(serviceId);
  }

  /** What was given up with nothing to go back to runs until its cluster has been told: asked until it was. */
  #stop(serviceId: string): void {
    if (this.#disposed || this.#stopping.has(serviceId)) return;
    this.#stopping.add(serviceId);
    const again = (): void => {
      this.#stopping.delete(serviceId);
      const timer = setTimeout(() => this.#stop(serviceId), applyAgainMilliseconds);
      timer.unref();
    };
    this.#work(
      this.reconciler.reconcile(serviceId).then(
        () => void this.#stopping.delete(serviceId),
        (error) => {
          again();
          throw error;
        },
      ),
    );
  }

  async #refresh(id: string): Promise<void> {
    const row = await this.deployments.find(id);
    if (!row || isFinished(row.phase)) {
      this.#untrack(id);
      if (row?.phase === 'ABORTED' && row.appliedAt === null) this.#stop(row.serviceId);
      return;
    }
    const tracking = this.#tracked.get(id);
    if (tracking) {
      tracking.row = row;
      this.#look(tracking);
    } else this.#track(row);
  }

  #track(row: DeploymentEntity): void {
    if (this.#disposed || this.#tracked.has(row.id)) return;
    const look = (): void => {
      const tracking = this.#tracked.get(row.id);
      if (tracking) this.#look(tracking);
    };
    const watch = this.workloads.watch({ id: row.serviceId, clusterId: row.clusterId }, look);
    const timer = setInterval(look, lookAgainMilliseconds);
    timer.unref();
    this.#tracked.set(row.id, {
      row,
      watch,
      timer,
      appliedAgainAt: row.createdAt.getTime(),
      seenSince: undefined,
      lostSince: undefined,
      state: 'IDLE',
    });
    look();
  }

  #untrack(id: string): void {
    const tracking = this.#tracked.get(id);
    if (!tracking) return;
    this.#tracked.delete(id);
    clearInterval(tracking.timer);
    tracking.watch.release();
  }

  #look(tracking: Tracking): void {
    if (tracking.state !== 'IDLE') {
      tracking.state = 'AGAIN';
      return;
    }
    tracking.state = 'RUNNING';
    this.#work(
      this.#evaluate(tracking).finally(() => {
        const again = tracking.state === 'AGAIN';
        tracking.state = 'IDLE';
        if (again && this.#tracked.get(tracking.row.id) === tracking) this.#look(tracking);
      }),
    );
  }

  async #evaluate(tracking: Tracking): Promise<void> {
    const { row } = tracking;
    if (row.appliedAt === null && this.clock.now() - tracking.appliedAgainAt > applyAgainMilliseconds) {
      tracking.appliedAgainAt = this.clock.now();
      await this.reconciler.reconcile(row.serviceId);
      await this.#refresh(row.id);
      return;
    }
    const state = tracking.watch.state();
    // Nothing is concluded from what is not known or may be outdated.
    if (!state.known || state.observed.stale) {
      tracking.seenSince = undefined;
      tracking.lostSince = undefined;
      return;
    }
    const record = trackedOf(row);
    const now = this.clock.now();
    const rollout = rolloutOf(record, state, now, this.#sight(tracking, record, state, now));
    if (await this.#isOverwritten(tracking, record, state)) {
      tracking.appliedAgainAt = now;
      await this.reconciler.reconcile(row.serviceId);
      return;
    }
    const move = isFinished(rollout.phase) ? undefined : canaryMove(record, state, now);
    if (move) {
      await this.canaries.move(row, move);
      await this.#refresh(row.id);
      return;
    }
    if (isFinished(rollout.phase)) await this.#finish(row, rollout);
    else await this.#report(tracking, rollout);
  }

  #sight(tracking: Tracking, record: TrackedDeployment, facts: ClusterFacts, now: number): Sight {
    tracking.seenSince ??= now;
    tracking.lostSince = isLost(record, facts) ? (tracking.lostSince ?? now) : undefined;
    return { since: tracking.seenSince, lostSince: tracking.lostSince };
  }

  /** Has a writer that was late put another deployment of the service over this one, which was applied already? */
  async #isOverwritten(tracking: Tracking, record: TrackedDeployment, facts: ClusterFacts): Promise<boolean> {
    const stranger = strangerOf(record, facts);
    const isTime = this.clock.now() - tracking.appliedAgainAt > applyAgainMilliseconds;
    if (stranger === undefined || tracking.row.appliedAt === null || !isTime) return false;
    return (await this.deployments.find(stranger))?.serviceId === tracking.row.serviceId;
  }

  async #finish(row: DeploymentEntity, rollout: RolloutCounts): Promise<void> {
    const at = new Date(this.clock.now());
    await this.database.transaction(async (transaction) => {
      const rollBack =
        rollout.phase === 'FAILED' ? await this.rollbacks.prepare(transaction, row) : undefined;
      const done = await this.deployments.finish(transaction, row.id, rollout.phase, {
        at,
        result: rollout,
        lines: endLines(rollout, at),
      });
      if (!done) return;
      await notifyChanged(transaction, row);
      await rollBack?.();
    });
    this.#untrack(row.id);
  }

  /** Writes a new phase and new blockers, each once. */
  async #report(tracking: Tracking, rollout: RolloutCounts): Promise<void> {
    const { row } = tracking;
    // Phases do not go back, though the controller looks behind for a moment after every write.
    const phase = rollout.phase === 'PENDING' ? row.phase : rollout.phase;
    const reported = rollout.blockers.map(lineOf).join('\n');
    if (phase === row.phase && reported === row.reported) return;
    const at = new Date(this.clock.now());
    await this.database.transaction(async (transaction) => {
      let changed = false;
      if (phase !== row.phase && (await this.deployments.move(transaction, row.id, row.phase, phase))) {
        changed = true;
        await this.deployments.log(transaction, row.id, phaseLines(phase, at));
      }
      if (
        reported !== row.reported &&
        (await this.deployments.markReported(transaction, row.id, row.reported, reported))
      ) {
        changed = true;
        const known = new Set(row.reported.split('\n'));
        await this.deployments.log(
          transaction,
          row.id,
          rollout.blockers
            .filter((blocker) => !known.has(lineOf(blocker)))
            .map(({ message }) => ({ at, level: 'WARNING' as const, message })),
        );
      }
      if (changed) await notifyChanged(transaction, row);
    });
    tracking.row = { ...tracking.row, phase, reported };
  }
}

const notifyChanged = (transaction: Transaction, row: DeploymentEntity): Promise<void> =>
  notifyDomainEvent(transaction, {
    type: 'deployment.changed',
    deploymentId: row.id,
    serviceId: row.serviceId,
  });

/** What stands for a blocker among those that are reported. */
const lineOf = ({ kind, message }: Blocker): string => `${kind} ${message.replace(/\n/g, ' ')}`;

function phaseLines(phase: RolloutPhase, at: Date): LogLine[] {
  if (phase === 'PROGRESSING') return [{ at, level: 'INFO', message: 'The cluster is rolling it out.' }];
  if (phase === 'PAUSED') return [{ at, level: 'INFO', message: 'The rollout is paused.' }];
  return [];
}

function endLines(rollout: RolloutCounts, at: Date): LogLine[] {
  if (rollout.phase === 'SUCCEEDED') {
    return [
      {
        at,
        level: 'INFO',
        message: `Succeeded: ${rollout.available} of ${rollout.desired} pods are available.`,
      },
    ];
  }
  return rollout.blockers.map(({ message }) => ({ at, level: 'ERROR' as const, message }));
}
