import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { QueryPlan } from '@apollo/query-planner';
import { TooLargeError } from '../../subgraphs/shared/errors.js';
import type { Logger } from '../../subgraphs/shared/logger.js';
import { projectRoot } from '../../subgraphs/shared/project-root.js';
import {
  type LoadedSupergraph,
  type PlannerAnswer,
  type PlannerLog,
  type PlannerRequest,
  planOf,
} from './planner-messages.js';

/** The thread ended before it answered: out of memory, or ended by its owner. */
export class PlannerThreadEndedError extends Error {
  constructor(cause?: unknown) {
    super('the thread of the query planner ended before it answered', { cause });
    this.name = 'PlannerThreadEndedError';
  }
}

/** Whoever waits for an answer. */
interface Asked {
  readonly resolve: (answer: PlannerAnswer) => void;
  readonly reject: (error: Error) => void;
}

/** A plan that needs more ends the thread, not the process: the largest admitted one seen took 60 MB. */
const heapMegabytes = 512;

/**
 * A thread with ApolloGateway and the query planner, for one supergraph at a time. It keeps the process alive only
 * while it is asked something.
 */
export class PlannerThread {
  readonly #worker = new Worker(workerFile(), {
    // Whatever this process was started with (a profiler, a loader of tests) is not meant for it.
    execArgv: [],
    // Without it ApolloGateway starts an exporter that sends metrics to Apollo.
    env: { APOLLO_TELEMETRY_DISABLED: '1' },
    name: 'query planner',
    resourceLimits: { maxOldGenerationSizeMb: heapMegabytes },
  });
  #logger: Logger | undefined;
  #asked: Asked | undefined;
  #ended: PlannerThreadEndedError | undefined;

  constructor() {
    this.#worker.unref();
    this.#worker.on('message', (message: PlannerAnswer | PlannerLog) => this.#receive(message));
    this.#worker.on('error', (error) => this.#end(error));
    this.#worker.on('exit', (code) => this.#end(new Error(`exit code ${code}`)));
  }

  /** It answers nothing any more. */
  get ended(): boolean {
    return this.#ended !== undefined;
  }

  /** Takes the place of the supergraph before it. Rejects with what is wrong with it. */
  async load(
    supergraphSdl: string,
    options: { validate: boolean; logger: Logger },
  ): Promise<LoadedSupergraph> {
    const { validate, logger } = options;
    this.#logger = logger;
    const answer = await this.#ask({ kind: 'load', supergraphSdl, validate });
    if (answer.kind !== 'loaded') throw unexpected(answer);
    return answer.loaded;
  }

  /** Rejects when no plan can be made. The document passed every check before. */
  async plan(document: string, operationName: string | undefined): Promise<QueryPlan> {
    const answer = await this.#ask({ kind: 'plan', document, operationName });
    if (answer.kind !== 'planned') throw unexpected(answer);
    return planOf(answer.plan);
  }

  /** Whatever it was doing: that is rejected with PlannerThreadEndedError. */
  async terminate(): Promise<void> {
    this.#end(new Error('it was ended'));
    await this.#worker.terminate();
  }

  #ask(request: PlannerRequest): Promise<PlannerAnswer> {
    return new Promise((resolve, reject) => {
      if (this.#asked) throw new Error('the thread is asked one thing at a time');
      if (this.#ended) throw this.#ended;
      this.#asked = { resolve, reject };
      this.#worker.ref();
      this.#worker.postMessage(request);
    });
  }

  #receive(message: PlannerAnswer | PlannerLog): void {
    if (message.kind === 'log') {
      this.#logger?.[message.level]({ message: message.message }, 'supergraph');
      return;
    }
    this.#settle(({ resolve }) => resolve(message));
  }

  #end(cause: unknown): void {
    this.#ended ??= new PlannerThreadEndedError(cause);
    const ended = this.#ended;
    this.#settle(({ reject }) => reject(ended));
  }

  #settle(how: (asked: Asked) => void): void {
    const asked = this.#asked;
    this.#asked = undefined;
    this.#worker.unref();
    if (asked) how(asked);
  }
}

function unexpected(answer: PlannerAnswer): Error {
  if (answer.kind !== 'failed') return new Error(`the query planner's thread answered ${answer.kind}`);
  if (answer.tooLarge) return new TooLargeError(answer.message);
  const error = new Error(answer.message);
  if (answer.stack !== undefined) error.stack = answer.stack;
  return error;
}

/** A thread can't load TypeScript: from source, as tests run, the file of the build takes its place. */
function workerFile(): string {
  const name = 'planner-worker.js';
  return import.meta.url.endsWith('.ts')
    ? join(projectRoot(), 'dist', 'gateway', 'supergraph', name)
    : fileURLToPath(new URL(name, import.meta.url));
}
