import { appendAuditEvent } from '../../shared/audit.js';
import type { Caller } from '../../shared/caller.js';
import type { Clock } from '../../shared/clock.js';
import type { Database } from '../../shared/database.js';
import { type DomainEvents, notifyDomainEvent } from '../../shared/domain-events.js';
import { MeridianError, NotFoundError, UnauthenticatedError } from '../../shared/errors.js';
import type { Connections } from '../../shared/kubernetes/connections.js';
import { statusOf } from '../../shared/kubernetes/errors.js';
import { pause } from '../../shared/kubernetes/pause.js';
import type { Logger } from '../../shared/logger.js';
import { nodeTarget } from '../node/cordon.service.js';
import { drainPass, type NextAttempts } from './drain-pass.js';
import { type DrainEnd, endOf } from './drain-state.js';
import type { NodeDrainEntity } from './node-drain.entity.js';
import type { NodeDrainRepository } from './node-drain.repository.js';

/** Between two looks at a node, as kubectl. */
const passMs = 1_000;
/** The longest time between two looks at a cluster that does not answer. */
const longestPassMs = 15_000;
/** A process that renews no more is taken for dead after this. */
const holdMs = 15_000;
const lookForUnheldMs = 5_000;

export interface DrainRunnerParts {
  readonly database: Database;
  readonly drains: NodeDrainRepository;
  readonly connections: Pick<Connections, 'get'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Names this process. */
  readonly holder: string;
}

/**
 * Brings every drain to its end. A drain is worked on by the one process that holds it; when that stops or dies another
 * takes it up where the record says it is. What is done to the cluster may safely be done twice, and the end is written
 * by a conditional update, so there is exactly one.
 */
export class DrainRunner {
  readonly #working = new Map<string, Promise<void>>();
  readonly #stop = new AbortController();
  #unsubscribe: (() => void)[] = [];
  #looking: Promise<void> = Promise.resolve();

  constructor(private readonly parts: DrainRunnerParts) {}

  start(events: Pick<DomainEvents, 'on' | 'onResynced'>): void {
    const look = (): void => this.#look();
    const timer = setInterval(look, lookForUnheldMs);
    timer.unref();
    this.#unsubscribe = [
      () => clearInterval(timer),
      events.on('drain.changed', ({ drainId }) => {
        if (!this.#working.has(drainId)) look();
      }),
      events.onResynced(look),
    ];
    look();
  }

  /** What is under way goes on in another process, or in the next. */
  async dispose(): Promise<void> {
    for (const unsubscribe of this.#unsubscribe) unsubscribe();
    this.#stop.abort();
    await this.#looking;
    await Promise.all(this.#working.values());
  }

  /** One look after the other. */
  #look(): void {
    this.#looking = this.#looking.then(async () => {
      if (this.#stop.signal.aborted) return;
      try {
        for (const id of await this.parts.drains.listUnheld(this.#now())) this.#takeUp(id);
      } catch (error) {
        this.parts.logger.warn({ error }, 'drains could not be looked for');
      }
    });
  }

  #takeUp(id: string): void {
    if (this.#working.has(id) || this.#stop.signal.aborted) return;
    const work = this.#run(id)
      .catch((error: unknown) => this.parts.logger.warn({ error, drain: id }, 'drain was interrupted'))
      .finally(() => this.#working.delete(id));
    this.#working.set(id, work);
  }

  async #run(id: string): Promise<void> {
    const { drains, holder } = this.parts;
    const row = await drains.hold(id, holder, this.#now(), this.#heldUntil());
    if (!row) return;
    const lost = new AbortController();
    const renewing = setInterval(() => {
      drains.renew(id, holder, this.#heldUntil()).then(
        (held) => held || lost.abort(),
        () => undefined,
      );
    }, holdMs / 3);
    renewing.unref();
    try {
      await this.#bringToEnd(row, AbortSignal.any([lost.signal, this.#stop.signal]));
    } finally {
      clearInterval(renewing);
      await drains.release(id, holder);
    }
  }

  async #bringToEnd(begun: NodeDrainEntity, signal: AbortSignal): Promise<void> {
    const attempts: NextAttempts = new Map();
    let row = begun;
    let failures = 0;
    while (!signal.aborted) {
      const { pods, problem, end } = await this.#pass(row, attempts);
      failures = problem === null ? 0 : failures + 1;
      const next = { ...row, pods, problem };
      if (end) return this.#finish(next, end);
      if (isNews(row, next)) {
        if (!(await this.#report(next))) return;
        next.revision++;
      }
      row = next;
      await pause(Math.min(passMs * 2 ** failures, longestPassMs), signal);
    }
  }

  async #pass(
    row: NodeDrainEntity,
    attempts: NextAttempts,
  ): Promise<Pick<NodeDrainEntity, 'pods' | 'problem'> & { end?: DrainEnd | undefined }> {
    const { connections, clock } = this.parts;
    const times = { deadline: row.deadlineAt.getTime(), now: clock.now() };
    try {
      const connection = await connections.get(row.clusterId, { actingFor: starterOf(row, times.deadline) });
      const pods = await drainPass(connection, row, attempts, () => clock.now());
      return { pods, problem: null, end: endOf(pods, { ...times, now: clock.now() }) };
    } catch (error) {
      if (!(error instanceof MeridianError)) throw error;
      const { pods } = row;
      if (error instanceof UnauthenticatedError || (error instanceof NotFoundError && !statusOf(error))) {
        return { pods, problem: null, end: { state: 'FAILED', outcome: error.message } };
      }
      return { pods, problem: error.message, end: endOf(pods, { ...times, now: clock.now() }) };
    }
  }

  async #report(row: NodeDrainEntity): Promise<boolean> {
    const { database, drains, holder } = this.parts;
    return database.transaction(async (transaction) => {
      const reported = await drains.report(transaction, row, holder, row);
      if (reported) await notifyDomainEvent(transaction, { type: 'drain.changed', drainId: row.id });
      return reported;
    });
  }

  async #finish(row: NodeDrainEntity, end: DrainEnd): Promise<void> {
    const { database, drains } = this.parts;
    const at = this.#now();
    await database.transaction(async (transaction) => {
      if (!(await drains.finish(transaction, row, { ...end, at, pods: row.pods }))) return;
      await appendAuditEvent(
        transaction,
        { userId: row.userId, requestId: row.requestId, address: null },
        {
          ...nodeTarget(row),
          action: 'drainNode.end',
          changes: [{ path: 'state', before: row.state, after: end.state }],
          reason: end.outcome,
          result: end.state === 'SUCCEEDED' ? 'DONE' : 'FAILED',
          at,
        },
      );
      await notifyDomainEvent(transaction, { type: 'drain.changed', drainId: row.id });
    });
  }

  #now(): Date {
    return new Date(this.parts.clock.now());
  }

  #heldUntil(): Date {
    return new Date(this.parts.clock.now() + holdMs);
  }
}

const isNews = (before: NodeDrainEntity, after: NodeDrainEntity): boolean =>
  before.problem !== after.problem ||
  after.pods.some((pod, index) => {
    const known = before.pods[index];
    return pod.state !== known?.state || pod.reason !== known.reason;
  });

/** Whoever started it, for clusters that want to know: their token need not live as long as the drain. */
const starterOf = ({ userId, requestId }: NodeDrainEntity, expiresAt: number): Caller => ({
  userId,
  requestId,
  address: null,
  credentialId: '',
  credentialKind: 'SESSION',
  expiresAt,
});
