import type { GraphQLDataSource } from '@apollo/gateway';
import { GraphQLError, Kind, parse } from 'graphql';
import { BoundedCache } from '../../subgraphs/shared/bounded-cache.js';
import type { AnyError } from '../../subgraphs/shared/masked-result.js';
import type { RequestScope, SubgraphResult, SubgraphSource } from '../sources/source.js';

type Path = readonly (string | number)[];

/**
 * One subgraph as @apollo/gateway's plan execution calls it, for one operation. A subgraph that can't be asked, or
 * that answers nonsense, costs the fields that were asked of it and nothing else.
 */
export const fetchFrom = (source: SubgraphSource, scope: RequestScope): GraphQLDataSource => ({
  async process({ request }) {
    const { query = '', operationName, variables = {} } = request;
    const representations: unknown = variables['representations'];
    const entities = Array.isArray(representations) ? representations.length : undefined;
    try {
      const result = await source.execute({ query, operationName, variables }, scope);
      if (entities !== undefined && result.data) requireEntities(result.data, entities);
      return answer(result, query, entities);
    } catch (error) {
      return answer({ errors: failures(asSubgraphError(error), query, entities) }, query, entities);
    }
  },
});

/** What the executor gets instead of asking a subgraph: an event of a subscription. */
export const fetchEvent = (event: SubgraphResult): GraphQLDataSource => ({
  process: async () => answer(event, undefined, undefined),
});

type Answer = Awaited<ReturnType<GraphQLDataSource['process']>>;

function answer(result: SubgraphResult, query: string | undefined, entities: number | undefined): Answer {
  const errors = result.errors?.flatMap((error) =>
    error.path || query === undefined ? [asGraphQLError(error)] : failures(error, query, entities),
  );
  return {
    ...(result.data === undefined ? {} : { data: result.data }),
    ...(errors && errors.length > 0 ? { errors } : {}),
  } as Answer;
}

function requireEntities(data: NonNullable<SubgraphResult['data']>, count: number): void {
  const entities: unknown = data['_entities'];
  if (!Array.isArray(entities) || entities.length !== count) {
    throw new Error('the subgraph did not answer each representation');
  }
}

/** An error that stands for the whole fetch, at the place of what was asked: each root field, or the first entity. */
function failures(error: AnyError, query: string, entities: number | undefined): GraphQLError[] {
  if (entities !== undefined) return [asGraphQLError(error, ['_entities', 0])];
  return rootFields(query).map((name) => asGraphQLError(error, [name]));
}

const knownRootFields = new BoundedCache<string, readonly string[]>({
  maxEntries: 1_000,
  maxWeight: 4_000_000,
});

function rootFields(query: string): readonly string[] {
  let fields = knownRootFields.get(query);
  if (!fields) {
    fields = parse(query, { noLocation: true }).definitions.flatMap((definition) =>
      definition.kind === Kind.OPERATION_DEFINITION
        ? definition.selectionSet.selections.flatMap((selection) =>
            selection.kind === Kind.FIELD ? [selection.alias?.value ?? selection.name.value] : [],
          )
        : [],
    );
    knownRootFields.set(query, fields, query.length);
  }
  return fields;
}

function asGraphQLError(error: AnyError, path: Path | undefined = error.path): GraphQLError {
  return new GraphQLError(error.message, {
    path: path ?? null,
    extensions: { ...error.extensions },
    originalError: error instanceof Error ? error : null,
  });
}

const asSubgraphError = (error: unknown): Error =>
  error instanceof Error ? error : new Error(String(error));
