import type { Schema } from '@apollo/federation-internals';
import type { QueryPlanner } from '@apollo/query-planner';
import type { GraphQLSchema } from 'graphql';
import type { Logger } from '../../subgraphs/shared/logger.js';

/** Everything that follows from one supergraph. Immutable: an update makes a new one. */
export interface Generation {
  readonly supergraphSdl: string;
  /** What clients see. */
  readonly schema: GraphQLSchema;
  /** The same, as the planner knows it. */
  readonly apiSchema: Schema;
  readonly supergraphSchema: GraphQLSchema;
  readonly queryPlanner: QueryPlanner;
}

/** Loads the committed supergraph. No subgraph is asked, and none needs to be up. */
export async function loadGeneration(supergraphSdl: string, logger: Logger): Promise<Generation> {
  // Without it the constructor starts an exporter that sends metrics to Apollo.
  // biome-ignore lint/style/noProcessEnv: the library reads it from nowhere else
  process.env['APOLLO_TELEMETRY_DISABLED'] = '1';
  // Half a second of loading: whoever starts the gateway may do other things meanwhile.
  const { ApolloGateway } = await import('@apollo/gateway');
  const gateway = new ApolloGateway({
    supergraphSdl,
    // Composition has validated it, and `npm run check` holds the committed file to that: 150 ms of every start.
    validateSupergraph: false,
    logger: {
      debug: (message: unknown) => logger.debug({ message }, 'supergraph'),
      info: (message: unknown) => logger.debug({ message }, 'supergraph'),
      warn: (message: unknown) => logger.warn({ message }, 'supergraph'),
      error: (message: unknown) => logger.error({ message }, 'supergraph'),
    },
    // Plans are executed over our own sources.
    buildService: () => ({ process: () => Promise.reject(new Error('not used')) }),
  });
  await gateway.load();
  // Private in the typings, stable in the pinned version; building a second planner would cost twice the memory.
  const { schema } = gateway;
  const apiSchema = gateway['apiSchema'];
  const supergraphSchema = gateway['supergraphSchema'];
  const queryPlanner = gateway['queryPlanner'];
  if (!schema || !apiSchema || !supergraphSchema || !queryPlanner) {
    throw new Error('this version of @apollo/gateway keeps its schema and planner elsewhere');
  }
  return { supergraphSdl, schema, apiSchema, supergraphSchema, queryPlanner };
}
