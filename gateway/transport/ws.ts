import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Caller } from '../../subgraphs/shared/caller.js';
import type { Clock } from '../../subgraphs/shared/clock.js';
import type { SocketTimes } from '../../subgraphs/shared/graphql-socket/socket-connection.js';
import { GraphqlSocketServer } from '../../subgraphs/shared/graphql-socket/socket-server.js';
import type { Logger } from '../../subgraphs/shared/logger.js';
import { maskErrors } from '../../subgraphs/shared/masked-result.js';
import type { Authentication } from '../authentication.js';
import type { Engine } from '../engine.js';
import { asGraphQLError } from '../graphql-error.js';
import { tokenExpired } from '../subscriptions/callers-watch.js';
import type { Subscription } from '../subscriptions/subscriber.js';
import type { ClientAddresses } from './client-address.js';
import type { OriginPolicy } from './origin.js';
import { newRequestId } from './request-id.js';
import { startOperation } from './start-operation.js';

export interface WebSocketTransport {
  /** Answers an upgrade request; refuses foreign origins before there is a socket. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Sockets that are open. */
  readonly open: number;
  /** Closes every socket with 1001; clients connect again elsewhere. */
  dispose(): void;
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
  readonly addresses: ClientAddresses;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly times: SocketTimes;
}): WebSocketTransport {
  const { engine, authentication, origins, addresses, logger, clock, times } = options;
  const parts = { engine, logger, transport: 'websocket' } as const;
  const sockets = new GraphqlSocketServer<Caller, Subscription>({
    logger,
    clock,
    times,
    service: {
      authenticate: (params, address) =>
        authentication.authenticate(params['authorization'] ?? params['Authorization'], {
          requestId: newRequestId(),
          address,
        }),
      start: (payload, caller, receiver) =>
        startOperation(parts, payload, { ...caller, requestId: newRequestId() }, receiver),
      expiry: {
        at: (caller) => (caller.userId === null ? null : caller.expiresAt),
        errors: (caller) => maskErrors([asGraphQLError(tokenExpired())], caller, logger),
      },
    },
  });
  return {
    upgrade(request, wire, head) {
      if (origins.allows(request)) return sockets.upgrade(request, wire, head, addresses.of(request));
      wire.end('HTTP/1.1 403 Forbidden\r\nconnection: close\r\ncontent-length: 0\r\n\r\n');
    },
    get open() {
      return sockets.open;
    },
    dispose: () => sockets.dispose(),
  };
}
