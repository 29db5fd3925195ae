import {
  type ArgumentNode,
  type DocumentNode,
  type FieldNode,
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isInputObjectType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  parse,
  parseType,
  print,
  type SelectionNode,
  valueFromASTUntyped,
  visit,
} from 'graphql';
import type { SubgraphRequest } from '../../subgraphs/shared/subgraph-execution.js';
import type { Operation } from '../operations/operation.js';
import type { SubgraphResult } from '../sources/source.js';

/** The upstream side of a subscription, asked so that it can be taken up again where it broke off. */
export interface UpstreamRequest {
  /** `after` is the cursor of the last event, when there was one. */
  at(after: string | undefined): SubgraphRequest;
  /** The event's cursor; undefined when the stream has none and can't be resumed. */
  cursorOf: ((event: SubgraphResult) => string | undefined) | undefined;
}

const cursorAlias = '__resumeCursor';
const resumeVariable = '__resume';

/**
 * A stream can be resumed when its field takes `after` (as an argument or within `input`) and its events have a
 * `cursor`. The cursor is then selected whether the client asked for it or not; shaping the response drops it.
 */
export function upstreamRequest(
  operation: Operation,
  variables: Readonly<Record<string, unknown>>,
): UpstreamRequest {
  const { primary } = operation.subscriptionPlan;
  const operationName = primary.operationName;
  const used: Record<string, unknown> = {};
  for (const name of primary.variableUsages ?? []) {
    if (variables[name] !== undefined) used[name] = variables[name];
  }
  const resumable = findResumable(
    parse(primary.operation, { noLocation: true }),
    operation.generation.schema,
  );
  if (!resumable) {
    return {
      at: () => ({ query: primary.operation, operationName, variables: used }),
      cursorOf: undefined,
    };
  }
  const { responseName, argument, inInput, query } = resumable;
  const given = argument
    ? valueFromASTUntyped(argument.value, { ...defaults(operation), ...used })
    : undefined;
  return {
    at(after) {
      const value = inInput && after !== undefined ? { ...(given as object), after } : (after ?? given);
      return {
        query,
        operationName,
        variables: value === undefined ? used : { ...used, [resumeVariable]: value },
      };
    },
    cursorOf(event) {
      const payload = event.data?.[responseName] as Record<string, unknown> | null | undefined;
      const cursor = payload?.[cursorAlias];
      return typeof cursor === 'string' ? cursor : undefined;
    },
  };
}

interface Resumable {
  readonly responseName: string;
  /** As the client gave it. */
  readonly argument: ArgumentNode | undefined;
  readonly inInput: boolean;
  readonly query: string;
}

function findResumable(document: DocumentNode, schema: GraphQLSchema): Resumable | undefined {
  const definition = document.definitions.find(
    (node): node is OperationDefinitionNode => node.kind === Kind.OPERATION_DEFINITION,
  );
  const selection = definition?.selectionSet.selections[0];
  if (!definition || selection?.kind !== Kind.FIELD) return undefined;
  const field = schema.getSubscriptionType()?.getFields()[selection.name.value];
  const parameter = field && resumeParameter(field);
  const cursors = field ? cursorSelections(field, schema) : [];
  if (!parameter || cursors.length === 0) return undefined;

  const argument = selection.arguments?.find(({ name }) => name.value === parameter.argument.name);
  return {
    responseName: selection.alias?.value ?? selection.name.value,
    argument,
    inInput: parameter.inInput,
    query: print(rewritten(document, definition, selection, parameter.argument, cursors)),
  };
}

function resumeParameter(
  field: GraphQLField<unknown, unknown>,
): { argument: GraphQLArgument; inInput: boolean } | undefined {
  const after = field.args.find(({ name }) => name === 'after');
  if (after) return { argument: after, inInput: false };
  const input = field.args.find(({ name }) => name === 'input');
  const type = input && getNamedType(input.type);
  return input && isInputObjectType(type) && type.getFields()['after']
    ? { argument: input, inInput: true }
    : undefined;
}

function cursorSelections(field: GraphQLField<unknown, unknown>, schema: GraphQLSchema): SelectionNode[] {
  const type = getNamedType(field.type);
  const types = isAbstractType(type) ? schema.getPossibleTypes(type) : isObjectType(type) ? [type] : [];
  return types
    .filter((candidate) => candidate.getFields()['cursor'])
    .map(({ name }) => ({
      kind: Kind.INLINE_FRAGMENT,
      typeCondition: { kind: Kind.NAMED_TYPE, name: { kind: Kind.NAME, value: name } },
      selectionSet: {
        kind: Kind.SELECTION_SET,
        selections: [
          {
            kind: Kind.FIELD,
            alias: { kind: Kind.NAME, value: cursorAlias },
            name: { kind: Kind.NAME, value: 'cursor' },
          },
        ],
      },
    }));
}

/** The same document with the argument in a variable of its own and the cursor selected. */
function rewritten(
  document: DocumentNode,
  definition: OperationDefinitionNode,
  root: FieldNode,
  argument: GraphQLArgument,
  cursors: readonly SelectionNode[],
): DocumentNode {
  const variable = { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: resumeVariable } } as const;
  const field: FieldNode = {
    ...root,
    arguments: [
      ...(root.arguments ?? []).filter(({ name }) => name.value !== argument.name),
      { kind: Kind.ARGUMENT, name: { kind: Kind.NAME, value: argument.name }, value: variable },
    ],
    selectionSet: {
      kind: Kind.SELECTION_SET,
      selections: [...(root.selectionSet?.selections ?? []), ...cursors],
    },
  };
  const selectionSet = { ...definition.selectionSet, selections: [field] };
  const others = document.definitions.filter((node) => node !== definition);
  const stillUsed = new Set<string>();
  const noteUse = {
    [Kind.VARIABLE]: ({ name }: { name: { value: string } }) => void stillUsed.add(name.value),
  };
  visit(selectionSet, noteUse);
  for (const node of others) visit(node, noteUse);
  return {
    kind: Kind.DOCUMENT,
    definitions: [
      {
        ...definition,
        variableDefinitions: [
          ...(definition.variableDefinitions ?? []).filter((node) => stillUsed.has(node.variable.name.value)),
          { kind: Kind.VARIABLE_DEFINITION, variable, type: parseType(String(argument.type)) },
        ],
        selectionSet,
      },
      ...others,
    ],
  };
}

function defaults({ definition }: Operation): Record<string, unknown> {
  return Object.fromEntries(
    (definition.variableDefinitions ?? []).flatMap(({ variable, defaultValue }) =>
      defaultValue ? [[variable.name.value, valueFromASTUntyped(defaultValue)]] : [],
    ),
  );
}
