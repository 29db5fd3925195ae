import { type DocumentNode, Kind, type OperationDefinitionNode, visit } from 'graphql';

/**
 * Names that plans give variables of their own: the entities of a fetch, and arguments that come from a context. The
 * planner doesn't look whether the client has a variable of the same name.
 */
const reserved = /^(?:representations|contextualArgument_\w+)$/;

/** An operation as it is planned and run when the client's names of variables are in the way. */
export interface RenamedVariables {
  readonly document: DocumentNode;
  readonly definition: OperationDefinitionNode;
  /** The values that a client gave, by the new names. */
  values(given: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>>;
}

/** Undefined when no variable has a reserved name, which is nearly always. */
export function withoutReservedVariables(
  document: DocumentNode,
  definition: OperationDefinitionNode,
): RenamedVariables | undefined {
  const declared = (definition.variableDefinitions ?? []).map(({ variable }) => variable.name.value);
  const names = new Map<string, string>();
  for (const name of declared.filter((candidate) => reserved.test(candidate))) {
    let other = `client_${name}`;
    while (declared.includes(other)) other = `client_${other}`;
    names.set(name, other);
  }
  if (names.size === 0) return undefined;

  const definitions = document.definitions.map((node) =>
    // Fragments have the variables of the operation that spreads them; other operations are not run.
    visit(node, {
      [Kind.VARIABLE](variable) {
        const value = names.get(variable.name.value);
        return value === undefined ? undefined : { ...variable, name: { ...variable.name, value } };
      },
    }),
  );
  const renamed = definitions[document.definitions.indexOf(definition)];
  if (renamed?.kind !== Kind.OPERATION_DEFINITION) throw new Error('the operation is of another document');
  return {
    // Without the text that it was parsed from, which says other names.
    document: { kind: Kind.DOCUMENT, definitions },
    definition: renamed,
    values: (given) =>
      Object.fromEntries(Object.entries(given).map(([name, value]) => [names.get(name) ?? name, value])),
  };
}
