import {
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  getOperationAST,
  getVariableValues,
  Kind,
  OperationTypeNode,
  type SelectionSetNode,
  validate,
} from 'graphql';
import type { Caller } from '../../subgraphs/shared/caller.js';
import { type MeridianError, TooLargeError } from '../../subgraphs/shared/errors.js';
import type { Generation } from '../supergraph/generation.js';
import {
  asksForSchema,
  type IntrospectionPolicy,
  mayIntrospect,
  refusedIntrospection,
  remade,
  withoutSuggestion,
} from './introspection.js';
import { exceededLimits } from './limits.js';
import { Operation } from './operation.js';
import { RefusedOperationError } from './refused-operation.js';

export interface OperationRequest {
  readonly document: DocumentNode;
  readonly operationName?: string | null | undefined;
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined;
}

export type Prepared =
  | { readonly operation: Operation; readonly variables: Readonly<Record<string, unknown>> }
  | { readonly errors: readonly GraphQLError[] };

const maxVariablesDepth = 32;

/** Every check that stands between a parsed document and its plan: the same for HTTP and WebSocket. */
export class Operations {
  /** Documents are checked once; the results live as long as `Documents` keeps the document. */
  readonly #checked = new WeakMap<DocumentNode, CheckedDocument>();

  constructor(
    private readonly generation: Generation,
    private readonly introspection: IntrospectionPolicy,
  ) {}

  prepare({ document, operationName, variables }: OperationRequest, caller: Caller): Prepared {
    const checked = this.#check(document);
    const open = mayIntrospect(this.introspection, caller);
    if (checked.errors.length > 0)
      return { errors: open ? checked.errors : checked.errors.map(withoutSuggestion) };
    if (checked.asksForSchema && !open) return refused(refusedIntrospection(this.introspection));

    const definition = getOperationAST(document, operationName);
    if (!definition) return refused(unknownOperation(operationName));
    if (depthExceeds(variables, maxVariablesDepth)) {
      return refused(
        new RefusedOperationError(`The variables are nested more than ${maxVariablesDepth} levels deep.`),
      );
    }
    const coerced = getVariableValues(
      this.generation.schema,
      definition.variableDefinitions ?? [],
      variables ?? {},
      { maxErrors: 10 },
    );
    if (coerced.errors) {
      const errors = coerced.errors.map(asBadInput);
      return { errors: open ? errors : errors.map(withoutSuggestion) };
    }
    const key = definition.name?.value ?? '';
    let operation = checked.operations.get(key);
    if (!operation) {
      operation = new Operation(this.generation, document, definition);
      checked.operations.set(key, operation);
    }
    return { operation, variables: variables ?? {} };
  }

  #check(document: DocumentNode): CheckedDocument {
    let checked = this.#checked.get(document);
    if (!checked) {
      checked = {
        errors: findErrors(document, this.generation),
        asksForSchema: asksForSchema(document),
        operations: new Map(),
      };
      this.#checked.set(document, checked);
    }
    return checked;
  }
}

interface CheckedDocument {
  readonly errors: readonly GraphQLError[];
  readonly asksForSchema: boolean;
  readonly operations: Map<string, Operation>;
}

function findErrors(document: DocumentNode, { schema }: Generation): GraphQLError[] {
  const tooMuch = exceededLimits(document);
  if (tooMuch.length > 0) return tooMuch.map(asGraphQLError);
  const invalid = validate(schema, document, undefined, { maxErrors: 20 });
  if (invalid.some(({ message }) => message === 'Validation aborted.'))
    return [asGraphQLError(tooManyConflicts)];
  if (invalid.length > 0) return invalid.map(asBadInput);
  return conditionalSubscriptions(document).map(asGraphQLError);
}

/** graphql-js gives up when comparing fields that might conflict takes too long. */
const tooManyConflicts = new TooLargeError(
  'The document selects the same fields too often to be checked: select each once.',
);

/** The planner can't plan a subscription whose only root field may be absent, and the specification forbids it. */
function conditionalSubscriptions(document: DocumentNode): MeridianError[] {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of document.definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const conditional = ({ selections }: SelectionSetNode): boolean =>
    selections.some((selection) => {
      if (selection.directives?.some(({ name }) => name.value === 'skip' || name.value === 'include'))
        return true;
      if (selection.kind === Kind.INLINE_FRAGMENT) return conditional(selection.selectionSet);
      if (selection.kind === Kind.FIELD) return false;
      const fragment = fragments.get(selection.name.value);
      return fragment !== undefined && conditional(fragment.selectionSet);
    });
  const found = document.definitions.some(
    (definition) =>
      definition.kind === Kind.OPERATION_DEFINITION &&
      definition.operation === OperationTypeNode.SUBSCRIPTION &&
      conditional(definition.selectionSet),
  );
  return found
    ? [
        new RefusedOperationError(
          'The root field of a subscription can have no @skip or @include: take it away.',
        ),
      ]
    : [];
}

const asGraphQLError = (error: MeridianError): GraphQLError =>
  new GraphQLError(error.message, { originalError: error });

const refused = (error: MeridianError): Prepared => ({ errors: [asGraphQLError(error)] });

const asBadInput = (error: GraphQLError): GraphQLError => remade(error, { code: 'BAD_USER_INPUT' });

const unknownOperation = (name: string | null | undefined): RefusedOperationError =>
  new RefusedOperationError(
    name
      ? `The document has no operation named ${JSON.stringify(name.slice(0, 100))}.`
      : 'The document has no operation, or several: name one in operationName.',
  );

function depthExceeds(value: unknown, limit: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (limit === 0) return true;
  return Object.values(value).some((item) => depthExceeds(item, limit - 1));
}
