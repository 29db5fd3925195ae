import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ExecutionArgs, FormattedExecutionResult } from 'graphql';
import type { ServerOptions } from 'graphql-ws';
import { type Extra, useServer as serveSockets } from 'graphql-ws/use/ws';
import { WebSocketServer } from 'ws';
import type { Prepared } from '../../gateway/admission.js';
import { Authentication } from '../../gateway/authentication.js';
import type { GatewayConfig } from '../../gateway/config.js';
import { Engine } from '../../gateway/engine.js';
import { GatewayMetrics } from '../../gateway/metrics/gateway-metrics.js';
import type { Gateway, GatewayDependencies } from '../../gateway/server.js';
import type { Payload } from '../../gateway/subscriptions/payload.js';
import { loadGeneration } from '../../gateway/supergraph/generation.js';
import { Generations } from '../../gateway/supergraph/generations.js';
import { newRequestId } from '../../gateway/transport/request-id.js';
import type { Caller } from '../../subgraphs/shared/caller.js';
import { UnauthenticatedError } from '../../subgraphs/shared/errors.js';
import { socketServerOptions } from '../../subgraphs/shared/graphql-socket/socket-server.js';
import { deriveKey } from '../../subgraphs/shared/keys.js';

interface SocketExtra {
  caller?: Caller;
}
type PreparedSubscription = Exclude<Prepared, { errors: unknown }> & { readonly caller: Caller };

/**
 * The gateway's engine behind graphql-ws's own server, on the same `ws`: what `subgraphs/shared/graphql-socket/` is
 * measured against. It is the library as its documentation says to use it: without our limits (messages per second, parts of
 * messages, slow readers, expired tokens), which would only add to what it costs. Subscriptions only.
 */
export async function startGraphqlWsGateway(
  config: GatewayConfig,
  dependencies: GatewayDependencies,
): Promise<Pick<Gateway, 'url' | 'subscriptions'>> {
  const { supergraphSdl, sources, logger, clock } = dependencies;
  const generation = await loadGeneration(supergraphSdl, logger);
  const engine = new Engine({
    ...dependencies,
    generations: new Generations(generation, {
      load: (sdl) => loadGeneration(sdl, logger, true),
      sources: new Set(sources.map(({ name }) => name)),
      logger,
    }),
    sources: new Map(sources.map((source) => [source.name, source])),
    introspection: config.introspection,
    cost: config.cost,
    metrics: new GatewayMetrics(),
  });
  const authentication = new Authentication(deriveKey(config.secretKey, 'token-signing'), clock);

  const options: ServerOptions<Record<string, unknown>, SocketExtra & Partial<Extra>> = {
    async onConnect({ connectionParams, extra }) {
      try {
        const request = { requestId: newRequestId(), address: null };
        extra.caller = await authentication.authenticate(connectionParams?.['authorization'], request);
        return true;
      } catch (error) {
        if (error instanceof UnauthenticatedError) return false;
        throw error;
      }
    },
    onSubscribe({ extra }, _id, { query, operationName, variables }) {
      const caller = { ...(extra.caller as Caller), requestId: newRequestId() };
      const prepared = engine.admission.prepare({ query, operationName, variables }, caller);
      if ('errors' in prepared) return prepared.errors;
      const { document, name } = prepared.operation;
      const contextValue: PreparedSubscription = { ...prepared, caller };
      return { schema: generation.schema, document, operationName: name, contextValue };
    },
    subscribe({ contextValue }: ExecutionArgs) {
      const { operation, variables, caller } = contextValue as PreparedSubscription;
      return engine.events(operation, variables, caller) as never;
    },
    // Masked already, once for all who share it.
    onNext: (_context, _id, _payload, _args, payload) =>
      (payload as unknown as Payload).result as FormattedExecutionResult,
  };

  const server = createServer((_request, response) => response.writeHead(404).end());
  const sockets = new WebSocketServer({ ...socketServerOptions, noServer: false, server, path: '/graphql' });
  serveSockets(options, sockets);
  await new Promise<void>((resolve) => server.listen(config.port, config.host, resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/graphql`,
    get subscriptions() {
      return engine.hub.size;
    },
  };
}
