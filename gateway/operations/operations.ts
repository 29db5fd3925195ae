import {
  type DocumentNode,
  type FragmentDefinitionNode,
  type GraphQLError,
  getOperationAST,
  getVariableValues,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  type SelectionSetNode,
  validate,
} from 'graphql';
import type { Caller } from '../../subgraphs/shared/caller.js';
import { type MeridianError, TooLargeError } from '../../subgraphs/shared/errors.js';
import { asGraphQLError } from '../graphql-error.js';
import type { Generation } from '../supergraph/generation.js';
import { compileCost } from './cost.js';
import { CostWeights } from './cost-weights.js';
import { deprecatedInVariables, deprecatedUses } from './deprecated-uses.js';
import {
  asksForSchema,
  type IntrospectionPolicy,
  mayIntrospect,
  refusedIntrospection,
  remade,
  withoutSuggestion,
} from './introspection.js';
import { exceededLimits } from './limits.js';
import { fragmentsOf, type Operation } from './operation.js';
import { OperationVariants } from './operation-variants.js';
import { RefusedOperationError } from './refused-operation.js';
import { type RenamedVariables, withoutReservedVariables } from './reserved-variables.js';

/** Which operation of a document, and with what. */
export interface OperationChoice {
  readonly operationName?: string | null | undefined;
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined;
}

export interface PreparedOperation {
  readonly operation: Operation;
  /** By the names that the operation has for them. */
  readonly variables: Readonly<Record<string, unknown>>;
  /** As `compileCost` defines it, with these variables. */
  readonly cost: number;
  /** Coordinates of the deprecated parts of the schema that it uses. */
  readonly deprecated: readonly string[];
}

export type Checked = PreparedOperation | { readonly errors: readonly GraphQLError[] };

const maxVariablesDepth = 32;

/** Every check that stands between a document and its plan: the same for every transport. */
export class Operations {
  /** Documents are checked once; the results live as long as `Documents` keeps the document. */
  readonly #checked = new WeakMap<DocumentNode, CheckedDocument>();

  readonly #weights: CostWeights;

  constructor(
    private readonly generation: Generation,
    private readonly rules: {
      readonly introspection: IntrospectionPolicy;
      /** What one operation may cost. */
      readonly costLimit: number;
    },
  ) {
    this.#weights = new CostWeights(generation.supergraphSchema);
  }

  check(document: DocumentNode, { operationName, variables }: OperationChoice, caller: Caller): Checked {
    const { introspection, costLimit } = this.rules;
    const checked = this.#check(document);
    const open = mayIntrospect(introspection, caller);
    if (checked.errors.length > 0)
      return { errors: open ? checked.errors : checked.errors.map(withoutSuggestion) };
    if (checked.asksForSchema && !open) return refused(refusedIntrospection(introspection));

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
    const { variants, renamed, costWith, deprecatedWith } = this.#operation(checked, document, definition);
    const given = variables ?? {};
    const cost = costWith(given);
    if (cost > costLimit) return refused(tooCostly(cost, costLimit));
    const inner = renamed ? renamed.values(given) : given;
    return { operation: variants.of(inner), variables: inner, cost, deprecated: deprecatedWith(given) };
  }

  /** The document's operations that have been planned. */
  plannedOf(document: DocumentNode): readonly Operation[] {
    const operations = [...(this.#checked.get(document)?.operations.values() ?? [])];
    return operations.flatMap(({ variants }) => variants.planned);
  }

  /** Checks and plans an operation before anybody asks for it. Does nothing for one that is no longer valid. */
  async warm(document: DocumentNode, { name, choice }: Operation): Promise<void> {
    const checked = this.#check(document);
    const definition = getOperationAST(document, name);
    if (checked.errors.length > 0 || !definition) return;
    await this.#operation(checked, document, definition).variants.chosen(choice).planning(null);
  }

  #operation(
    { operations, deprecated }: CheckedDocument,
    document: DocumentNode,
    definition: OperationDefinitionNode,
  ): CheckedOperation {
    const key = definition.name?.value ?? '';
    let checked = operations.get(key);
    if (!checked) {
      const renamed = withoutReservedVariables(document, definition);
      const { schema } = this.generation;
      const inVariables = deprecatedInVariables(definition, schema);
      checked = {
        variants: new OperationVariants(this.generation, renamed ?? { document, definition }),
        renamed,
        costWith: compileCost(definition, fragmentsOf(document), schema, this.#weights),
        deprecatedWith: (variables) =>
          inVariables ? [...new Set([...deprecated, ...inVariables(variables)])] : deprecated,
      };
      operations.set(key, checked);
    }
    return checked;
  }

  #check(document: DocumentNode): CheckedDocument {
    let checked = this.#checked.get(document);
    if (!checked) {
      const errors = findErrors(document, this.generation);
      checked = {
        errors,
        asksForSchema: asksForSchema(document),
        deprecated: errors.length > 0 ? [] : [...deprecatedUses(document, this.generation.schema)],
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
  readonly deprecated: readonly string[];
  readonly operations: Map<string, CheckedOperation>;
}

interface CheckedOperation {
  readonly variants: OperationVariants;
  readonly renamed: RenamedVariables | undefined;
  readonly costWith: (variables: Readonly<Record<string, unknown>>) => number;
  readonly deprecatedWith: (variables: Readonly<Record<string, unknown>>) => readonly string[];
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

const refused = (error: MeridianError): Checked => ({ errors: [asGraphQLError(error)] });

const asBadInput = (error: GraphQLError): GraphQLError => remade(error, { code: 'BAD_USER_INPUT' });

const tooCostly = (cost: number, limit: number): TooLargeError =>
  new TooLargeError(
    `The operation may cost ${cost}, and no more than ${limit} is allowed: ask for fewer items in its lists, or nest fewer.`,
  );

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
