import type { GraphQLError } from 'graphql';
import type { RequestScope, SubgraphFetch, SubgraphResult } from '../sources/source.js';
import type { ObjectValue } from './own-property.js';

/** One execution of one plan. */
export interface Run {
  /** What subgraphs answered so far, merged. */
  readonly data: ObjectValue;
  readonly errors: GraphQLError[];
  /**
   * Objects that the subgraph which owns them answered null for, without an error: they are no more, or the caller may
   * not know of them. Whoever refers to one refers to nothing.
   */
  readonly missing: Set<ObjectValue>;
  /** As the client gave them: defaults are for who declares them. */
  readonly variables: Readonly<Record<string, unknown>>;
  readonly scope: RequestScope;
  /** Asks a subgraph; rejects when it can't be asked. */
  send(subgraph: string, request: SubgraphFetch): Promise<SubgraphResult>;
}

/** A part of a plan, compiled. It reports what goes wrong in `run.errors` and never rejects. */
export type Step = (run: Run) => Promise<void>;

/** Where something stands in the answer. */
export type ResponsePath = readonly (string | number)[];
