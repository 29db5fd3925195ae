import type { executeQueryPlan, ServiceMap } from '@apollo/gateway';
import type { PlanNode } from '@apollo/query-planner';
import { type ExecutionResult, execute, GraphQLError } from 'graphql';
import type { Operation } from '../operations/operation.js';
import type { RequestScope, SubgraphResult, SubgraphSource } from '../sources/source.js';
import { fetchEvent, fetchFrom } from './fetch.js';

/** In place of a subgraph's name in a plan: the event that is being resolved. */
const eventService = '#event';

export type Sources = ReadonlyMap<string, SubgraphSource>;

/**
 * Runs plans. Queries and mutations run theirs; a subscription runs one for each event, in which the fetch from the
 * owning subgraph is answered by the event, so that entities, error paths and null bubbling are those of a query.
 */
export class PlanExecutor {
  constructor(
    private readonly sources: Sources,
    private readonly runPlan: typeof executeQueryPlan,
  ) {}

  async run(
    operation: Operation,
    variables: Readonly<Record<string, unknown>>,
    scope: RequestScope,
  ): Promise<ExecutionResult> {
    // The planner knows introspection as it was in 2021; graphql-js knows all of it.
    if (operation.introspectionOnly) return introspect(operation, variables);
    return this.#run(operation, operation.plan, variables, this.#services(scope));
  }

  async runEvent(
    operation: Operation,
    variables: Readonly<Record<string, unknown>>,
    scope: RequestScope,
    event: SubgraphResult,
  ): Promise<ExecutionResult> {
    const { primary, rest } = operation.subscriptionPlan;
    const fromEvent: PlanNode = { ...primary, serviceName: eventService };
    return this.#run(
      operation,
      rest ? { kind: 'Sequence', nodes: [fromEvent, rest] } : fromEvent,
      variables,
      { ...this.#services(scope), [eventService]: fetchEvent(event) },
    );
  }

  #services(scope: RequestScope): ServiceMap {
    const services: ServiceMap = {};
    for (const [name, source] of this.sources) services[name] = fetchFrom(source, scope);
    return services;
  }

  async #run(
    { generation, definition, fragments }: Operation,
    node: PlanNode | undefined,
    variables: Readonly<Record<string, unknown>>,
    services: ServiceMap,
  ): Promise<ExecutionResult> {
    const { schema, supergraphSchema, apiSchema } = generation;
    // What the executor reads of Apollo Server's request context, and nothing else.
    const request = { request: { variables }, metrics: {}, context: {}, logger: quiet };
    const { data, errors, extensions } = await this.runPlan(
      node ? { kind: 'QueryPlan', node } : { kind: 'QueryPlan' },
      services,
      request as unknown as Parameters<typeof executeQueryPlan>[2],
      { schema, operation: definition, fragments },
      supergraphSchema,
      apiSchema,
    );
    const all = [...(errors ?? []), ...incomplete(extensions)];
    return { data: data ?? null, ...(all.length > 0 ? { errors: all } : {}) };
  }
}

const introspect = async (
  { generation, document, name }: Operation,
  variableValues: Readonly<Record<string, unknown>>,
): Promise<ExecutionResult> =>
  execute({ schema: generation.schema, document, operationName: name ?? null, variableValues });

/** A null where the schema allows none, or a value of the wrong type: @apollo/gateway reports it in extensions only. */
function incomplete(extensions: ExecutionResult['extensions']): GraphQLError[] {
  const found = (extensions?.['valueCompletion'] ?? []) as readonly GraphQLError[];
  return found.map(
    ({ message, path }) =>
      new GraphQLError(message, { path: path ?? null, extensions: { code: 'INTERNAL' } }),
  );
}

const quiet = { debug() {}, info() {}, warn() {}, error() {} };
