import { NotFoundError } from '../../shared/errors.js';
import type { KubernetesConnection } from '../../shared/kubernetes/connection.js';
import { isNotStarted } from '../../shared/kubernetes/container-errors.js';
import { compareLogTimes, type LogLine } from '../../shared/kubernetes/log-lines.js';
import { followLog } from '../../shared/kubernetes/log-stream.js';
import type { Pod } from '../../shared/kubernetes/resources.js';
import type { LogQuery } from './log-events.js';

/** What a source needs of the stream it feeds. */
export interface LogSourceHost {
  /** The pod as it is now; undefined when it is gone. */
  pod(): Pod | undefined;
  /** Takes the lines in; resolves when there is room for more. */
  lines(lines: readonly LogLine[]): Promise<void>;
  gap(reason: string): void;
  /** Resolves after the next change of the service's pods, or a while. */
  change(): Promise<void>;
}

const retryMilliseconds = 2_000;

/** The log of one container through its restarts, each line once. */
export class LogSource {
  readonly #abort = new AbortController();
  /** Time of the last line taken in. */
  position: string | undefined;

  constructor(
    private readonly connection: KubernetesConnection,
    private readonly target: { namespace: string; pod: string; container: string },
    private readonly query: LogQuery,
    private readonly host: LogSourceHost,
  ) {
    this.position = query.positions?.get(this.key);
  }

  get key(): string {
    return `${this.target.pod}/${this.target.container}`;
  }

  stop(): void {
    this.#abort.abort();
  }

  /** What is there now. NotFoundError when `previous` is asked for and there was no earlier run. */
  async history(): Promise<void> {
    try {
      await this.#read(false);
    } catch (error) {
      if (this.#abort.signal.aborted || isNotStarted(error)) return;
      if (error instanceof NotFoundError && !this.query.previous) return;
      throw error;
    }
  }

  /** From the last line on, until the pod is gone or its containers run no more. Gives why it ended. */
  async follow(): Promise<string> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      const run = this.#run();
      try {
        await this.#read(true);
      } catch (error) {
        if (signal.aborted) break;
        if (!isNotStarted(error)) {
          if (!this.host.pod()) break;
          if (!(error instanceof NotFoundError)) {
            this.host.gap('The connection to the log was lost; what follows goes on after the last line.');
          }
          await pause(retryMilliseconds, signal);
          continue;
        }
      }
      // The log of this run has ended, or did not begin: wait for the next run.
      while (!signal.aborted && this.#mayRunAgain() && this.#run() === run) await this.host.change();
      if (!this.#mayRunAgain()) break;
    }
    return this.host.pod() ? 'The container has ended.' : 'The pod was deleted.';
  }

  async #read(follow: boolean): Promise<void> {
    const { query } = this;
    const resumeAt = this.position;
    const batches = followLog(this.connection, {
      ...this.target,
      follow,
      previous: query.previous,
      signal: this.#abort.signal,
      ...(resumeAt === undefined
        ? { tailLines: query.positions ? undefined : query.tail, sinceTime: query.since ?? undefined }
        : { sinceTime: resumeAt }),
    });
    for await (const batch of batches) {
      if (this.#abort.signal.aborted) return;
      // The API server counts from the whole second on.
      const fresh =
        resumeAt === undefined
          ? batch
          : batch.filter(({ time }) => time === '' || compareLogTimes(time, resumeAt) > 0);
      this.position = fresh.findLast(({ time }) => time !== '')?.time ?? this.position;
      if (fresh.length > 0) await this.host.lines(fresh);
    }
  }

  /** Names the container's current run: it changes when the container is started again. */
  #run(): string {
    const status = this.#status();
    return `${status?.restartCount ?? 0} ${status?.state?.running?.startedAt ?? ''}`;
  }

  #status() {
    const { status } = this.host.pod() ?? {};
    return [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])].find(
      ({ name }) => name === this.target.container,
    );
  }

  #mayRunAgain(): boolean {
    const phase = this.host.pod()?.status?.phase;
    return phase !== undefined && phase !== 'Succeeded' && phase !== 'Failed';
  }
}

/** Ends early when aborted. */
function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) {
      resolve();
      return;
    }
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener('abort', end, { once: true });
  });
}
