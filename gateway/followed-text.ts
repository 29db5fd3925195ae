import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../subgraphs/shared/logger.js';

/** What is followed is whole when it reads the same twice, so far apart. */
const settleMilliseconds = 200;

export interface FollowedTextOptions {
  /** Of a file or folder, for the log. */
  readonly path: string;
  /** What was read when the gateway started. */
  readonly text: string;
  /** Rejects with ENOENT when there is nothing at the moment. */
  readonly read: () => Promise<string>;
  /** Calls back when something may have changed; returns what ends that. */
  readonly watch: (onChange: () => void) => () => void;
  /** Rejects when the text is not to be taken. */
  readonly update: (text: string) => Promise<unknown>;
  /** Said in the log with the reason when it was not. */
  readonly refusal: string;
  readonly logger: Logger;
}

/**
 * Follows what the operator may change while the gateway runs: each new text is handed to `update` once it has
 * settled. What `update` refuses is logged once, and looked at again when it changes.
 */
export class FollowedText {
  /** The text that was taken or refused last. */
  #judged: string | undefined;
  #looking: Promise<void> = Promise.resolve();
  #again = false;
  readonly #stop = new AbortController();
  readonly #unwatch: () => void;

  constructor(private readonly options: FollowedTextOptions) {
    this.#judged = options.text;
    this.#unwatch = options.watch(() => this.#look());
    // It may have changed between its first reading and now.
    this.#look();
  }

  /** Looks now (SIGHUP): what was refused before is tried, and told, again. */
  async reload(): Promise<void> {
    this.#judged = undefined;
    this.#look();
    await this.#looking;
  }

  async dispose(): Promise<void> {
    this.#stop.abort();
    this.#unwatch();
    await this.#looking;
  }

  /** One look at a time; a change during a look is looked at after it. */
  #look(): void {
    if (this.#again) return;
    this.#again = true;
    this.#looking = this.#looking.then(async () => {
      this.#again = false;
      if (!this.#stop.signal.aborted) await this.#once();
    });
  }

  async #once(): Promise<void> {
    const { path, update, refusal, logger } = this.options;
    try {
      const text = await this.#settledText();
      if (text === undefined || text === this.#judged) return;
      this.#judged = text;
      await update(text);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      logger.error({ path, reason, error }, refusal);
    }
  }

  /** Undefined when there is nothing at the moment, or the gateway stops. */
  async #settledText(): Promise<string | undefined> {
    for (let before: string | undefined; ; ) {
      let text: string;
      try {
        text = await this.options.read();
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw error;
      }
      // Most looks find what is known.
      if (text === before || text === this.#judged) return text;
      before = text;
      try {
        await sleep(settleMilliseconds, undefined, { signal: this.#stop.signal });
      } catch {
        return undefined;
      }
    }
  }
}
