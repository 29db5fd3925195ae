import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  type ExecutionArgs,
  type ExecutionResult,
  type FormattedExecutionResult,
  GraphQLError,
} from 'graphql';
import { handleProtocols, makeServer, type SubscribePayload } from 'graphql-ws';
import { type WebSocket, WebSocketServer } from 'ws';
import { sharedAbortController } from '../../subgraphs/shared/abortable.js';
import type { Caller } from '../../subgraphs/shared/caller.js';
import type { Clock } from '../../subgraphs/shared/clock.js';
import { UnauthenticatedError } from '../../subgraphs/shared/errors.js';
import {
  closeCodes,
  closeSockets,
  connectGraphqlSocket,
  failingStream,
  socketServerOptions,
} from '../../subgraphs/shared/graphql-socket.js';
import type { Logger } from '../../subgraphs/shared/logger.js';
import { maskErrors, maskResult } from '../../subgraphs/shared/masked-result.js';
import type { Authentication } from '../authentication.js';
import { asGraphQLError, type Engine } from '../engine.js';
import type { Operation } from '../operations/operation.js';
import type { OriginPolicy } from './origin.js';
import { logRequest } from './request-log.js';

const initMilliseconds = 10_000;
/** After its token has expired a socket is closed, once its subscriptions had time to say why they end. */
const expiryGraceMilliseconds = 1_000;
const longestTimer = 2 ** 31 - 1;

export interface WebSocketTransport {
  /** Answers an upgrade request; refuses foreign origins before there is a socket. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Closes every socket with 1001; clients connect again elsewhere. */
  dispose(): void;
}

interface Extra {
  readonly address: string | null;
  readonly socket: WebSocket;
  /** Set when the connection is acknowledged. */
  caller: Caller | undefined;
  /** What runs on the socket, by message id. */
  readonly running: Map<string, Running>;
}

interface Running {
  readonly caller: Caller;
  readonly startedAt: number;
  readonly controller: AbortController;
  operation?: Operation;
  variables?: Readonly<Record<string, unknown>>;
}

/**
 * GraphQL over WebSocket (graphql-transport-ws) on `/graphql`: subscriptions, and queries and mutations too, by the
 * same engine as HTTP. A bad token in `connectionParams.authorization` closes with 4403, and so does one that
 * expires: connect again with a new one.
 */
export function webSocketTransport(options: {
  readonly engine: Engine;
  readonly authentication: Authentication;
  readonly origins: OriginPolicy;
  readonly logger: Logger;
  readonly clock: Clock;
}): WebSocketTransport {
  const { engine, authentication, origins, logger, clock } = options;
  const sockets = new WebSocketServer({
    ...socketServerOptions,
    handleProtocols: (offered) => handleProtocols(offered),
  });

  const server = makeServer<Record<string, unknown>, Extra>({
    connectionInitWaitTimeout: initMilliseconds,
    async onConnect({ connectionParams, extra }) {
      const authorization = connectionParams?.['authorization'] ?? connectionParams?.['Authorization'];
      try {
        const origin = { requestId: randomUUID(), address: extra.address };
        extra.caller = await authentication.authenticate(authorization, origin);
        closeAtExpiry(extra.caller, extra.socket, clock);
        return true;
      } catch (error) {
        if (error instanceof UnauthenticatedError) return false;
        throw error;
      }
    },
    onSubscribe: ({ extra }, id, payload) => accept(extra, id, payload),
    execute: (args: ExecutionArgs) => execute(args.contextValue as Required<Running>),
    subscribe: (args: ExecutionArgs) => subscribe(args.contextValue as Required<Running>),
    onNext: ({ extra }, id, _payload, _args, result) =>
      maskResult(result, callerOf(extra, id), logger) as FormattedExecutionResult,
    onError({ extra }, id, _payload, errors) {
      const masked = maskErrors(errors, callerOf(extra, id), logger);
      extra.running.delete(id);
      return masked;
    },
    onComplete({ extra }, id) {
      extra.running.delete(id);
    },
    onClose({ extra }) {
      for (const { controller } of extra.running.values()) controller.abort(new Error('the client left'));
    },
  });

  return {
    upgrade(request, socket, head) {
      if (!origins.allows(request)) {
        socket.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
        return;
      }
      sockets.handleUpgrade(request, socket, head, (webSocket) => {
        const address = request.socket.remoteAddress ?? null;
        const extra: Extra = { address, socket: webSocket, caller: undefined, running: new Map() };
        connectGraphqlSocket(server, webSocket, extra, logger);
      });
    },
    dispose: () => closeSockets(sockets),
  };

  function accept(extra: Extra, id: string, payload: SubscribePayload): ExecutionArgs | GraphQLError[] {
    if (!extra.caller) throw new Error('a message was accepted before its connection');
    const caller: Caller = { ...extra.caller, requestId: randomUUID() };
    const running: Running = { caller, startedAt: performance.now(), controller: sharedAbortController() };
    extra.running.set(id, running);
    const refuse = (errors: readonly GraphQLError[]): GraphQLError[] => {
      logRequest(logger, { transport: 'websocket', ...running, operation: undefined, errors });
      return [...errors];
    };
    try {
      const { operationName, variables } = payload;
      const document = engine.documents.parse(payload.query);
      const prepared = engine.prepare({ document, operationName, variables }, caller);
      if ('errors' in prepared) return refuse(prepared.errors);
      Object.assign(running, prepared);
      return {
        schema: engine.generation.schema,
        document,
        operationName: operationName ?? null,
        contextValue: running,
      };
    } catch (error) {
      return refuse([asGraphQLError(error)]);
    }
  }

  async function execute(running: Required<Running>): Promise<ExecutionResult> {
    const { operation, variables, caller, controller } = running;
    const result = await engine.execute(operation, variables, { caller, signal: controller.signal });
    logRequest(logger, { transport: 'websocket', ...running, errors: result.errors });
    return result;
  }

  function subscribe(running: Required<Running>): AsyncIterableIterator<ExecutionResult> {
    const { operation, variables, caller } = running;
    try {
      const events = engine.subscribe(operation, variables, caller);
      logRequest(logger, { transport: 'websocket', ...running, errors: undefined });
      return events;
    } catch (error) {
      logRequest(logger, { transport: 'websocket', ...running, errors: [asGraphQLError(error)] });
      return failingStream(error);
    }
  }
}

const callerOf = ({ running }: Extra, id: string): Pick<Caller, 'requestId'> =>
  running.get(id)?.caller ?? { requestId: 'none' };

function closeAtExpiry(caller: Caller, socket: WebSocket, clock: Clock): void {
  if (caller.userId === null) return;
  const closeAt = caller.expiresAt + expiryGraceMilliseconds;
  let timer: NodeJS.Timeout;
  const wait = (): void => {
    const left = closeAt - clock.now();
    if (left <= 0) socket.close(closeCodes.forbidden, 'Token expired');
    else timer = setTimeout(wait, Math.min(left, longestTimer)).unref();
  };
  wait();
  socket.once('close', () => clearTimeout(timer));
}
