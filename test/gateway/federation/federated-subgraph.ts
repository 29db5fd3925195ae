import { buildSubgraphSchema } from '@apollo/subgraph';
import {
  type ConstDirectiveNode,
  type DocumentNode,
  type GraphQLSchema,
  type InterfaceTypeDefinitionNode,
  isAbstractType,
  Kind,
  type ObjectTypeDefinitionNode,
  parse,
  type SelectionSetNode,
  valueFromASTUntyped,
} from 'graphql';
import { createRequestContext } from '../../../subgraphs/shared/request-context.js';
import type { Subgraph } from '../../../subgraphs/shared/subgraph.js';

/** An object of the data. A function is a field that is computed: of the object as its subgraph sees it. */
export interface Item {
  readonly __typename?: string;
  readonly [field: string]: unknown;
}

type TypeDefinition = ObjectTypeDefinitionNode | InterfaceTypeDefinitionNode;

export type Compute = (self: Item, args: Record<string, never>) => unknown;

export interface Federation {
  /** What a client sees: the same as the composed API schema. */
  readonly api: string;
  /** Every entity, and what the root fields answer. */
  readonly entities: readonly Item[];
  readonly roots: Readonly<Record<string, unknown>>;
  readonly subgraphs: Readonly<Record<string, string>>;
}

export function resolved(source: Item, field: string, args: Record<string, never>): unknown {
  const value = source[field];
  return typeof value === 'function' ? (value as Compute)(source, args) : value;
}

/** Serves its part of the data: it finds entities by the key fields that it is given, and knows nothing else of them. */
export function subgraph(
  name: string,
  typeDefs: DocumentNode,
  { entities, roots }: Federation,
  api: GraphQLSchema,
): Subgraph {
  const resolvers: Record<string, Record<string, unknown>> = {};
  const externals = new Map<string, string[]>();
  for (const definition of typeDefs.definitions) {
    if (definition.kind === Kind.UNION_TYPE_DEFINITION) {
      resolvers[definition.name.value] = { __resolveType: typeNameOf };
    }
    if (
      definition.kind !== Kind.OBJECT_TYPE_DEFINITION &&
      definition.kind !== Kind.INTERFACE_TYPE_DEFINITION
    ) {
      continue;
    }
    const type = definition.name.value;
    const isRoot = ['Query', 'Mutation'].includes(type);
    const byField: Record<string, unknown> = {};
    for (const { name: field, directives } of definition.fields ?? []) {
      if (directives?.some((directive) => directive.name.value === 'external')) {
        externals.set(type, [...(externals.get(type) ?? []), field.value]);
      }
      byField[field.value] = (source: Item | undefined, args: Record<string, never>) =>
        resolved(isRoot ? (roots as Item) : (source as Item), field.value, args);
    }
    if (!isRoot) {
      const keys = keysOf(definition);
      const required = requiredBy(definition);
      byField['__resolveReference'] = (representation: Item) => {
        if (!keys.some((key) => holds(representation, key))) {
          throw new Error(`${name} resolves no ${type} by ${JSON.stringify(representation)}`);
        }
        const told = Object.keys(representation).filter((field) => required.has(field));
        return found(representation, entities, [...(externals.get(type) ?? []), ...told], api);
      };
    }
    resolvers[type] =
      definition.kind === Kind.INTERFACE_TYPE_DEFINITION
        ? { __resolveType: typeNameOf, __resolveReference: byField['__resolveReference'] }
        : byField;
  }
  return {
    name: name as never,
    schema: buildSubgraphSchema([{ typeDefs, resolvers: resolvers as never }]) as GraphQLSchema,
    createContext: createRequestContext,
    ready: async () => ({ ready: true }),
    dispose: async () => undefined,
  };
}

/** The keys by which a subgraph resolves a type. */
const keysOf = ({ directives = [] }: TypeDefinition): SelectionSetNode[] =>
  directives
    .filter(({ name }) => name.value === 'key')
    .map(argumentsOf)
    .flatMap(({ fields, resolvable }) => (resolvable === false ? [] : [fieldSet(fields)]));

/** Names of the fields, also of its own, that a subgraph wants to be told for others of a type. */
const requiredBy = ({ fields = [] }: TypeDefinition): ReadonlySet<string> =>
  new Set(
    fields
      .flatMap(({ directives = [] }) => directives.filter(({ name }) => name.value === 'requires'))
      .flatMap((directive) => fieldSet(argumentsOf(directive)['fields']).selections)
      .flatMap((selection) => (selection.kind === Kind.FIELD ? [selection.name.value] : [])),
  );

const argumentsOf = ({ arguments: given = [] }: ConstDirectiveNode): Record<string, unknown> =>
  Object.fromEntries(given.map(({ name, value }) => [name.value, valueFromASTUntyped(value)]));

function fieldSet(text: unknown): SelectionSetNode {
  const [definition] = parse(`{ ${String(text)} }`).definitions;
  if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new Error('no set of fields');
  return definition.selectionSet;
}

/** Whether a representation has all fields of a key. */
function holds(representation: unknown, { selections }: SelectionSetNode): boolean {
  return selections.every((selection) => {
    if (selection.kind !== Kind.FIELD || typeof representation !== 'object' || !representation) return false;
    const value = (representation as Item)[selection.name.value];
    return value !== undefined && (!selection.selectionSet || holds(value, selection.selectionSet));
  });
}

const typeNameOf = (value: Item): string | undefined => value.__typename;

/** The entity as a subgraph sees it: external fields have the values that it was told, or none. */
function found(
  representation: Item,
  entities: readonly Item[],
  external: readonly string[],
  api: GraphQLSchema,
): Item | null {
  const type = api.getType(String(representation.__typename));
  const entity = entities.find(
    (candidate) =>
      (candidate.__typename === representation.__typename ||
        (isAbstractType(type) && api.isSubType(type, api.getType(String(candidate.__typename)) as never))) &&
      Object.entries(representation).every(
        ([field, value]) =>
          field === '__typename' || external.includes(field) || matches(candidate[field], value),
      ),
  );
  if (!entity) return null;
  const told = Object.fromEntries(external.map((field) => [field, representation[field]]));
  return { ...entity, ...told };
}

function matches(actual: unknown, given: unknown): boolean {
  if (typeof given !== 'object' || given === null) return actual === given;
  if (typeof actual !== 'object' || actual === null) return false;
  return Object.entries(given).every(
    ([field, value]) => field === '__typename' || matches((actual as Item)[field], value),
  );
}
