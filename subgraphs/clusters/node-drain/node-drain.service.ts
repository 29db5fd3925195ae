import type { Caller, SignedInCaller } from '../../shared/caller.js';
import type { Changes } from '../../shared/changes.js';
import type { Clock } from '../../shared/clock.js';
import { isUniqueViolation } from '../../shared/database.js';
import { BadUserInputError, ConflictError, NotFoundError } from '../../shared/errors.js';
import { isId, newId } from '../../shared/ids.js';
import type { Connections } from '../../shared/kubernetes/connections.js';
import { requireName } from '../../shared/kubernetes/names.js';
import { nodeTarget } from '../node/cordon.service.js';
import type { NodeMaintenanceClient } from '../node/node-maintenance.client.js';
import type { ManagedClusters } from '../registration/managed-cluster.js';
import { type DrainPlan, planDrain } from './drain-plan.js';
import type { DrainOptions } from './drain-state.js';
import { listPodsOf } from './eviction.client.js';
import type { NodeDrainEntity } from './node-drain.entity.js';
import type { NodeDrainRepository } from './node-drain.repository.js';

export interface DrainNode extends Partial<Record<keyof DrainOptions, unknown>> {
  readonly clusterId: string;
  readonly nodeName: string;
  readonly force?: boolean | null;
  readonly deleteEmptyDirData?: boolean | null;
  readonly gracePeriodSeconds?: number | null;
  readonly timeoutSeconds?: number | null;
  readonly reason?: string | null;
  readonly dryRun?: boolean | null;
  readonly idempotencyKey?: string | null;
}

export interface CancelDrain {
  readonly drainId: string;
  readonly reason?: string | null;
  readonly idempotencyKey?: string | null;
}

export interface StartedDrain {
  readonly drain: NodeDrainEntity | null;
  readonly plan: DrainPlan;
}

const defaultTimeoutSeconds = 3_600;
const longestSeconds = 86_400;

/** Starting and cancelling drains. */
export class NodeDrainService {
  constructor(
    private readonly managed: Pick<ManagedClusters, 'require'>,
    private readonly drains: NodeDrainRepository,
    private readonly nodes: NodeMaintenanceClient,
    private readonly connections: Pick<Connections, 'get'>,
    private readonly changes: Changes,
    private readonly clock: Pick<Clock, 'now'>,
  ) {}

  /** Cordons the node and records the drain; a DrainRunner does the rest. */
  async start(caller: Caller, input: DrainNode): Promise<StartedDrain> {
    const { signedIn } = await this.managed.require(caller, 'clusters.nodes.drain', input.clusterId);
    const nodeName = requireName(input.nodeName, ['input', 'nodeName'], 'node');
    const options = checkedOptions(input);
    const replay = async (id: string) => this.#replayed(id);
    const attempt = { action: 'drainNode', idempotency: { key: input.idempotencyKey, input, replay } };
    if (input.dryRun) {
      await this.nodes.setUnschedulable(signedIn, input.clusterId, nodeName, true, { dryRun: true });
      return { drain: null, plan: (await this.#plan(signedIn, input.clusterId, nodeName, options)).plan };
    }
    // Before the transaction, which may not wait for a cluster for long; a repetition does not look at it.
    const planned = await this.#plan(signedIn, input.clusterId, nodeName, options).catch(
      (error: unknown) => ({ error }),
    );
    const { started } = await this.changes.run(signedIn, attempt, async (change) => {
      if ('error' in planned) throw planned.error;
      const { plan, wasUnschedulable } = planned;
      const row = this.#row(signedIn, input, nodeName, options, plan);
      await this.drains.insert(change.transaction, row).catch((error: unknown) => {
        throw isUniqueViolation(error, 'node_drain_unfinished') ? underWay(nodeName) : error;
      });
      await this.nodes.setUnschedulable(signedIn, input.clusterId, nodeName, true, { dryRun: false });
      change.audit({
        ...nodeTarget(row),
        reason: row.reason,
        changes: [
          ...(wasUnschedulable ? [] : [{ path: 'unschedulable', before: false, after: true }]),
          { path: 'drain', before: null, after: { id: row.id, pods: row.pods.length, ...options } },
        ],
      });
      change.notify({ type: 'drain.changed', drainId: row.id });
      return { id: row.id, started: { drain: row, plan } };
    });
    return started;
  }

  /** Evicts no more; what is gone is gone, and the node stays cordoned. */
  async cancel(caller: Caller, input: CancelDrain): Promise<NodeDrainEntity> {
    const row = isId('drain', input.drainId) ? await this.drains.find(input.drainId) : undefined;
    const absent = new NotFoundError('Drain', input.drainId, ['input', 'drainId']);
    const { signedIn } = await this.managed
      .require(caller, 'clusters.nodes.drain', row?.clusterId ?? '')
      .catch((error: unknown) => {
        throw error instanceof NotFoundError ? absent : error;
      });
    if (!row) throw absent;
    const replay = async () => (await this.drains.find(row.id)) ?? row;
    const attempt = { action: 'cancelNodeDrain', idempotency: { key: input.idempotencyKey, input, replay } };
    return this.changes.run(signedIn, attempt, async (change) => {
      const current = (await this.drains.find(row.id, change.transaction)) ?? row;
      const outcome = input.reason ? `It was cancelled: ${input.reason}` : 'It was cancelled.';
      const end = { state: 'CANCELLED' as const, outcome, at: new Date(this.clock.now()) };
      if (!(await this.drains.finish(change.transaction, current, end))) {
        throw new ConflictError('The drain has ended already: there is nothing to cancel.', {
          field: ['input', 'drainId'],
        });
      }
      change.audit({
        ...nodeTarget(row),
        reason: input.reason ?? null,
        changes: [{ path: 'state', before: current.state, after: end.state }],
      });
      change.notify({ type: 'drain.changed', drainId: row.id });
      return (await this.drains.find(row.id, change.transaction)) ?? current;
    });
  }

  /** Refuses, naming pods, what would lose more than was agreed to. */
  async #plan(
    caller: SignedInCaller,
    clusterId: string,
    nodeName: string,
    options: DrainOptions,
  ): Promise<{ plan: DrainPlan; wasUnschedulable: boolean }> {
    const node = await this.nodes.get(caller, clusterId, nodeName);
    const connection = await this.connections.get(clusterId, { actingFor: caller });
    const { plan, problems } = planDrain(await listPodsOf(connection, nodeName), options);
    if (problems.length > 0) throw new BadUserInputError(problems, { plan });
    return { plan, wasUnschedulable: node.spec?.unschedulable === true };
  }

