import {
  type DocumentNode,
  executeSync,
  type FieldNode,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
} from 'graphql';
import type { ObjectValue } from './own-property.js';

/**
 * Answers `__schema` and `__type` by graphql-js: the planner knows introspection as it was in 2021.
 *
 * @param fields those of the root, as they are selected; others are none of its business
 */
export function introspect(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  fields: readonly FieldNode[],
  variableValues: Readonly<Record<string, unknown>>,
): ObjectValue {
  const { data, errors } = executeSync({
    schema,
    document: {
      kind: Kind.DOCUMENT,
      definitions: [
        { ...operation, selectionSet: { kind: Kind.SELECTION_SET, selections: fields } },
        ...document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION),
      ],
    },
    variableValues,
  });
  if (errors?.[0] || !data) throw errors?.[0] ?? new Error('introspection has no data');
  return data;
}
