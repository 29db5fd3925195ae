import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Supergraph } from '@apollo/federation-internals';
import {
  type ConstDirectiveNode,
  type FieldDefinitionNode,
  type GraphQLSchema,
  type InputValueDefinitionNode,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  isUnionType,
  Kind,
  parse,
  print,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import { projectRoot } from '../subgraphs/shared/project-root.js';

const contract = join(projectRoot(), '..', 'shared', 'api.graphql');

/** What api.graphql names and is not built yet: each goes when it is. */
const notYet: readonly string[] = [
  // Projects as code: `Project.document` is there, applying one is not.
  'Mutation.planProject',
  'Mutation.applyProject',
];

/** The contract of the public API names types, fields and arguments that are kept: api.graphql lies beside the project. */
describe.skipIf(!existsSync(contract))('the public API', () => {
  const sdl = readFileSync(join(projectRoot(), 'schema', 'supergraph.graphql'), 'utf8');
  const schema = Supergraph.build(sdl).apiSchema().toGraphQLJSSchema();

  it('has everything that the contract names, as the contract types it', () => {
    const missing = differences(schema, readFileSync(contract, 'utf8'));
    expect(missing).toEqual(notYet.map((name) => `${name} is missing`).toSorted());
  });

  it('describes every type, field, argument and enum value', () => {
    const bare = Object.values(schema.getTypeMap()).flatMap((type) => {
      if (type.name.startsWith('__') || ['String', 'Int', 'Float', 'Boolean', 'ID'].includes(type.name))
        return [];
      const isRoot = ['Query', 'Mutation', 'Subscription'].includes(type.name);
      const own = type.description || isRoot ? [] : [type.name];
      if (isEnumType(type)) {
        return [
          ...own,
          ...type.getValues().flatMap((value) => (value.description ? [] : [`${type.name}.${value.name}`])),
        ];
      }
      if (!isObjectType(type) && !isInterfaceType(type) && !isInputObjectType(type)) return own;
      const fields = Object.values(type.getFields()).flatMap((field) => [
        ...(field.description ? [] : [`${type.name}.${field.name}`]),
        ...('args' in field
          ? field.args.flatMap((argument: { name: string; description?: string | null }) =>
              argument.description ? [] : [`${type.name}.${field.name}(${argument.name})`],
            )
          : []),
      ]);
      return [...own, ...fields];
    });
    expect(bare).toEqual([]);
  });
});

function differences(schema: GraphQLSchema, contractText: string): string[] {
  const found = parse(contractText).definitions.flatMap((definition): string[] => {
    if (!('name' in definition) || !definition.name) return [];
    const name = definition.name.value;
    const type = schema.getType(name);
    if (!type) return [`${name} is missing`];
    switch (definition.kind) {
      case Kind.OBJECT_TYPE_DEFINITION:
        if (!isObjectType(type)) return [`${name} is not an object type`];
        return (definition.fields ?? []).flatMap((field) =>
          fieldDifferences(name, field, type.getFields()[field.name.value]),
        );
      case Kind.INPUT_OBJECT_TYPE_DEFINITION:
        if (!isInputObjectType(type)) return [`${name} is not an input type`];
        return (definition.fields ?? []).flatMap((field) =>
          valueDifferences(`${name}.${field.name.value}`, field, type.getFields()[field.name.value]),
        );
      case Kind.ENUM_TYPE_DEFINITION: {
        if (!isEnumType(type)) return [`${name} is not an enum`];
        const values = new Set(type.getValues().map((value) => value.name));
        return (definition.values ?? []).flatMap(({ name: { value } }) =>
          values.has(value) ? [] : [`${name}.${value} is missing`],
        );
      }
      case Kind.UNION_TYPE_DEFINITION: {
        if (!isUnionType(type)) return [`${name} is not a union`];
        const members = new Set(type.getTypes().map((member) => member.name));
        return (definition.types ?? []).flatMap(({ name: { value } }) =>
          members.has(value) ? [] : [`${name} lacks ${value}`],
        );
      }
      default:
        return [];
    }
  });
  return found.toSorted();
}

type Typed = { type: unknown; args?: readonly { name: string; type: unknown }[] };

function fieldDifferences(parent: string, field: FieldDefinitionNode, actual: Typed | undefined): string[] {
  const path = `${parent}.${field.name.value}`;
  return [
    ...valueDifferences(path, field, actual),
    ...(actual ? (field.arguments ?? []) : []).flatMap((argument) =>
      valueDifferences(
        `${path}(${argument.name.value})`,
        argument,
        actual?.args?.find(({ name }) => name === argument.name.value),
      ),
    ),
  ];
}

function valueDifferences(
  path: string,
  node: Pick<InputValueDefinitionNode, 'type'> & { directives?: readonly ConstDirectiveNode[] },
  actual: Typed | undefined,
): string[] {
  if (!actual) return [`${path} is missing`];
  const [wanted, found] = [print(node.type), String(actual.type)];
  return wanted === found ? [] : [`${path} is ${found} instead of ${wanted}`];
}
