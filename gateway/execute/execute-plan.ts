import type { ExecutionResult, GraphQLError } from 'graphql';
import type { Operation } from '../operations/operation.js';
import type { RequestScope, SubgraphFetch, SubgraphResult, SubgraphSource } from '../sources/source.js';
import { CompiledOperation } from './compiled-operation.js';
import { InFlight } from './in-flight.js';
import { type ObjectValue, readOwn, writeOwn } from './own-property.js';
import type { Run } from './run.js';
import type { Incompleteness, Shaping } from './shape.js';

export type Sources = ReadonlyMap<string, SubgraphSource>;

/**
 * Runs operations. Queries and mutations run their plan; a subscription runs the rest of its plan for each event, in
 * which the fetch from the owning subgraph is answered by the event, so that entities, error paths and null bubbling
 * are those of a query.
 */
export class PlanExecutor {
  readonly #compiled = new WeakMap<Operation, CompiledOperation>();
  readonly #inFlight = new InFlight();

  constructor(private readonly sources: Sources) {}

  /** The operation is planned. */
  async run(
    operation: Operation,
    variables: Readonly<Record<string, unknown>>,
    scope: RequestScope,
  ): Promise<ExecutionResult> {
    const compiled = this.#compile(operation);
    const run = this.#start(variables, scope, (source, request) =>
      this.#inFlight.execute(source, request, scope),
    );
    // Asks for the schema and nothing else: no subgraph takes part.
    if (!operation.introspectionOnly) await compiled.plan(run);
    return answer(compiled, run);
  }

  /**
   * What a client gets for one event. The event is left as it came: others may be answered from it too. Nothing is
   * shared with another event or request, whose fetches may be older than the change that this one tells of.
   */
  async runEvent(
    operation: Operation,
    variables: Readonly<Record<string, unknown>>,
    scope: RequestScope,
    event: SubgraphResult,
  ): Promise<ExecutionResult> {
    const compiled = this.#compile(operation);
    const run = this.#start(variables, scope, (source, request) => source.execute(request, scope));
    const { primary, rest } = compiled.event;
    primary.take(run, event, rest !== undefined);
    await rest?.(run);
    return answer(compiled, run);
  }

  /** Compiles the plan of a query or mutation, if that isn't done. `run` does it too; here it can be timed. */
  compile(operation: Operation): void {
    if (!operation.introspectionOnly) void this.#compile(operation).plan;
  }

  #compile(operation: Operation): CompiledOperation {
    let compiled = this.#compiled.get(operation);
    if (!compiled) {
      compiled = new CompiledOperation(operation);
      this.#compiled.set(operation, compiled);
    }
    return compiled;
  }

  #start(
    variables: Readonly<Record<string, unknown>>,
    scope: RequestScope,
    execute: (source: SubgraphSource, request: SubgraphFetch) => Promise<SubgraphResult>,
  ): Run {
    return {
      data: {},
      errors: [],
      missing: new Set(),
      variables,
      scope,
      send: async (subgraph, request) => {
        const source = this.sources.get(subgraph);
        if (!source) throw new Error(`the plan names ${subgraph}, for which there is no source`);
        scope.signal.throwIfAborted();
        return execute(source, request);
      },
    };
  }
}

function answer(compiled: CompiledOperation, run: Run): ExecutionResult {
  const { shape } = compiled;
  const { data, errors, missing, variables } = run;
  if (shape.introspection.length > 0) {
    const schema: ObjectValue = compiled.introspect(shape.introspection, variables);
    for (const name of Object.keys(schema)) writeOwn(data, name, readOwn(schema, name));
  }
  const shaping: Shaping = { path: [], found: [], missing };
  const shaped = shape.response.apply(data, shaping);
  const all = shaping.found.length === 0 ? errors : [...errors, ...unexplained(shaping.found, errors)];
  return all.length === 0 ? { data: shaped } : { data: shaped, errors: all };
}

/** What is missing or null because of an error that is reported already is not reported twice. */
function unexplained(
  found: readonly Incompleteness[],
  errors: readonly GraphQLError[],
): readonly GraphQLError[] {
  return found
    .filter(({ error, absent }) => !errors.some((known) => (absent ? true : explains(known, error))))
    .map(({ error }) => error);
}

/** The known error is about the same place, or about something within it that could not be null. */
const explains = ({ path: known = [] }: GraphQLError, { path = [] }: GraphQLError): boolean =>
  path.every((step, index) => known[index] === step);
