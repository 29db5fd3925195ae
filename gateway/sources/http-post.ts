import { Client, type Dispatcher, errors } from 'undici';
import type { Silence } from './silence.js';

/** A client of one connection that knows whether that connection has answered before: a kept one may be stale. */
export class KeptConnection extends Client {
  answered = false;

  constructor(origin: string | URL, options: object) {
    super(origin, options);
    this.on('connect', () => {
      this.answered = false;
    });
  }

  override dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): boolean {
    (options as PostOptions).onConnection?.(this);
    return super.dispatch(options, handler);
  }
}

interface PostOptions extends Dispatcher.DispatchOptions {
  /** Told which connection the request goes over. */
  readonly onConnection?: (connection: KeptConnection) => void;
}

/** A kept connection was closed by the other side before any byte of the answer: nothing may have read the request. */
export class ClosedUnansweredError extends Error {
  constructor(cause: Error) {
    super('a kept connection was closed before the answer', { cause });
    this.name = 'ClosedUnansweredError';
  }
}

const closedCodes = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE']);

export interface HttpAnswer {
  readonly status: number;
  readonly text: string;
}

/**
 * POSTs JSON without the streams of `undici.request`, which cost more than the rest of a small exchange. Redirects
 * are not followed: a 3xx is an answer as any other.
 *
 * @param headers name, value, name, value
 * @param silence of the one that is asked: waiting for a connection is waiting for it
 * @throws the signal's reason at once when it is aborted; ClosedUnansweredError; what undici reports
 */
export function post(
  dispatcher: Dispatcher,
  path: string,
  headers: string[],
  body: string,
  signal: AbortSignal,
  silence: Silence,
): Promise<HttpAnswer> {
  return new Promise((resolve, reject) => {
    let connection: KeptConnection | undefined;
    let controller: Dispatcher.DispatchController | undefined;
    let status = 0;
    const chunks: Buffer[] = [];
    let givenUp: Error | undefined;
    let isSettled = false;
    let endWait: () => void = () => undefined;
    const giveUp = (reason: unknown): void => {
      givenUp = asError(reason);
      settled();
      controller?.abort(givenUp);
      reject(reason);
    };
    const onAbort = (): void => giveUp(signal.reason);
    const settled = (): void => {
      isSettled = true;
      signal.removeEventListener('abort', onAbort);
      endWait();
    };
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    signal.addEventListener('abort', onAbort, { once: true });

    const options: PostOptions = {
      method: 'POST',
      path,
      headers,
      body,
      onConnection: (used) => {
        connection = used;
      },
    };
    dispatcher.dispatch(options, {
      onRequestStart(started) {
        controller = started;
        // It waited for a connection, and its reader didn't.
        if (givenUp) started.abort(givenUp);
      },
      onResponseStart(_, statusCode) {
        endWait();
        silence.heard();
        status = statusCode;
      },
      onResponseData(_, chunk) {
        silence.heard();
        chunks.push(chunk);
      },
      onResponseEnd() {
        settled();
        if (connection) connection.answered = true;
        const [only] = chunks;
        const bytes = chunks.length === 1 && only ? only : Buffer.concat(chunks);
        resolve({ status, text: bytes.toString('utf8') });
      },
      onResponseError(_, error) {
        settled();
        const closed = 'code' in error && closedCodes.has(String(error.code));
        reject(status === 0 && closed && connection?.answered ? new ClosedUnansweredError(error) : error);
      },
    });
    // undici bounds the silence of a connection, but lets requests wait for one however long.
    if (!controller && !isSettled) {
      endWait = silence.whenTooLong(() => giveUp(new errors.HeadersTimeoutError()));
    }
  });
}

const asError = (reason: unknown): Error => (reason instanceof Error ? reason : new Error(String(reason)));
