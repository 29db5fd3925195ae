import { setImmediate as turn } from 'node:timers/promises';
import { buildASTSchema, type GraphQLSchema, parse } from 'graphql';
import type { Logger } from '../../subgraphs/shared/logger.js';
import { Planner } from './planner.js';
import type { PlannerThread } from './planner-thread.js';
import { returnPlannerThread, takePlannerThread } from './planner-threads.js';

/** Everything that follows from one supergraph. Immutable: an update makes a new one. */
export interface Generation {
  readonly supergraphSdl: string;
  /** What clients see. */
  readonly schema: GraphQLSchema;
  readonly supergraphSchema: GraphQLSchema;
  readonly planner: Planner;
  /** Names of the subgraphs that it was composed of. */
  readonly subgraphs: readonly string[];
}

/**
 * Loads a supergraph; rejects with what is wrong with it. No subgraph is asked, and none needs to be up.
 *
 * ApolloGateway loads it, and checks it, in the thread that will plan over it (half a second of computing). What is
 * left for this one are two schemas made of text that has been checked: 10 ms each, with a turn for others between.
 *
 * @param validate 150 ms that the supergraph of this very build can do without: composition has validated it, and
 * `npm run check` holds the committed file to that.
 */
export async function loadGeneration(
  supergraphSdl: string,
  logger: Logger,
  validate = false,
): Promise<Generation> {
  const { thread, loaded } = await loadedThread(supergraphSdl, logger, validate);
  const planner = new Planner(thread, {
    replace: async () => (await loadedThread(supergraphSdl, logger, false)).thread,
    giveBack: returnPlannerThread,
    logger,
  });
  return {
    supergraphSdl,
    schema: await schemaOf(loaded.apiSdl),
    supergraphSchema: await schemaOf(supergraphSdl),
    planner,
    subgraphs: loaded.subgraphs,
  };
}

async function loadedThread(supergraphSdl: string, logger: Logger, validate: boolean) {
  const thread: PlannerThread = takePlannerThread();
  try {
    return { thread, loaded: await thread.load(supergraphSdl, { validate, logger }) };
  } catch (error) {
    returnPlannerThread(thread);
    throw error;
  }
}

/** Of a text that is known to be valid. */
async function schemaOf(sdl: string): Promise<GraphQLSchema> {
  const document = parse(sdl, { noLocation: true });
  await turn();
  const schema = buildASTSchema(document, { assumeValid: true, assumeValidSDL: true });
  await turn();
  return schema;
}
