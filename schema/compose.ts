import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { composeServices } from '@apollo/composition';
import { parse } from 'graphql';
import { clustersSchema } from '../subgraphs/clusters/schema.js';
import { deploymentsSchema } from '../subgraphs/deployments/schema.js';
import { identitySchema } from '../subgraphs/identity/schema.js';
import { marketplaceSchema } from '../subgraphs/marketplace/schema.js';
import { projectsSchema } from '../subgraphs/projects/schema.js';
import { type FederatedSchemaOptions, printFederatedSchema } from '../subgraphs/shared/federated-schema.js';
import { projectRoot } from '../subgraphs/shared/project-root.js';
import type { SubgraphName } from '../subgraphs/shared/subgraph.js';

const schemas: Readonly<Record<SubgraphName, FederatedSchemaOptions>> = {
  identity: identitySchema,
  clusters: clustersSchema,
  projects: projectsSchema,
  deployments: deploymentsSchema,
  marketplace: marketplaceSchema,
};

/** The text of every file in schema/, by its name; throws with all composition errors. */
export function composeFiles(): Record<string, string> {
  const subgraphs = Object.entries(schemas).map(([name, options]) => ({
    name,
    sdl: printFederatedSchema(options),
  }));
  const { supergraphSdl, errors } = composeServices(
    // The gateway reaches subgraphs by its own settings; composition only wants some URL.
    subgraphs.map(({ name, sdl }) => ({
      name,
      typeDefs: parse(sdl),
      url: `http://${name}.subgraph.invalid/graphql`,
    })),
  );
  if (errors) throw new Error(errors.map((error) => error.message).join('\n'));
  return {
    ...Object.fromEntries(subgraphs.map(({ name, sdl }) => [`${name}.graphql`, sdl])),
    'supergraph.graphql': `${supergraphSdl}\n`,
  };
}

/** Names of the files whose committed text is not what the classes say. */
export function staleFiles(files: Readonly<Record<string, string>>, folder: string): string[] {
  return Object.entries(files)
    .filter(
      ([name, text]) => !existsSync(join(folder, name)) || readFileSync(join(folder, name), 'utf8') !== text,
    )
    .map(([name]) => name);
}

/** `npm run schema` writes the files; with --check it fails when they are stale. */
export function main(args: readonly string[]): number {
  const folder = join(projectRoot(), 'schema');
  const files = composeFiles();
  const stale = staleFiles(files, folder);
  if (args.includes('--check')) {
    for (const name of stale)
      console.error(`schema/${name} is stale: run \`npm run schema\` and commit what it changes`);
    return stale.length > 0 ? 1 : 0;
  }
  for (const name of stale) {
    writeFileSync(join(folder, name), files[name] ?? '');
    console.log(`wrote schema/${name}`);
  }
  if (stale.length === 0) console.log('schema/ is up to date');
  return 0;
}
