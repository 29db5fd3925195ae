import { type ExecutionArgs, type FormattedExecutionResult, GraphQLError, parse } from 'graphql';
import { makeServer, type Server } from 'graphql-ws';
import { sharedAbortController } from './abortable.js';
import type { Caller } from './caller.js';
import { callerContextHeader, type UsedCallerContexts, verifyCallerContext } from './caller-context.js';
import { UnauthenticatedError } from './errors.js';
import { failingStream } from './graphql-socket.js';
import type { Logger } from './logger.js';
import { maskErrors, maskResult, StreamErrors } from './masked-result.js';
import type { Subgraph } from './subgraph.js';
import {
  requestBody,
  type SubgraphEvents,
  type SubgraphRequest,
  subscribeOnSubgraph,
} from './subgraph-execution.js';

/** What `connection_init` carries a caller context for: it has no operation of its own. */
export const connectionBody = 'connection_init';

export interface SubgraphSocketExtra {
  /** What runs on this socket, by message id. */
  readonly running: Map<string, Running>;
}

interface Running {
  readonly request: SubgraphRequest;
  readonly caller: Caller;
  readonly controller: AbortController;
}

/** graphql-ws only looks at the kind of operation; what runs is `Running.request`. */
const anySubscription = parse('subscription { event }');

/**
 * The graphql-transport-ws side of a subgraph process, one socket for all viewers of a gateway: each `subscribe`
 * message names its own caller in `extensions`. Subscriptions only; queries go over HTTP.
 */
export function subgraphSocketServer(
  subgraph: Subgraph,
  options: { readonly key: Uint8Array; readonly used: UsedCallerContexts; readonly logger: Logger },
): Server<SubgraphSocketExtra> {
  const { key, used, logger } = options;
  const verify = (token: unknown, body: string): Promise<Caller> =>
    verifyCallerContext(token, { key, used, audience: subgraph.name, body });

  return makeServer<Record<string, unknown>, SubgraphSocketExtra>({
    connectionInitWaitTimeout: 10_000,
    async onConnect({ connectionParams }) {
      try {
        await verify(connectionParams?.[callerContextHeader], connectionBody);
        return true;
      } catch (error) {
        if (error instanceof UnauthenticatedError) return false;
        throw error;
      }
    },
    async onSubscribe({ extra }, id, { query, operationName, variables, extensions }) {
      const request = { query, operationName: operationName ?? undefined, variables: variables ?? {} };
      try {
        const caller = await verify(extensions?.[callerContextHeader], requestBody(request));
        const running: Running = { request, caller, controller: sharedAbortController() };
        extra.running.set(id, running);
        return { schema: subgraph.schema, document: anySubscription, contextValue: running };
      } catch (error) {
        if (!(error instanceof UnauthenticatedError)) throw error;
        return [new GraphQLError(error.message, { originalError: error })];
      }
    },
    subscribe: (args: ExecutionArgs) => open(args.contextValue as Running),
    onNext: ({ extra }, id, _payload, _args, result) =>
      maskResult(result, callerOf(extra, id), logger) as FormattedExecutionResult,
    onError: ({ extra }, id, _payload, errors) => maskErrors(errors, callerOf(extra, id), logger),
    onComplete: ({ extra }, id) => {
      extra.running.delete(id);
    },
    onClose: ({ extra }) => {
      for (const { controller } of extra.running.values()) controller.abort(new Error('the gateway hung up'));
    },
  });

  async function open({ request, caller, controller }: Running): Promise<SubgraphEvents> {
    const events = await subscribeOnSubgraph(subgraph, request, caller, controller.signal);
    if (!isStream(events)) return failingStream(new StreamErrors(events.errors ?? []));
    const stream: SubgraphEvents = {
      next: () => events.next(),
      async return() {
        controller.abort(new Error('the viewer left'));
        return { value: undefined, done: true };
      },
      [Symbol.asyncIterator]: () => stream,
    };
    return stream;
  }
}

const isStream = (value: object): value is SubgraphEvents => Symbol.asyncIterator in value;

/** A message that was refused before its caller was known has no request ID. */
const callerOf = ({ running }: SubgraphSocketExtra, id: string): Pick<Caller, 'requestId'> =>
  running.get(id)?.caller ?? { requestId: 'none' };
