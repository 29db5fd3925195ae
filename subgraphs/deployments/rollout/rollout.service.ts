import { createHash } from 'node:crypto';
import type { Caller } from '../../shared/caller.js';
import type { Clock } from '../../shared/clock.js';
import type { DomainEvents } from '../../shared/domain-events.js';
import { BadUserInputError } from '../../shared/errors.js';
import { LevelStream } from '../../shared/level-stream.js';
import { decodeCursor, encodeCursor } from '../../shared/pagination.js';
import { type Selection, selected } from '../../shared/selection.js';
import type { StreamGuard } from '../../shared/stream-guard.js';
import type { DeploymentEntity } from '../deployment/deployment.entity.js';
import type { DeploymentRepository } from '../deployment/deployment.repository.js';
import type { DeploymentService } from '../deployment/deployment.service.js';
import type { LogService } from '../log/log.service.js';
import { type PodValue, podOf } from '../pod/pod.mapper.js';
import { templateIdOf } from '../workload/labels.js';
import type { Observed, WorkloadClient, WorkloadState } from '../workload/workload.client.js';
import { canaryOf, canaryProgress } from './canary.js';
import { type RolloutCounts, rolloutOf } from './rollout.js';
import { trackedOf } from './rollout.tracker.js';
import { RolloutLog, type RolloutLogEvent } from './rollout-log.js';
import { isFinished, type RolloutPhase } from './rollout-phase.js';
import { RolloutStream } from './rollout-stream.js';

/** Blockers and stalling also come with time alone. */
const lookAgainMilliseconds = 2_000;
/** Steps kept for a reader that is a little behind. */
const maximumAhead = 100;

export interface RolloutValue extends RolloutCounts {
  readonly deploymentId: string;
  readonly observed: Observed;
  readonly pods: PodValue[];
}

export type RolloutEventValue =
  | {
      readonly type: 'PROGRESSED' | 'COMPLETED';
      readonly cursor: string;
      readonly phase: RolloutPhase;
      readonly rollout: RolloutValue;
      readonly deployment: DeploymentEntity;
    }
  | { readonly type: 'RESET'; readonly cursor: string; readonly reason: string }
  | RolloutLogEvent;

type StepValue = Exclude<RolloutEventValue, RolloutLogEvent>;

export interface WatchRollout {
  readonly deploymentId: string;
  readonly after?: string | null | undefined;
  /** Lines of each container to begin with; null for no log. */
  readonly logTail?: number | null | undefined;
  /** Only what is selected of an event is looked at to see whether it changed. */
  readonly selection: Selection;
}

/** What the reader has: what stands for the last step, and how far the log is. */
interface Place {
  readonly mark: string;
  readonly logCursor: string;
}

const maximumLogTail = 1_000;

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
function endedEarly(row: DeploymentEntity): RolloutCounts {
  const canary = canaryOf(row);
  return {
    phase: row.phase,
    desired: row.spec.replicas,
    updated: 0,
    ready: 0,
    available: 0,
    old: 0,
    percent: 0,
    blockers: [],
    stalledSince: null,
    canary: canary && canaryProgress(canary),
  };
}

export class RolloutService {
  constructor(
    private readonly deployments: DeploymentService,
    private readonly repository: DeploymentRepository,
    private readonly workloads: WorkloadClient,
    private readonly guard: StreamGuard,
    private readonly logs: Pick<LogService, 'watch'>,
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
   * First how it stands, then every change of what is selected, and after the end nothing. After a cursor the first
   * comes only when it is different from then. With lines of the log of the deployment's pods when they are wanted.
   */
  async watch(caller: Caller, input: WatchRollout): Promise<AsyncIterable<RolloutEventValue>> {
    const { deploymentId } = input;
    const row = await this.deployments.get(caller, deploymentId);
    const logTail = input.logTail ?? null;
    if (logTail !== null && (logTail < 0 || logTail > maximumLogTail)) {
      throw BadUserInputError.at(['logTail'], `logTail is ${logTail}: use 0 to ${maximumLogTail}.`);
    }
    const place = input.after ? placeOf(input.after, deploymentId) : undefined;
    const log =
      logTail === null || isFinished(row.phase) ? undefined : this.#log(caller, row, logTail, place);
    await log?.start();
    const stream = new RolloutStream(
      this.#steps(row, input, place),
      log,
      (mark, logCursor) => encodeCursor([deploymentId, mark, logCursor]),
      place ?? { mark: '', logCursor: '' },
    );
    return this.guard.guard(caller, stream, () => this.deployments.recheck(caller, deploymentId));
  }

  #log(caller: Caller, row: DeploymentEntity, tail: number, place: Place | undefined): RolloutLog {
    const { serviceId, templateId } = row;
    return new RolloutLog(
      (after) => this.logs.watch(caller, { serviceId, deploymentId: templateId, tail, after }),
      place?.logCursor || null,
    );
  }

  /** The cursor of a step is only what stands for it. */
  #steps(
    first: DeploymentEntity,
    { after, selection }: WatchRollout,
    place: Place | undefined,
  ): LevelStream<StepValue> {
    let row = first;
    let reread = true;
    let last = place?.mark;
    let lost = Boolean(after) && !place;
    return new LevelStream<StepValue>(
      (changed) => {
        const watch = this.workloads.watch({ id: row.serviceId, clusterId: row.clusterId }, changed);
        const recordChanged = (): void => {
          reread = true;
          changed();
        };
        const unsubscribe = [
          this.events.on('deployment.changed', (event) => {
            if (event.deploymentId === row.id) recordChanged();
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
            if (reread) {
              reread = false;
              row = (await this.repository.find(row.id)) ?? row;
            }
            const done = isFinished(row.phase);
            if (!done) watch.requireCluster();
            const rollout = rolloutValue(row, watch.state(), this.clock.now());
            const mark = markOf(rollout, row, selection);
            if (mark === last && !done) return { events: [] };
            last = mark;
            const reset: StepValue[] = lost ? [resetOf(after ?? '')] : [];
            lost = false;
            const type = done ? 'COMPLETED' : 'PROGRESSED';
            const step: StepValue = { type, cursor: mark, phase: rollout.phase, rollout, deployment: row };
            return { events: [...reset, step], done };
          },
        };
      },
      { ahead: maximumAhead },
    );
  }
}

/** Stands for all that was selected. */
function markOf(rollout: RolloutValue, deployment: DeploymentEntity, selection: Selection): string {
  const value = { rollout: { ...rollout, observed: { ...rollout.observed, observedAt: null } }, deployment };
  const text = JSON.stringify([rollout.phase, selected(value, selection)]);
  return createHash('sha256').update(text).digest('base64url').slice(0, 22);
}

function placeOf(after: string, deploymentId: string): Place | undefined {
  try {
    const [id, mark, logCursor] = decodeCursor(after, 3);
    return id === deploymentId ? { mark: String(mark), logCursor: String(logCursor) } : undefined;
  } catch {
    return undefined;
  }
}

const resetOf = (cursor: string): StepValue => ({
  type: 'RESET',
  cursor,
  reason: 'This is no cursor of this rollout: what follows is how it stands.',
});
