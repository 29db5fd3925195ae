import {
  type ASTNode,
  type DirectiveNode,
  type DocumentNode,
  type FieldNode,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  valueFromASTUntyped,
  visit,
} from 'graphql';

type Variables = Readonly<Record<string, unknown>>;

/** An operation, with the document that has its fragments. */
export interface OperationInDocument {
  readonly document: DocumentNode;
  readonly definition: OperationDefinitionNode;
}

/**
 * `__typename @skip(if: true)`: stands where everything is skipped that was selected of an object, whose selection set
 * may not be empty. The only condition that is left.
 */
export const nothingSelected: FieldNode = {
  kind: Kind.FIELD,
  name: { kind: Kind.NAME, value: '__typename' },
  directives: [
    {
      kind: Kind.DIRECTIVE,
      name: { kind: Kind.NAME, value: 'skip' },
      arguments: [
        {
          kind: Kind.ARGUMENT,
          name: { kind: Kind.NAME, value: 'if' },
          value: { kind: Kind.BOOLEAN, value: true },
        },
      ],
    },
  ],
};

/**
 * The `@skip` and `@include` of one operation. They are decided before it is planned, and each choice has a plan of its
 * own: where fields are needed by others under another condition than their own, the planner leaves some out.
 */
export class Conditions {
  private constructor(
    private readonly operation: OperationInDocument,
    private readonly deciding: readonly (readonly [name: string, condition: Condition])[],
  ) {}

  /** Undefined when the operation has none, which is nearly always. */
  static of({ document, definition }: OperationInDocument): Conditions | undefined {
    const reached = reachedFrom(definition, document);
    const names = new Set<string>();
    let found = false;
    for (const node of reached) {
      visit(node, {
        [Kind.DIRECTIVE](directive) {
          if (!decides(directive)) return;
          found = true;
          const value = directive.arguments?.[0]?.value;
          if (value?.kind === Kind.VARIABLE) names.add(value.name.value);
        },
      });
    }
    if (!found) return undefined;
    const deciding = [...names].map((name) => [name, compileCondition(name, definition)] as const);
    return new Conditions({ document: { kind: Kind.DOCUMENT, definitions: reached }, definition }, deciding);
  }

  /** What the variables decide, as one text. Throws BAD_USER_INPUT when one is neither true nor false. */
  choose(variables: Variables): string {
    return this.deciding.map(([, holds]) => (holds(variables) ? '1' : '0')).join('');
  }

  /** The operation as it is when so was chosen: without conditions. */
  decide(choice: string): OperationInDocument {
    const values = new Map(this.deciding.map(([name], index) => [name, choice[index] === '1']));
    const decided = <T extends ASTNode & { readonly directives?: readonly DirectiveNode[] | undefined }>(
      node: T,
    ): T | null | undefined => {
      const conditions = node.directives?.filter(decides) ?? [];
      if (conditions.length === 0) return undefined;
      if (!conditions.every((condition) => holds(condition, values))) return null;
      return { ...node, directives: node.directives?.filter((directive) => !decides(directive)) };
    };
    const definitions = this.operation.document.definitions.map((definition) =>
      visit(definition, {
        [Kind.FIELD]: { enter: decided },
        [Kind.INLINE_FRAGMENT]: { enter: decided },
        [Kind.FRAGMENT_SPREAD]: { enter: decided },
        [Kind.SELECTION_SET]: {
          leave: (set) => (set.selections.length > 0 ? undefined : { ...set, selections: [nothingSelected] }),
        },
      }),
    );
    const [definition] = definitions;
    if (definition?.kind !== Kind.OPERATION_DEFINITION) throw new Error('the operation comes first');
    return { document: { kind: Kind.DOCUMENT, definitions }, definition };
  }
}

/** The operation, and the fragments that it spreads: others may have variables that it has not. */
function reachedFrom(
  definition: OperationDefinitionNode,
  { definitions }: DocumentNode,
): DocumentNode['definitions'] {
  const reached = new Set<DocumentNode['definitions'][number]>([definition]);
  for (const node of reached) {
    visit(node, {
      [Kind.FRAGMENT_SPREAD]({ name: { value } }) {
        const fragment = definitions.find(
          (other) => other.kind === Kind.FRAGMENT_DEFINITION && other.name.value === value,
        );
        if (fragment) reached.add(fragment);
      },
    });
  }
  return [...reached];
}

const decides = ({ name: { value } }: DirectiveNode): boolean => value === 'skip' || value === 'include';

function holds(
  { name, arguments: given }: DirectiveNode,
  values: ReadonlyMap<string, boolean | undefined>,
): boolean {
  const value = given?.[0]?.value;
  const isTrue =
    value?.kind === Kind.VARIABLE
      ? values.get(value.name.value)
      : value?.kind === Kind.BOOLEAN && value.value;
  return isTrue === (name.value === 'include');
}

/** The value of a variable that `@skip` or `@include` depends on, with the operation's default. */
type Condition = (variables: Variables) => boolean;

function compileCondition(name: string, { variableDefinitions = [] }: OperationDefinitionNode): Condition {
  const definition = variableDefinitions.find(({ variable }) => variable.name.value === name);
  const fallback = definition?.defaultValue && valueFromASTUntyped(definition.defaultValue);
  return (variables) => {
    const given = Object.hasOwn(variables, name) ? variables[name] : undefined;
    const value = given === undefined ? fallback : given;
    if (typeof value !== 'boolean') {
      throw new GraphQLError(
        `The variable "$${name}" decides about @skip or @include: give it true or false.`,
        { extensions: { code: 'BAD_USER_INPUT' } },
      );
    }
    return value;
  };
}