  #row(
    caller: SignedInCaller,
    input: DrainNode,
    nodeName: string,
    options: DrainOptions,
    plan: DrainPlan,
  ): NodeDrainEntity {
    const now = this.clock.now();
    return {
      id: newId('drain', now),
      clusterId: input.clusterId,
      nodeName,
      state: 'RUNNING',
      userId: caller.userId,
      requestId: caller.requestId,
      reason: input.reason ?? null,
      options,
      pods: [...plan.evict],
      problem: null,
      outcome: null,
      revision: 1,
      createdAt: new Date(now),
      deadlineAt: new Date(now + options.timeoutSeconds * 1_000),
      finishedAt: null,
      holder: null,
      heldUntil: null,
    };
  }

  async #replayed(id: string): Promise<{ id: string; started: StartedDrain }> {
    const drain = await this.drains.find(id);
    if (!drain) throw new Error(`drain ${id} of an earlier attempt is not there`);
    return { id, started: { drain, plan: { evict: drain.pods, skipped: [] } } };
  }
}

function checkedOptions(input: DrainNode): DrainOptions {
  const timeoutSeconds = input.timeoutSeconds ?? defaultTimeoutSeconds;
  const gracePeriodSeconds = input.gracePeriodSeconds ?? null;
  const problems = [
    ...(timeoutSeconds >= 1 && timeoutSeconds <= longestSeconds
      ? []
      : [
          {
            field: ['input', 'timeoutSeconds'],
            message: `timeoutSeconds is ${timeoutSeconds}: give 1 to ${longestSeconds}.`,
          },
        ]),
    ...(gracePeriodSeconds === null || (gracePeriodSeconds >= 0 && gracePeriodSeconds <= longestSeconds)
      ? []
      : [
          {
            field: ['input', 'gracePeriodSeconds'],
            message: `gracePeriodSeconds is ${gracePeriodSeconds}: give 0 to ${longestSeconds}, or leave it out for each pod's own.`,
          },
        ]),
    ...((input.reason?.length ?? 0) <= 1_000
      ? []
      : [{ field: ['input', 'reason'], message: 'reason is longer than 1,000 characters.' }]),
  ];
  if (problems.length > 0) throw new BadUserInputError(problems);
  return {
    force: input.force ?? false,
    deleteEmptyDirData: input.deleteEmptyDirData ?? false,
    gracePeriodSeconds,
    timeoutSeconds,
  };
}

const underWay = (nodeName: string): ConflictError =>
  new ConflictError(
    `Node ${JSON.stringify(nodeName)} is being drained already: wait for that drain, or cancel it.`,
    { field: ['input', 'nodeName'] },
  );
