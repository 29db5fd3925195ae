import { setImmediate } from 'node:timers/promises';
import { GraphQLError } from 'graphql';
import { NobodyWaitsError, sharedAbortController } from './abortable.js';
import type { Caller } from './caller.js';
import { callerContextHeader, type UsedCallerContexts, verifyCallerContext } from './caller-context.js';
import { systemClock } from './clock.js';
import type { SubscribePayload } from './graphql-socket/socket-message.js';
import { GraphqlSocketServer } from './graphql-socket/socket-server.js';
import type { RunningOperation, SocketReceiver } from './graphql-socket/socket-service.js';
import type { Logger } from './logger.js';
import { maskErrors, maskResult, StreamErrors } from './masked-result.js';
import { readTaken, StreamWindow, windowExtension } from './stream-window.js';
import type { Subgraph } from './subgraph.js';
import {
  requestBody,
  type SubgraphEvents,
  type SubgraphRequest,
  subscribeOnSubgraph,
} from './subgraph-execution.js';

/** What `connection_init` carries a caller context for: it has no operation of its own. */
export const connectionBody = 'connection_init';

/** A planned operation with the variables of a client, whose own messages are smaller. */
const maxMessageBytes = 1_024 * 1_024;
const eventsPerTurn = 16;

export interface SubgraphSocketOptions {
  readonly key: Uint8Array;
  readonly used: UsedCallerContexts;
  readonly logger: Logger;
}

type Verify = (token: unknown, body: string) => Promise<Caller>;

/**
 * The graphql-transport-ws side of a subgraph process, one socket for all viewers of a gateway: each `subscribe`
 * message names its own caller in `extensions`. Subscriptions only; queries go over HTTP.
 */
export function subgraphSockets(
  subgraph: Subgraph,
  { key, used, logger }: SubgraphSocketOptions,
): GraphqlSocketServer<Caller, ServedStream> {
  const verify: Verify = (token, body) =>
    verifyCallerContext(token, { key, used, audience: subgraph.name, body });
  return new GraphqlSocketServer({
    logger,
    clock: systemClock,
    maxPayload: maxMessageBytes,
    // A gateway whose clients all come back at once subscribes as often.
    trustsPeers: true,
    service: {
      authenticate: (params) => verify(params[callerContextHeader], connectionBody),
      start: (payload, _gateway, receiver) =>
        new ServedStream({ subgraph, verify, logger }, payload, receiver),
      pong(payload, find) {
        const taken = readTaken(payload);
        if (taken) find(taken.id)?.taken(taken.events);
      },
    },
  });
}

/** One subscription of a gateway: read no faster than its reader takes events, and than the socket takes bytes. */
class ServedStream implements RunningOperation {
  readonly #controller = sharedAbortController();
  readonly #window: StreamWindow;
  #wake: () => void = () => undefined;

  constructor(
    private readonly parts: { readonly subgraph: Subgraph; readonly verify: Verify; readonly logger: Logger },
    { query, operationName, variables, extensions }: SubscribePayload,
    private readonly receiver: SocketReceiver,
  ) {
    this.#window = new StreamWindow(extensions?.[windowExtension]);
    const request = { query, operationName: operationName ?? undefined, variables: variables ?? {} };
    void this.#serve(request, extensions?.[callerContextHeader]);
  }

  leave(): void {
    this.#controller.abort(new NobodyWaitsError('the gateway left'));
    this.#window.close();
    this.#wake();
  }

  drained(): void {
    this.#wake();
  }

  /** By its reader, which makes room for as many. */
  taken(events: number): void {
    this.#window.open(events);
  }

  async #serve(request: SubgraphRequest, token: unknown): Promise<void> {
    const { signal } = this.#controller;
    const { subgraph, verify, logger } = this.parts;
    // A message that is refused before its caller is known has no request ID.
    let caller: Pick<Caller, 'requestId'> = { requestId: 'none' };
    try {
      const verified = await verify(token, requestBody(request));
      caller = verified;
      const events = await subscribeOnSubgraph(subgraph, request, verified, signal);
      if (!isStream(events)) throw new StreamErrors(events.errors ?? []);
      await this.#send(events, verified);
      if (!signal.aborted) this.receiver.complete();
    } catch (error) {
      if (!signal.aborted) this.receiver.fail(maskErrors([asGraphQLError(error)], caller, logger));
    } finally {
      // What failed on the way out leaves its source open.
      this.leave();
    }
  }

  async #send(events: SubgraphEvents, caller: Caller): Promise<void> {
    const { signal } = this.#controller;
    for (let sent = 1; ; sent += 1) {
      await this.#untilRoom();
      const { value, done } = await events.next();
      if (done || signal.aborted) return;
      this.receiver.next({ text: JSON.stringify(maskResult(value, caller, this.parts.logger)) });
      // A source that always has an event ready would keep the process from ever seeing that its reader has left.
      if (sent % eventsPerTurn === 0) await setImmediate();
    }
  }

  async #untilRoom(): Promise<void> {
    await this.#window.take();
    while (this.receiver.room !== 'free' && !this.#controller.signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
}

const isStream = (value: object): value is SubgraphEvents => Symbol.asyncIterator in value;

const asGraphQLError = (error: unknown): GraphQLError =>
  error instanceof Error
    ? new GraphQLError(error.message, { originalError: error })
    : new GraphQLError(String(error));
