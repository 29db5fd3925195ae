import { pause } from '../../shared/kubernetes/pause.js';
import { type AnyResult, StreamErrors } from '../../shared/masked-result.js';
import { UpstreamLostError } from '../../shared/subgraph-streams.js';
import { ForwardedError, HolderSilentError } from './exec-errors.js';
import type { ExecEventValue } from './exec-reader.js';
import type { ExecSessionEntity } from './exec-session.entity.js';

const types = { ExecStarted: 'STARTED', ExecOutput: 'OUTPUT', ExecExited: 'EXITED' } as const;
/** A holder that stops as it should has its records written within this. */
const recordMilliseconds = 3_000;
const lookMilliseconds = 200;

/**
 * The events of a session that another process holds. When the way to it breaks, the record says whether the session
 * has ended: then that is the last event; else the reader is told to come back.
 */
export class ForwardedExec implements AsyncIterableIterator<ExecEventValue> {
  readonly #left = new AbortController();
  #ended = false;
  #cut = false;

  constructor(
    private readonly stream: AsyncIterableIterator<AnyResult>,
    private readonly sessionId: string,
    private readonly sessions: { find(id: string): Promise<ExecSessionEntity | undefined> },
    private readonly onEnd: () => void,
  ) {}

  async next(): Promise<IteratorResult<ExecEventValue>> {
    if (this.#ended) return { value: undefined, done: true };
    try {
      const { value, done } = await this.stream.next();
      if (done && this.#cut) throw new HolderSilentError(this.sessionId);
      if (done) return await this.return();
      const event = value.data?.['exec'];
      if (!event) throw new StreamErrors(value.errors ?? []);
      return { value: eventOf(event as GraphqlEvent), done: false };
    } catch (error) {
      if (error instanceof UpstreamLostError)
        return await this.#afterLoss(error).finally(() => this.return());
      await this.return();
      throw error instanceof StreamErrors ? ForwardedError.of(error.errors[0]) : error;
    }
  }

  async return(): Promise<IteratorResult<ExecEventValue>> {
    if (!this.#ended) {
      this.#ended = true;
      this.#left.abort();
      await this.stream.return?.();
      this.onEnd();
    }
    return { value: undefined, done: true };
  }

  /** This process stops: the session goes on where it is held, and its reader is not told that it has ended. */
  async cut(): Promise<void> {
    this.#cut = true;
    await this.stream.return?.();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async #afterLoss(cause: Error): Promise<IteratorResult<ExecEventValue>> {
    const left = this.#left.signal;
    for (let waited = 0; waited < recordMilliseconds && !left.aborted; waited += lookMilliseconds) {
      const row = await this.sessions.find(this.sessionId);
      if (row?.endedAt) {
        const reason = row.endReason ?? 'The session has ended';
        return { value: { type: 'EXITED', exitCode: row.exitCode, reason }, done: false };
      }
      await pause(lookMilliseconds, left);
    }
    if (left.aborted) return { value: undefined, done: true };
    throw Object.assign(new HolderSilentError(this.sessionId), { cause });
  }
}

type GraphqlEvent = { readonly __typename: keyof typeof types };

function eventOf({ __typename, ...event }: GraphqlEvent): ExecEventValue {
  return { type: types[__typename], ...event } as ExecEventValue;
}
