import {
  type ArgumentNode,
  type ASTNode,
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

/** The upstream side of a subscription: what is asked of the subgraph, and who else asks the same. */
export interface SubscriptionRequest {
  readonly serviceName: string;
  /** Name of the root field. */
  readonly field: string;
  readonly args: Readonly<Record<string, unknown>>;
  /** The cursor that the client began with. */
  readonly start: string | undefined;
  /** Equal for subscriptions that get the same events once they are at the same cursor, for the same caller. */
  readonly streamKey: string;
  /** Equal, of those, for subscriptions whose events are completed alike. */
  readonly resultKey: string;
  /** `after` is a cursor, when there is one. */
  at(after: string | undefined): SubgraphRequest;
  /** The event's cursor; undefined when the stream has none and can't be resumed. */
  readonly cursorOf: ((event: SubgraphResult) => string | undefined) | undefined;
}

const cursorAlias = '__resumeCursor';
const resumeVariable = '__resume';
/** Who broke off after it must be told again: its cursor is no place to go on from. */
const resetType = 'StreamReset';

/**
 * A stream can be resumed when its field takes `after` (as an argument or within `input`) and its events have a
 * `cursor`. The cursor is then selected whether the client asked for it or not; shaping the response drops it.
 */
export function subscriptionRequest(
  operation: Operation,
  variables: Readonly<Record<string, unknown>>,
): SubscriptionRequest {
  const upstream = upstreamOf(operation);
  const { serviceName, field, responseName, query, resume } = upstream;
  const all = { ...upstream.defaults, ...defined(variables) };
  const used: Record<string, unknown> = {};
  for (const name of upstream.variables) {
    if (all[name] !== undefined) used[name] = all[name];
  }
  const args = Object.fromEntries(
    upstream.arguments.map(({ name, value }) => [name.value, valueFromASTUntyped(value, all)]),
  );
  const given = resume ? args[resume.argument] : undefined;
  const start = resume?.inInput ? (given as { after?: unknown } | undefined)?.after : given;
  const rest =
    resume?.inInput && given !== undefined ? { ...(given as object), after: undefined } : undefined;
  return {
    serviceName,
    field,
    args,
    start: typeof start === 'string' ? start : undefined,
    streamKey: JSON.stringify([serviceName, query, used, rest]),
    resultKey: JSON.stringify([idOf(operation), withoutResume(upstream, variables)]),
    at(after) {
      if (!resume) return { query, variables: used };
      const value =
        resume.inInput && after !== undefined ? { ...(given as object), after } : (after ?? given);
      return { query, variables: value === undefined ? used : { ...used, [resumeVariable]: value } };
    },
    cursorOf: resume
      ? (event) => {
          const payload = event.data?.[responseName] as Record<string, unknown> | null | undefined;
          const cursor = payload?.[cursorAlias];
          return typeof cursor === 'string' ? cursor : undefined;
        }
      : undefined,
  };
}

interface UpstreamOperation {
  readonly serviceName: string;
  readonly field: string;
  readonly responseName: string;
  readonly arguments: readonly ArgumentNode[];
  /** Without a name, so that operations that differ in nothing else are one. */
  readonly query: string;
  /** Names of the variables that `query` uses, besides the one of the cursor. */
  readonly variables: readonly string[];
  readonly defaults: Readonly<Record<string, unknown>>;
  /** Where the cursor goes; undefined when the stream can't be resumed. */
  readonly resume:
    | {
        readonly argument: string;
        readonly inInput: boolean;
        /** The client's variable that holds the argument and nothing else. */
        readonly variable: string | undefined;
      }
    | undefined;
}

const upstreamOperations = new WeakMap<Operation, UpstreamOperation>();

function upstreamOf(operation: Operation): UpstreamOperation {
  let upstream = upstreamOperations.get(operation);
  if (!upstream) {
    upstream = findUpstream(operation);
    upstreamOperations.set(operation, upstream);
  }
  return upstream;
}

function findUpstream(operation: Operation): UpstreamOperation {
  const { primary } = operation.subscriptionPlan;
  const { schema } = operation.generation;
  const document = parse(primary.operation, { noLocation: true });
  const definition = document.definitions.find(
    (node): node is OperationDefinitionNode => node.kind === Kind.OPERATION_DEFINITION,
  );
  const selection = definition?.selectionSet.selections[0];
  if (!definition || selection?.kind !== Kind.FIELD) throw new Error('a subscription has one root field');
  const field = schema.getSubscriptionType()?.getFields()[selection.name.value];
  const parameter = field && resumeParameter(field);
  const cursors = field ? cursorSelections(field, schema) : [];
  const resume = parameter && cursors.length > 0 ? parameter : undefined;
  const asked = unnamed(
    resume ? rewritten(document, definition, selection, resume.argument, cursors) : document,
  );
  const given = selection.arguments?.find(({ name }) => name.value === resume?.argument.name)?.value;
  const variable = given?.kind === Kind.VARIABLE ? given.name.value : undefined;
  return {
    serviceName: primary.serviceName,
    field: selection.name.value,
    responseName: selection.alias?.value ?? selection.name.value,
    arguments: selection.arguments ?? [],
    query: print(asked),
    variables: [...usedVariables(asked.definitions).keys()].filter((name) => name !== resumeVariable),
    defaults: defaults(operation),
    resume: resume && {
      argument: resume.argument.name,
      inInput: resume.inInput,
      variable:
        variable !== undefined && usedVariables([operation.document]).get(variable) === 1
          ? variable
          : undefined,
    },
  };
}

/** The variables as far as they say how an event is completed: where the client began does not. */
function withoutResume(
  { resume }: UpstreamOperation,
  variables: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  const name = resume?.variable;
  if (!resume || name === undefined || variables[name] == null) return variables;
  return {
    ...variables,
    [name]: resume.inInput ? { ...(variables[name] as object), after: undefined } : undefined,
  };
}

const operationIds = new WeakMap<Operation, number>();
let operations = 0;

function idOf(operation: Operation): number {
  let id = operationIds.get(operation);
  if (id === undefined) {
    operations += 1;
    id = operations;
    operationIds.set(operation, id);
  }
  return id;
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
    .filter((candidate) => candidate.name !== resetType && candidate.getFields()['cursor'])
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
  const stillUsed = usedVariables([selectionSet, ...others]);
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

function unnamed(document: DocumentNode): DocumentNode {
  return {
    ...document,
    definitions: document.definitions.map((node) => {
      if (node.kind !== Kind.OPERATION_DEFINITION) return node;
      const { name: _, ...nameless } = node;
      return nameless;
    }),
  };
}

/** How often values in the nodes refer to each variable. */
function usedVariables(nodes: readonly ASTNode[]): Map<string, number> {
  const used = new Map<string, number>();
  for (const node of nodes) {
    visit(node, {
      [Kind.VARIABLE_DEFINITION]: () => false,
      [Kind.VARIABLE]: ({ name }) => void used.set(name.value, (used.get(name.value) ?? 0) + 1),
    });
  }
  return used;
}

const defined = (values: Readonly<Record<string, unknown>>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));

function defaults({ definition }: Operation): Record<string, unknown> {
  return Object.fromEntries(
    (definition.variableDefinitions ?? []).flatMap(({ variable, defaultValue }) =>
      defaultValue ? [[variable.name.value, valueFromASTUntyped(defaultValue)]] : [],
    ),
  );
}
