import type { Clock } from '../../shared/clock.js';
import type { Database, Transaction } from '../../shared/database.js';
import { type DomainEvents, notifyDomainEvent } from '../../shared/domain-events.js';
import type { Logger } from '../../shared/logger.js';
import type { DeploymentEntity } from '../deployment/deployment.entity.js';
import type { DeploymentRepository, LogLine } from '../deployment/deployment.repository.js';
import type { WorkloadClient, WorkloadWatch } from '../workload/workload.client.js';
import type { WorkloadReconciler } from '../workload/workload.reconciler.js';
import { type RolloutCounts, rolloutOf, type TrackedDeployment } from './rollout.js';
import { isFinished, type RolloutPhase } from './rollout-phase.js';

/** Besides at every event: for deadlines and for what must have stayed as it is for a moment. In memory, so cheap. */
const lookAgainMilliseconds = 500;
/** What was recorded and not applied by then was left by a process that ended, or waits for its cluster. */
const applyAgainMilliseconds = 3_000;

export const trackedOf = (row: DeploymentEntity): TrackedDeployment => ({
  id: row.id,
  templateId: row.templateId,
  replicas: row.spec.replicas,
  progressDeadlineSeconds: row.spec.progressDeadlineSeconds,
  createdAt: row.createdAt,
  appliedAt: row.appliedAt,
});

interface Tracking {
  row: DeploymentEntity;
  readonly watch: WorkloadWatch;
  readonly timer: NodeJS.Timeout;
  /** When it was last tried to apply it. */
  appliedAgainAt: number;
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
  #disposed = false;

  constructor(
    private readonly database: Database,
    private readonly deployments: DeploymentRepository,
    private readonly workloads: WorkloadClient,
    private readonly reconciler: WorkloadReconciler,
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
  }

  async #refresh(id: string): Promise<void> {
    const row = await this.deployments.find(id);
    if (!row || isFinished(row.phase)) {
      this.#untrack(id);
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
    if (!state.known || state.observed.stale) return;
    const rollout = rolloutOf(trackedOf(row), state, this.clock.now());
    if (isFinished(rollout.phase)) await this.#finish(row, rollout);
    else await this.#report(tracking, rollout);
  }

  async #finish(row: DeploymentEntity, rollout: RolloutCounts): Promise<void> {
    const at = new Date(this.clock.now());
    await this.database.transaction(async (transaction) => {
      const done = await this.deployments.finish(transaction, row.id, rollout.phase, {
        at,
        result: rollout,
        lines: endLines(rollout, at),
      });
      if (done) await notifyChanged(transaction, row);
    });
    this.#untrack(row.id);
  }

  /** Writes a new phase and new blockers, each once. */
  async #report(tracking: Tracking, rollout: RolloutCounts): Promise<void> {
    const { row } = tracking;
    // Phases do not go back, though the controller looks behind for a moment after every write.
    const phase = rollout.phase === 'PENDING' ? row.phase : rollout.phase;
    const reported = rollout.blockers
      .map(({ kind, message }) => `${kind} ${withoutCounts(message)}`)
      .join('\n');
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
            .filter(({ kind, message }) => !known.has(`${kind} ${withoutCounts(message)}`))
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

/** A restart more is no new blocker. */
const withoutCounts = (message: string): string =>
  message.replace(/\d+ restarts?/g, 'restarts').replace(/\n/g, ' ');

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
