import type { Caller } from '../../shared/caller.js';
import type { Clock } from '../../shared/clock.js';
import type { DomainEvents } from '../../shared/domain-events.js';
import { encodeCursor } from '../../shared/pagination.js';
import type { DeploymentEntity } from '../deployment/deployment.entity.js';
import type { DeploymentRepository } from '../deployment/deployment.repository.js';
import type { DeploymentService } from '../deployment/deployment.service.js';
import { LevelStream } from '../level-stream.js';
import { type PodValue, podOf } from '../pod/pod.mapper.js';
import type { StreamGuard } from '../stream-guard.js';
import { templateIdOf } from '../workload/labels.js';
import type { Observed, WorkloadClient, WorkloadState } from '../workload/workload.client.js';
import { type RolloutCounts, rolloutOf } from './rollout.js';
import { trackedOf } from './rollout.tracker.js';
import { isFinished, type RolloutPhase } from './rollout-phase.js';

/** Blockers and stalling also come with time alone. */
const lookAgainMilliseconds = 2_000;
/** Steps kept for a reader that is a little behind. */
const maximumAhead = 100;

export interface RolloutValue extends RolloutCounts {
  readonly deploymentId: string;
  readonly observed: Observed;
  readonly pods: PodValue[];
}

export type RolloutEventValue = {
  readonly type: 'PROGRESSED' | 'COMPLETED';
  readonly cursor: string;
  readonly phase: RolloutPhase;
  readonly rollout: RolloutValue;
  readonly deployment: DeploymentEntity;
};

/** The record says how it ended; until then the cluster says where it is. */
export function rolloutValue(row: DeploymentEntity, state: WorkloadState, now: number): RolloutValue {
  const { observed, known } = state;
  const common = { deploymentId: row.id, observed: { ...observed, stale: observed.stale || !known } };
  if (isFinished(row.phase)) {
    const pods = state.pods.filter(
      (pod) => templateIdOf(pod) === row.templateId && !pod.metadata?.deletionTimestamp,
    );
    return {
      ...(row.result ?? endedEarly(row)),
      ...common,
      phase: row.phase,
      pods: pods.map((pod) => podOf(pod, observed.clusterId, state.templateId)),
    };
  }
  const pods = state.pods.map((pod) => podOf(pod, observed.clusterId, row.templateId));
  if (!known) return { ...endedEarly(row), ...common, phase: row.phase, pods };
  const live = rolloutOf(trackedOf(row), state, now);
  // It ends when the record says so, and does not go back.
  const phase =
    isFinished(live.phase) || live.phase === 'PENDING'
      ? row.phase === 'PENDING' && live.phase !== 'PENDING'
        ? 'PROGRESSING'
        : row.phase
      : live.phase;
  return { ...live, ...common, phase, percent: Math.min(live.percent, 99), pods };
}

/** Superseded or aborted, or nothing is known of the cluster: counts that nobody took. */
const endedEarly = (row: DeploymentEntity): RolloutCounts => ({
  phase: row.phase,
  desired: row.spec.replicas,
  updated: 0,
  ready: 0,
  available: 0,
  old: 0,
  percent: 0,
  blockers: [],
  stalledSince: null,
});

export class RolloutService {
  constructor(
    private readonly deployments: DeploymentService,
    private readonly repository: DeploymentRepository,
    private readonly workloads: WorkloadClient,
    private readonly guard: StreamGuard,
    private readonly events: Pick<DomainEvents, 'on' | 'onResynced'>,
    private readonly clock: Clock,
  ) {}

  /** In the order of the rows, which the caller may see. */
  async listByDeployments(rows: readonly DeploymentEntity[]): Promise<RolloutValue[]> {
    const states = await this.workloads.list(
      rows.map((row) => ({ id: row.serviceId, clusterId: row.clusterId })),
    );
    return rows.map((row, index) => rolloutValue(row, states[index] as WorkloadState, this.clock.now()));
  }

  /**
   * First how it stands, then every change, and after the end nothing. The first event holds everything, so a cursor
   * to resume after needs no reset.
   */
  async watch(caller: Caller, deploymentId: string): Promise<AsyncIterable<RolloutEventValue>> {
    const check = () => this.deployments.get(caller, deploymentId);
    let row = await check();
    let reread = false;
    let last = '';
    let events = 0;
    const stream = new LevelStream<RolloutEventValue>(
      (changed) => {
        const watch = this.workloads.watch({ id: row.serviceId, clusterId: row.clusterId }, changed);
        const recordChanged = (): void => {
          reread = true;
          changed();
        };
        const unsubscribe = [
          this.events.on('deployment.changed', (event) => {
            if (event.deploymentId === deploymentId) recordChanged();
          }),
          this.events.onResynced(recordChanged),
        ];
        const timer = setInterval(changed, lookAgainMilliseconds);
        timer.unref();
        return {
          close: () => {
            clearInterval(timer);
            for (const off of unsubscribe) off();
            watch.release();
          },
          read: async () => {
            await watch.synced();
            if (reread || events === 0) {
              reread = false;
              row = (await this.repository.find(deploymentId)) ?? row;
            }
            const rollout = rolloutValue(row, watch.state(), this.clock.now());
            const done = isFinished(row.phase);
            const text = JSON.stringify({ ...rollout, observed: { ...rollout.observed, observedAt: null } });
            if (text === last && !done) return { events: [] };
            last = text;
            events += 1;
            const cursor = encodeCursor([deploymentId, events]);
            return {
              events: [
                {
                  type: done ? 'COMPLETED' : 'PROGRESSED',
                  cursor,
                  phase: rollout.phase,
                  rollout,
                  deployment: row,
                },
              ],
              done,
            };
          },
        };
      },
      { ahead: maximumAhead },
    );
    return this.guard.guard(caller, stream, check);
  }
}
