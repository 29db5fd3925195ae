import { GraphQLError, Kind, type OperationDefinitionNode, valueFromASTUntyped } from 'graphql';

/** The value of a variable that `@skip` or `@include` depends on, with the operation's default. */
export type Condition = (variables: Readonly<Record<string, unknown>>) => boolean;

export function compileCondition(
  name: string,
  { variableDefinitions = [] }: OperationDefinitionNode,
): Condition {
  const definition = variableDefinitions.find(({ variable }) => variable.name.value === name);
  const fallback = definition?.defaultValue && valueFromASTUntyped(definition.defaultValue);
  return (variables) => {
    const given = Object.hasOwn(variables, name) ? variables[name] : undefined;
    const value = given === undefined ? fallback : given;
    if (typeof value !== 'boolean') {
      throw new GraphQLError(
        `The variable "$${name}" decides about @skip or @include: give it true or false.`,
        {
          extensions: { code: 'BAD_USER_INPUT' },
        },
      );
    }
    return value;
  };
}

/** Names of the variables that decide about anything in the operation; in no particular order. */
export function conditionVariables(node: unknown, found = new Set<string>()): ReadonlySet<string> {
  if (Array.isArray(node)) for (const item of node) conditionVariables(item, found);
  else if (typeof node === 'object' && node !== null) {
    const {
      kind,
      name,
      arguments: given,
    } = node as {
      kind?: string;
      name?: { value: string };
      arguments?: readonly { value: { kind: string; name?: { value: string } } }[];
    };
    if (kind === Kind.DIRECTIVE) {
      const value = given?.[0]?.value;
      if ((name?.value === 'skip' || name?.value === 'include') && value?.kind === Kind.VARIABLE) {
        found.add(value.name?.value ?? '');
      }
    } else {
      for (const [key, child] of Object.entries(node)) if (key !== 'loc') conditionVariables(child, found);
    }
  }
  return found;
}
