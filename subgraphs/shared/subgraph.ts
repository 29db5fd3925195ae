import type { GraphQLSchema } from 'graphql';
import type { Caller } from './caller.js';
import type { RequestContext } from './request-context.js';

export const subgraphNames = ['identity', 'clusters', 'projects', 'deployments', 'marketplace'] as const;
export type SubgraphName = (typeof subgraphNames)[number];

export interface Readiness {
  readonly ready: boolean;
  /** What is missing, for a person, when not ready. */
  readonly reason?: string;
}

/** A started subgraph: what the gateway calls in process, or `serveSubgraph` puts behind HTTP. */
export interface Subgraph {
  readonly name: SubgraphName;
  readonly schema: GraphQLSchema;
  /** Called once for each operation and once for each event of a subscription. */
  createContext(caller: Caller, signal: AbortSignal): RequestContext;
  ready(): Promise<Readiness>;
  /** Told, when it is served over HTTP, the URL at which its other replicas reach this very process. */
  served?(url: string): Promise<void>;
  /** Ends streams and informers, then closes the database. */
  dispose(): Promise<void>;
}
