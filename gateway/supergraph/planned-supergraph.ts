import {
  DEFAULT_SUPPORTED_SUPERGRAPH_FEATURES,
  operationFromDocument,
  type Schema,
} from '@apollo/federation-internals';
import { ApolloGateway } from '@apollo/gateway';
import type { QueryPlan, QueryPlanner } from '@apollo/query-planner';
import { type GraphQLSchema, isEnumType, parse, printSchema, valueFromASTUntyped } from 'graphql';
import { TooLargeError } from '../../subgraphs/shared/errors.js';
import type { LoadedSupergraph, PlannerLog } from './planner-messages.js';
import { refuseProgressiveOverrides } from './progressive-overrides.js';

// The planner plans @fromContext; ApolloGateway refuses it because its own executor, which is not used here, can't run it.
DEFAULT_SUPPORTED_SUPERGRAPH_FEATURES.add('https://specs.apollo.dev/context/v0.1');

/** A supergraph that ApolloGateway has loaded, and the planner over it. Lives in the planner's thread. */
export class PlannedSupergraph {
  private constructor(
    readonly loaded: LoadedSupergraph,
    private readonly apiSchema: Schema,
    private readonly queryPlanner: QueryPlanner,
  ) {}

  /** Rejects with what is wrong with the supergraph. */
  static async load(
    supergraphSdl: string,
    options: {
      readonly validate: boolean;
      readonly log: (level: PlannerLog['level'], message: string) => void;
    },
  ): Promise<PlannedSupergraph> {
    const { validate, log } = options;
    refuseProgressiveOverrides(supergraphSdl);
    const gateway = new ApolloGateway({
      supergraphSdl,
      validateSupergraph: validate,
      logger: {
        debug: (message: unknown) => log('debug', String(message)),
        info: (message: unknown) => log('debug', String(message)),
        warn: (message: unknown) => log('warn', String(message)),
        error: (message: unknown) => log('error', String(message)),
      },
      // Plans are executed over the gateway's own sources.
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
    const loaded = { apiSdl: printSchema(schema), subgraphs: subgraphsOf(supergraphSchema) };
    return new PlannedSupergraph(loaded, apiSchema, queryPlanner);
  }

  /** Of a document that passed every check. Throws TooLargeError for one that is over the planner's own limits. */
  plan(document: string, operationName: string | undefined): QueryPlan {
    const parsed = parse(document, { noLocation: true });
    const options = operationName === undefined ? {} : { operationName };
    const operation = operationFromDocument(this.apiSchema, parsed, options);
    try {
      return this.queryPlanner.buildQueryPlan(operation);
    } catch (error) {
      if (error instanceof Error && plannersLimits.test(error.message)) throw tooLarge();
      throw error;
    }
  }
}

/** As @apollo/query-planner 2.14.4 says it; it has no class for these errors. */
const plannersLimits = /non-local selections exceeds limit|Exceeded maximum recursive selections/;

const tooLarge = (): TooLargeError =>
  new TooLargeError('The operation selects too much of other types to be planned: split it.');

/** https://specs.apollo.dev/join/v0.5/#@graph: one value of `join__Graph` for each subgraph. */
function subgraphsOf(supergraphSchema: GraphQLSchema): string[] {
  const graphs = supergraphSchema.getType('join__Graph');
  if (!isEnumType(graphs)) throw new Error('it has no enum join__Graph');
  return graphs.getValues().map(({ name, astNode }) => {
    const directive = astNode?.directives?.find((candidate) => candidate.name.value === 'join__graph');
    const argument = directive?.arguments?.find((candidate) => candidate.name.value === 'name');
    return argument ? String(valueFromASTUntyped(argument.value)) : name;
  });
}
