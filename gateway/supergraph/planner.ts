import type { QueryPlan } from '@apollo/query-planner';
import { RateLimitedError, TooLargeError } from '../../subgraphs/shared/errors.js';
import type { Logger } from '../../subgraphs/shared/logger.js';
import { type PlannerThread, PlannerThreadEndedError } from './planner-thread.js';

export const planningLimits = {
  /**
   * For one plan. The most costly operation that was found within all limits takes 0.35 s of computing with
   * schema/supergraph.graphql; the rest is for a machine that is busy with other things.
   */
  planMilliseconds: 10_000,
  /** Operations that wait to be planned. */
  waiting: 200,
  /** Of these, those of one caller: nobody takes all places. */
  waitingOfCaller: 20,
  /** How long an operation that took too long is refused without another try. */
  refusedMilliseconds: 60_000,
} as const;

/** One operation of a document that passed every check. */
export interface PlanRequest {
  readonly document: string;
  /** Undefined for the only operation of the document. */
  readonly operationName: string | undefined;
  /** Who waits; null for the gateway itself, which is never refused for others who wait. */
  readonly caller: string | null;
}

interface Job extends PlanRequest {
  readonly key: string;
  readonly plan: Promise<QueryPlan>;
  readonly resolve: (plan: QueryPlan) => void;
  readonly reject: (error: unknown) => void;
  /** Threads that ended while they were at it. */
  ends: number;
}

/** What the planner needs of its thread. */
export type PlanningThread = Pick<PlannerThread, 'plan' | 'terminate' | 'ended'>;

/**
 * Plans operations of one supergraph in a thread of its own, so that nobody's streams wait for it: one after the
 * other, those of equal text once. A plan that takes too long is refused, with the thread; a thread that ends is
 * replaced, and whoever waits is served by the next.
 */
export class Planner<Thread extends PlanningThread = PlannerThread> {
  readonly #jobs = new Map<string, Job>();
  readonly #waiting: Job[] = [];
  /** When each may be tried again. */
  readonly #refused = new Map<string, number>();
  #thread: Thread | undefined;
  #working = false;
  #resting = false;

  constructor(
    /** One that has loaded the supergraph. */
    thread: Thread,
    private readonly parts: {
      /** Another such. */
      readonly replace: () => Promise<Thread>;
      /** Takes a thread that is needed no more. */
      readonly giveBack: (thread: Thread) => void;
      readonly logger: Logger;
      readonly planMilliseconds?: number;
      /** Milliseconds of a clock that never goes back. */
      readonly now?: () => number;
    },
  ) {
    this.#thread = thread;
  }

  /** Operations that wait, and the one that is being planned. */
  get waiting(): number {
    return this.#jobs.size;
  }

  /**
   * Rejects with TooLargeError when it takes too long, with RateLimitedError when too many wait, and with what the
   * planner says when it can make no plan.
   */
  plan(request: PlanRequest): Promise<QueryPlan> {
    const key = JSON.stringify([request.operationName ?? null, request.document]);
    const known = this.#jobs.get(key);
    if (known) return known.plan;
    const again = this.#refused.get(key);
    if (again !== undefined) {
      if (this.#now() < again) return Promise.reject(this.#tooSlow());
      this.#refused.delete(key);
    }
    if (this.#isFull(request.caller)) {
      const message = 'Too many operations wait to be planned. Try again in a second.';
      return Promise.reject(new RateLimitedError(message, 1));
    }
    const { promise, resolve, reject } = withResolvers<QueryPlan>();
    const job: Job = { ...request, key, plan: promise, resolve, reject, ends: 0 };
    this.#jobs.set(key, job);
    this.#waiting.push(job);
    void this.#work();
    return promise;
  }

  /** Gives the thread back once nobody waits any more. Who asks later is served by another. */
  rest(): void {
    this.#resting = true;
    if (!this.#working) this.#giveBack();
  }

  #isFull(caller: string | null): boolean {
    if (caller === null) return false;
    if (this.#waiting.length >= planningLimits.waiting) return true;
    const own = this.#waiting.filter((job) => job.caller === caller).length;
    return own >= planningLimits.waitingOfCaller;
  }

  async #work(): Promise<void> {
    if (this.#working) return;
    this.#working = true;
    for (let job = this.#waiting.shift(); job; job = this.#waiting.shift()) {
      try {
        job.resolve(await this.#make(job));
      } catch (error) {
        if (error instanceof PlannerThreadEndedError && this.#mayTryAgain(job, error)) continue;
        job.reject(error);
      }
      this.#jobs.delete(job.key);
    }
    this.#working = false;
    if (this.#resting) this.#giveBack();
  }

  async #make(job: Job): Promise<QueryPlan> {
    if (!this.#thread || this.#thread.ended) this.#thread = await this.parts.replace();
    const thread = this.#thread;
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_, reject) => {
      timer = setTimeout(() => {
        this.#refuse(job.key);
        reject(this.#tooSlow());
        this.#thread = undefined;
        void thread.terminate();
      }, this.#planMilliseconds);
    });
    try {
      return await Promise.race([thread.plan(job.document, job.operationName), tooLate]);
    } finally {
      clearTimeout(timer);
    }
  }

  /** Once: the next thread may have been ended by something else, or by the same. */
  #mayTryAgain(job: Job, error: Error): boolean {
    this.parts.logger.error({ error }, 'the thread of the query planner ended; another takes its place');
    job.ends += 1;
    if (job.ends > 1) return false;
    this.#waiting.unshift(job);
    return true;
  }

  #refuse(key: string): void {
    const now = this.#now();
    for (const [other, until] of this.#refused) if (until <= now) this.#refused.delete(other);
    this.#refused.set(key, now + planningLimits.refusedMilliseconds);
    this.parts.logger.warn({ milliseconds: this.#planMilliseconds }, 'an operation took too long to plan');
  }

  #giveBack(): void {
    const thread = this.#thread;
    this.#thread = undefined;
    if (thread) this.parts.giveBack(thread);
  }

  #now(): number {
    return (this.parts.now ?? performance.now.bind(performance))();
  }

  get #planMilliseconds(): number {
    return this.parts.planMilliseconds ?? planningLimits.planMilliseconds;
  }

  #tooSlow(): TooLargeError {
    return new TooLargeError(
      `To plan the operation takes longer than ${this.#planMilliseconds / 1_000} s: select fewer fields of other types in it, or split it.`,
    );
  }
}

function withResolvers<T>() {
  let resolve!: (value: T) => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
}
