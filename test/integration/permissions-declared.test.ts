import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import {
  type DirectiveNode,
  type FieldDefinitionNode,
  Kind,
  type ObjectTypeDefinitionNode,
  parse,
} from 'graphql';
import { describe, expect, it } from 'vitest';
import {
  type FederatedSchemaOptions,
  printFederatedSchema,
} from '../../subgraphs/shared/federated-schema.js';
import { isPermissionName } from '../../subgraphs/shared/permission-names.js';
import { projectRoot } from '../../subgraphs/shared/project-root.js';
import { subgraphNames } from '../../subgraphs/shared/subgraph.js';

const rootTypes = new Set(['Query', 'Mutation', 'Subscription']);

/** AU-1: what nobody declared a permission for must not ship. */
function undeclared(sdl: string): string[] {
  return objectTypes(sdl).flatMap((type) => {
    const typeName = type.name.value;
    const ofType = rootTypes.has(typeName) ? undefined : declared(type.directives);
    return (type.fields ?? [])
      .filter((field) => (declared(field.directives) ?? ofType) === undefined)
      .map((field) => `${typeName}.${field.name.value}`);
  });
}

function unknownNames(sdl: string): string[] {
  const nodes = objectTypes(sdl).flatMap((type): (ObjectTypeDefinitionNode | FieldDefinitionNode)[] => [
    type,
    ...(type.fields ?? []),
  ]);
  return nodes
    .map(({ directives }) => declared(directives))
    .filter((name) => name !== undefined)
    .filter((name) => !isPermissionName(name) && name !== 'public' && name !== 'signed-in');
}

const objectTypes = (sdl: string): ObjectTypeDefinitionNode[] =>
  parse(sdl).definitions.filter((definition) => definition.kind === Kind.OBJECT_TYPE_DEFINITION);

function declared(directives: readonly DirectiveNode[] | undefined): string | undefined {
  const value = directives?.find((directive) => directive.name.value === 'permission')?.arguments?.[0]?.value;
  return value?.kind === Kind.STRING ? value.value : undefined;
}

async function printedSchema(name: string): Promise<string> {
  const module: Record<string, FederatedSchemaOptions> = await import(`../../subgraphs/${name}/schema.ts`);
  const options = module[`${name}Schema`];
  if (!options) throw new Error(`subgraphs/${name}/schema.ts exports no ${name}Schema`);
  return printFederatedSchema(options);
}

describe('the walk over a schema', () => {
  it('finds fields without a permission, and permissions that do not exist', () => {
    const sdl = `
      directive @permission(name: String!) on OBJECT | FIELD_DEFINITION
      type Query @permission(name: "public") { open: Int @permission(name: "public") forgotten: Int }
      type Thing { forgotten: Int named: Int @permission(name: "things.read") }
      type Covered @permission(name: "projects.read") { covered: Int }`;
    expect(undeclared(sdl)).toEqual(['Query.forgotten', 'Thing.forgotten']);
    expect(unknownNames(sdl)).toEqual(['things.read']);
  });
});

describe('the permissions of the schema', () => {
  const folder = join(projectRoot(), 'subgraphs');
  const present = readdirSync(folder).filter((name) => existsSync(join(folder, name, 'schema.ts')));

  it('are looked at in every subgraph', () => {
    expect(present.sort()).toEqual([...subgraphNames].sort());
  });

  it.each(present)('are declared for every field of %s', async (name) => {
    expect(undeclared(await printedSchema(name))).toEqual([]);
  });

  it.each(present)('exist, in %s', async (name) => {
    expect(unknownNames(await printedSchema(name))).toEqual([]);
  });
});
