import { type ASTNode, type DocumentNode, Kind, parse, print, type SelectionSetNode, visit } from 'graphql';

/** The same operation without the fields that need one of the variables; undefined when nothing is left of it. */
export function withoutVariables(operation: string, missing: readonly string[]): string | undefined {
  let document = parse(operation, { noLocation: true });
  for (let before = ''; before !== print(document); ) {
    before = print(document);
    document = withoutUnused(withoutFields(document, missing));
  }
  const [definition] = document.definitions;
  return definition?.kind === Kind.OPERATION_DEFINITION && !isEmpty(definition) ? print(document) : undefined;
}

/** Nor objects of which nothing is asked any more. */
function withoutFields(document: DocumentNode, missing: readonly string[]): DocumentNode {
  const fragments = new Set(
    document.definitions.flatMap((node) =>
      node.kind === Kind.FRAGMENT_DEFINITION && !isEmpty(node) ? [node.name.value] : [],
    ),
  );
  return visit(document, {
    [Kind.FIELD]: {
      enter: ({ arguments: given = [] }) =>
        given.some((argument) => missing.some((name) => namesIn(argument, Kind.VARIABLE).has(name)))
          ? null
          : undefined,
      leave: (node) => (isEmpty(node) ? null : undefined),
    },
    [Kind.INLINE_FRAGMENT]: { leave: (node) => (isEmpty(node) ? null : undefined) },
    [Kind.FRAGMENT_SPREAD]: ({ name }) => (fragments.has(name.value) ? undefined : null),
  });
}

/** A subgraph refuses a document that declares what it doesn't use. */
function withoutUnused(document: DocumentNode): DocumentNode {
  const spread = namesIn(document, Kind.FRAGMENT_SPREAD);
  const definitions = document.definitions.filter(
    (node) => node.kind !== Kind.FRAGMENT_DEFINITION || spread.has(node.name.value),
  );
  const used = namesIn(
    {
      kind: Kind.DOCUMENT,
      definitions: definitions.map((node) =>
        node.kind === Kind.OPERATION_DEFINITION ? { ...node, variableDefinitions: [] } : node,
      ),
    },
    Kind.VARIABLE,
  );
  return visit({ kind: Kind.DOCUMENT, definitions } satisfies DocumentNode as DocumentNode, {
    [Kind.VARIABLE_DEFINITION]: ({ variable }) => (used.has(variable.name.value) ? undefined : null),
  });
}

const isEmpty = ({ selectionSet }: { readonly selectionSet?: SelectionSetNode | undefined }): boolean =>
  selectionSet?.selections.length === 0;

function namesIn(node: ASTNode, kind: Kind.VARIABLE | Kind.FRAGMENT_SPREAD): ReadonlySet<string> {
  const names = new Set<string>();
  visit(node, { [kind]: ({ name }: { name: { value: string } }) => void names.add(name.value) });
  return names;
}
