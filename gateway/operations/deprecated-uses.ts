import {
  type DocumentNode,
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  Kind,
  type OperationDefinitionNode,
  TypeInfo,
  typeFromAST,
  visit,
  visitWithTypeInfo,
} from 'graphql';

/**
 * Coordinates of the deprecated fields, arguments, input fields and enum values that a valid document names:
 * `Type.field`, `Type.field(argument:)`, `Input.field`, `Enum.VALUE`.
 */
export function deprecatedUses(document: DocumentNode, schema: GraphQLSchema): ReadonlySet<string> {
  const found = new Set<string>();
  const info = new TypeInfo(schema);
  visit(
    document,
    visitWithTypeInfo(info, {
      [Kind.FIELD]() {
        const field = info.getFieldDef();
        if (field?.deprecationReason != null) found.add(`${info.getParentType()?.name}.${field.name}`);
      },
      [Kind.ARGUMENT]() {
        const argument = info.getArgument();
        const field = info.getFieldDef();
        if (argument?.deprecationReason != null && field) {
          found.add(`${info.getParentType()?.name}.${field.name}(${argument.name}:)`);
        }
      },
      [Kind.OBJECT_FIELD]({ name: { value: name } }) {
        const parent = getNamedType(info.getParentInputType());
        if (isInputObjectType(parent) && parent.getFields()[name]?.deprecationReason != null) {
          found.add(`${parent.name}.${name}`);
        }
      },
      [Kind.ENUM]() {
        const value = info.getEnumValue();
        const type = getNamedType(info.getInputType());
        if (value?.deprecationReason != null && type) found.add(`${type.name}.${value.name}`);
      },
    }),
  );
  return found;
}

/** The same of the values of variables; undefined when the types of this operation's have nothing deprecated. */
export function deprecatedInVariables(
  { variableDefinitions = [] }: OperationDefinitionNode,
  schema: GraphQLSchema,
): ((variables: Readonly<Record<string, unknown>>) => ReadonlySet<string>) | undefined {
  const read = variableDefinitions.flatMap(({ variable, type: node }) => {
    const type = typeFromAST(schema, node as never) as GraphQLInputType | undefined;
    return type && hasDeprecated(type, new Set()) ? [{ name: variable.name.value, type }] : [];
  });
  if (read.length === 0) return undefined;
  return (variables) => {
    const found = new Set<string>();
    for (const { name, type } of read) collect(variables[name], type, found);
    return found;
  };
}

function hasDeprecated(type: GraphQLInputType, seen: Set<string>): boolean {
  const named = getNamedType(type);
  if (seen.has(named.name)) return false;
  seen.add(named.name);
  if (isEnumType(named)) return named.getValues().some(({ deprecationReason }) => deprecationReason != null);
  if (!isInputObjectType(named)) return false;
  return Object.values(named.getFields()).some(
    (field) => field.deprecationReason != null || hasDeprecated(field.type, seen),
  );
}

/** The value has passed `getVariableValues`. */
function collect(value: unknown, type: GraphQLInputType, found: Set<string>): void {
  if (value === null || value === undefined) return;
  if (isNonNullType(type)) {
    collect(value, type.ofType, found);
  } else if (isListType(type)) {
    for (const item of Array.isArray(value) ? value : [value]) collect(item, type.ofType, found);
  } else if (isEnumType(type)) {
    if (type.getValue(String(value))?.deprecationReason != null) found.add(`${type.name}.${String(value)}`);
  } else if (isInputObjectType(type)) {
    for (const [name, inner] of Object.entries(value)) {
      const field = type.getFields()[name];
      if (!field) continue;
      if (field.deprecationReason != null) found.add(`${type.name}.${name}`);
      collect(inner, field.type, found);
    }
  }
}
