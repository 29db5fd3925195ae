import type { ServerResponse } from 'node:http';
import { OperationTypeNode } from 'graphql';
import type { Caller } from '../../subgraphs/shared/caller.js';
import type { SocketTimes } from '../../subgraphs/shared/graphql-socket/socket-connection.js';
import type { Logger } from '../../subgraphs/shared/logger.js';
import { maskErrors, StreamErrors } from '../../subgraphs/shared/masked-result.js';
import type { OperationRequest } from '../admission.js';
import type { Engine } from '../engine.js';
import { asGraphQLError } from '../graphql-error.js';
import { pulledEvents } from '../subscriptions/pulled-events.js';
import { startOperation } from './start-operation.js';
import type { AcceptedStream, StreamFraming } from './stream-framing.js';

const checkMilliseconds = 1_000;

interface OpenResponse {
  readonly response: ServerResponse;
  readonly framing: StreamFraming;
  readonly heartbeatMilliseconds: number;
  heartbeatAt: number;
  /** Since when the client takes nothing. */
  blockedAt: number | undefined;
}

/** Operations whose results are streamed into an HTTP response, each in one of its own. */
export class StreamedResponses {
  readonly #open = new Set<OpenResponse>();
  readonly #timer: NodeJS.Timeout;

  constructor(
    private readonly parts: {
      readonly engine: Engine;
      readonly logger: Logger;
      readonly times: Pick<SocketTimes, 'ping' | 'slowestRead'>;
    },
  ) {
    this.#timer = setInterval(
      () => this.#check(performance.now()),
      Math.min(checkMilliseconds, parts.times.slowestRead, parts.times.ping),
    ).unref();
  }

  /** Whether the operation is to be streamed, to a client that would take it plain too. */
  takes({ orPlain }: AcceptedStream, request: OperationRequest): boolean {
    return !orPlain || this.parts.engine.admission.kindOf(request) === OperationTypeNode.SUBSCRIPTION;
  }

  /**
   * Resolves when the response has ended. What is refused is told in the stream, as both protocols want it. Only the
   * end of the stream itself is told as complete: a client that is cut off subscribes again.
   */
  async answer(
    framing: StreamFraming,
    request: OperationRequest,
    caller: Caller,
    response: ServerResponse,
  ): Promise<void> {
    const { engine, logger } = this.parts;
    // Proxies that collect answers are asked not to.
    response.writeHead(200, { 'content-type': framing.contentType, 'x-accel-buffering': 'no' });
    const heartbeatMilliseconds = Math.min(framing.heartbeatMilliseconds, this.parts.times.ping);
    const open: OpenResponse = {
      response,
      framing,
      heartbeatMilliseconds,
      heartbeatAt: performance.now() + heartbeatMilliseconds,
      blockedAt: undefined,
    };
    this.#open.add(open);
    const events = pulledEvents((receiver) =>
      startOperation({ engine, logger, transport: framing.transport }, request, caller, receiver),
    );
    response.once('close', () => {
      this.#open.delete(open);
      void events.return?.();
    });
    try {
      await write(open, framing.begin);
      for await (const { text } of events) {
        await write(open, framing.next(text));
      }
      end(response, framing.complete);
    } catch (error) {
      // Those of the stream are masked.
      const errors =
        error instanceof StreamErrors ? error.errors : maskErrors([asGraphQLError(error)], caller, logger);
      end(response, framing.fail(errors));
    }
  }

  get open(): number {
    return this.#open.size;
  }

  /** Ends every stream without completing it: its client may go on elsewhere. */
  dispose(): void {
    clearInterval(this.#timer);
    for (const { response } of this.#open) response.end();
  }

  #check(now: number): void {
    for (const open of this.#open) {
      if (open.blockedAt !== undefined) {
        if (now - open.blockedAt > this.parts.times.slowestRead) open.response.destroy();
      } else if (now >= open.heartbeatAt && !open.response.writableEnded) {
        void write(open, open.framing.heartbeat);
      }
    }
  }
}

function end(response: ServerResponse, text: string): void {
  if (!response.writableEnded) response.end(text);
}

/** Resolves when the client has room for more, or has left. */
function write(open: OpenResponse, text: string): Promise<void> {
  const { response } = open;
  if (response.destroyed || response.writableEnded) return Promise.resolve();
  open.heartbeatAt = performance.now() + open.heartbeatMilliseconds;
  if (response.write(text)) return Promise.resolve();
  open.blockedAt ??= performance.now();
  return new Promise((resolve) => {
    const done = (): void => {
      open.blockedAt = undefined;
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    response.on('drain', done);
    response.on('close', done);
  });
}
