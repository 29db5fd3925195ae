import {
  NobodyWaitsError,
  sharedAbortController,
  whileNotAborted,
} from '../../subgraphs/shared/abortable.js';
import type { Caller } from '../../subgraphs/shared/caller.js';
import type { Logger } from '../../subgraphs/shared/logger.js';
import type { RequestScope, SubgraphResult, SubgraphSource } from '../sources/source.js';
import type { SubscriptionRequest } from './resumable.js';
import { resumingStream } from './resuming-stream.js';
import { eventsUnderWay, type SharedResult } from './shared-result.js';

/** A result that is further behind than the others, in events, must not hold them up. */
const furthestBehind = 64;

/**
 * Events of one stream from the subgraph that owns it, opened in the name of one caller and shared by all results that
 * are made of it. Read no faster than the quickest of them goes.
 */
export class Upstream {
  readonly results = new Map<string, SharedResult<SubgraphResult>>();
  readonly scope: RequestScope;
  /** Events received. */
  received = 0;
  /** The place after the last of them, when it has one of its own. */
  position: string | undefined;
  readonly #controller = sharedAbortController();
  #closed = false;
  #progress: () => void = () => undefined;

  constructor(
    /** Counts upstreams: the older of two that are at the same place stays. */
    readonly number: number,
    readonly key: string,
    private readonly request: SubscriptionRequest,
    readonly start: string | undefined,
    caller: Caller,
    private readonly parts: {
      readonly source: SubgraphSource;
      readonly logger: Logger;
      readonly onClosed: (upstream: Upstream) => void;
      /** Those that hold the others up and can go on elsewhere. */
      readonly onTooFarBehind: (result: SharedResult<SubgraphResult>) => void;
    },
  ) {
    this.scope = { caller, signal: this.#controller.signal };
    void this.#run();
  }

  get resumable(): boolean {
    return this.request.cursorOf !== undefined;
  }

  /** Whether one who has everything up to `cursor` misses nothing here, and after which event it goes on. */
  joinAt(cursor: string | undefined): number | undefined {
    if (this.received === 0) return cursor === this.start ? 0 : undefined;
    return cursor !== undefined && cursor === this.position ? this.received : undefined;
  }

  /** A result has gone on, or gone. Without any, the upstream closes at once, also while it is being opened. */
  progressed(): void {
    for (const [key, result] of this.results) if (result.subscribers.size === 0) this.results.delete(key);
    if (this.results.size === 0) this.#close();
    this.#progress();
  }

  #close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.parts.onClosed(this);
    this.#controller.abort(new NobodyWaitsError('nobody is subscribed any more'));
    this.#progress();
  }

  async #run(): Promise<void> {
    const { source, logger } = this.parts;
    const stream = resumingStream(source, this.request, this.start, this.scope, logger);
    let cursor = this.start;
    try {
      for await (const value of whileNotAborted(stream, this.scope.signal, (event) => event)) {
        const next = this.request.cursorOf?.(value);
        // Events that have a cursor in common leave no place between them.
        this.position = next === cursor ? undefined : next;
        cursor = next ?? cursor;
        this.received += 1;
        const event = { sequence: this.received, cursor: this.position, value };
        for (const result of this.results.values()) result.push(event);
        await this.#room();
      }
      this.#end((result) => result.end());
    } catch (error) {
      this.#end((result) => result.fail(error));
    }
  }

  /** Nobody joins any more; what was received is still delivered. */
  #end(how: (result: SharedResult<SubgraphResult>) => void): void {
    if (this.#closed) return;
    this.parts.onClosed(this);
    for (const result of [...this.results.values()]) how(result);
  }

  async #room(): Promise<void> {
    for (;;) {
      if (this.resumable && this.results.size > 1) {
        const slow = [...this.results.values()].filter(({ behind }) => behind > furthestBehind);
        if (slow.length < this.results.size) for (const result of slow) this.parts.onTooFarBehind(result);
      }
      const behind = [...this.results.values()].map((result) => result.behind);
      const held = this.resumable ? Math.min(...behind) : Math.max(...behind);
      if (this.#closed || held < eventsUnderWay) return;
      await new Promise<void>((resolve) => {
        this.#progress = resolve;
      });
    }
  }
}
