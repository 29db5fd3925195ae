import type { GraphQLDataSource } from '@apollo/gateway';
import { GraphQLError, Kind, parse, type SelectionSetNode } from 'graphql';
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

/**
 * An error that stands for the whole fetch, at each field that was asked for. Of entities the first stands for all:
 * 200 rows without their cluster are one failure.
 */
function failures(error: AnyError, query: string, entities: number | undefined): GraphQLError[] {
  const prefix = entities === undefined ? [] : ['_entities', 0];
  return fieldsOf(query, entities !== undefined).map((name) => asGraphQLError(error, [...prefix, name]));
}

const knownFields = new BoundedCache<string, readonly string[]>({ maxEntries: 1_000, maxWeight: 4_000_000 });

/** Response names of the root fields, or of the fields of the entities. */
function fieldsOf(query: string, ofEntities: boolean): readonly string[] {
  let fields = knownFields.get(query);
  if (!fields) {
    const document = parse(query, { noLocation: true });
    const root = document.definitions.find((definition) => definition.kind === Kind.OPERATION_DEFINITION);
    const [first] = root?.selectionSet.selections ?? [];
    const selectionSet = ofEntities && first?.kind === Kind.FIELD ? first.selectionSet : root?.selectionSet;
    fields = [...new Set(selectionSet ? responseNames(selectionSet) : [])];
    knownFields.set(query, fields, query.length);
  }
  return fields;
}

const responseNames = ({ selections }: SelectionSetNode): string[] =>
  selections.flatMap((selection) => {
    if (selection.kind === Kind.INLINE_FRAGMENT) return responseNames(selection.selectionSet);
    if (selection.kind !== Kind.FIELD || selection.name.value === '__typename') return [];
    return [selection.alias?.value ?? selection.name.value];
  });

function asGraphQLError(error: AnyError, path: Path | undefined = error.path): GraphQLError {
  return new GraphQLError(error.message, {
    path: path ?? null,
    extensions: { ...error.extensions },
    originalError: error instanceof Error ? error : null,
  });
}

const asSubgraphError = (error: unknown): Error =>
  error instanceof Error ? error : new Error(String(error));
