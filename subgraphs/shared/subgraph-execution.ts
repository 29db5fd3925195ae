import {
  createSourceEventStream,
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  GraphQLError,
  parse,
  specifiedRules,
  ValuesOfCorrectTypeRule,
  validate,
} from 'graphql';
import { abortable, whileNotAborted } from './abortable.js';
import { BoundedCache } from './bounded-cache.js';
import type { Caller } from './caller.js';
import type { Subgraph } from './subgraph.js';

/** One operation for one subgraph, as the gateway's plan makes it. */
export interface SubgraphRequest {
  readonly query: string;
  readonly operationName?: string | undefined;
  readonly variables?: Readonly<Record<string, unknown>> | undefined;
}

/** The text of a request on the wire, and what its caller context is bound to. */
export const requestBody = ({ query, operationName, variables }: SubgraphRequest): string =>
  JSON.stringify({ query, operationName: operationName ?? null, variables: variables ?? {} });

export type SubgraphEvents = AsyncIterableIterator<ExecutionResult>;

/**
 * Runs a query or mutation on a subgraph: the same code whether the gateway calls in process or over HTTP. Errors
 * come back in the result as they were thrown; whoever answers a client masks them. Rejects with the signal's
 * reason as soon as it is aborted, though resolvers may go on until they look at `context.signal`.
 */
export async function executeOnSubgraph(
  subgraph: Subgraph,
  request: SubgraphRequest,
  caller: Caller,
  signal: AbortSignal,
): Promise<ExecutionResult> {
  signal.throwIfAborted();
  const document = documentOf(subgraph, request.query);
  if (Array.isArray(document)) return { errors: document };
  const result = execute(executionArgs(subgraph, document, request, caller, signal));
  return asInputErrors(await abortable(Promise.resolve(result), signal));
}

/**
 * Opens a subscription. Every event is resolved with a context of its own, so that no loader can show stale rows.
 * What the source throws later (a revoked permission, say) is thrown from the iterator. Aborting the signal ends the
 * iteration and the source behind it at once.
 */
export async function subscribeOnSubgraph(
  subgraph: Subgraph,
  request: SubgraphRequest,
  caller: Caller,
  signal: AbortSignal,
): Promise<SubgraphEvents | ExecutionResult> {
  signal.throwIfAborted();
  const document = documentOf(subgraph, request.query);
  if (Array.isArray(document)) return { errors: document };
  const opening = createSourceEventStream(executionArgs(subgraph, document, request, caller, signal));
  const source = await abortable(opening, signal, (late) => {
    if (isAsyncIterable(late)) void late[Symbol.asyncIterator]().return?.();
  });
  if (!isAsyncIterable(source)) return asInputErrors(source);
  return whileNotAborted(source, signal, async (rootValue) =>
    execute({ ...executionArgs(subgraph, document, request, caller, signal), rootValue }),
  );
}

function executionArgs(
  subgraph: Subgraph,
  document: DocumentNode,
  request: SubgraphRequest,
  caller: Caller,
  signal: AbortSignal,
): ExecutionArgs {
  return {
    schema: subgraph.schema,
    document,
    contextValue: subgraph.createContext(caller, signal),
    variableValues: request.variables ?? null,
    operationName: request.operationName ?? null,
  };
}

const isAsyncIterable = (value: object): value is AsyncIterable<unknown> => Symbol.asyncIterator in value;

/** Parsed and validated documents of each subgraph: the gateway's plans send the same few over and over. */
const documents = new WeakMap<Subgraph, BoundedCache<string, DocumentNode>>();

function documentOf(subgraph: Subgraph, query: string): DocumentNode | GraphQLError[] {
  let cache = documents.get(subgraph);
  if (!cache) {
    cache = new BoundedCache({ maxEntries: 1_000, maxWeight: 4_000_000 });
    documents.set(subgraph, cache);
  }
  const known = cache.get(query);
  if (known) return known;
  const document = parse(query, { noLocation: true });
  // Custom scalars are known here and not to the gateway: a literal that they refuse is the client's mistake, any
  // other finding means that the supergraph and this subgraph have drifted apart.
  const literals = validate(subgraph.schema, document, [ValuesOfCorrectTypeRule]);
  if (literals.length > 0) return literals.map(asInputError);
  const problems = validate(subgraph.schema, document, specifiedRules);
  if (problems.length > 0) return [...problems];
  cache.set(query, document, query.length);
  return document;
}

/** Without `data`, nothing ran: graphql-js refused the variables. */
function asInputErrors(result: ExecutionResult): ExecutionResult {
  if (result.data !== undefined || !result.errors) return result;
  return { errors: result.errors.map((error) => (error.path ? error : asInputError(error))) };
}

const asInputError = (error: GraphQLError): GraphQLError =>
  error.extensions['code'] === undefined
    ? new GraphQLError(error.message, { originalError: error, extensions: { code: 'BAD_USER_INPUT' } })
    : error;
