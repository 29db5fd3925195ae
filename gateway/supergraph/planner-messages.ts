import type { QueryPlan } from '@apollo/query-planner';

/** What a planner's thread is asked to do: one thing at a time. */
export type PlannerRequest =
  | {
      readonly kind: 'load';
      readonly supergraphSdl: string;
      readonly validate: boolean;
    }
  | {
      readonly kind: 'plan';
      /** Text of a document that passed every check. */
      readonly document: string;
      /** Undefined for its only operation. */
      readonly operationName: string | undefined;
    };

/** What follows from a supergraph besides plans. */
export interface LoadedSupergraph {
  /** The API schema: what clients see. */
  readonly apiSdl: string;
  /** Names of the subgraphs that it was composed of. */
  readonly subgraphs: readonly string[];
}

export type PlannerAnswer =
  | { readonly kind: 'loaded'; readonly loaded: LoadedSupergraph }
  /** Plans are plain data. As text they cost the reading thread half of what a structured clone does. */
  | { readonly kind: 'planned'; readonly plan: string }
  | {
      readonly kind: 'failed';
      readonly message: string;
      readonly stack: string | undefined;
      /** The operation is to blame, and the message is for who sent it. */
      readonly tooLarge: boolean;
    };

/** Sent at any time. */
export interface PlannerLog {
  readonly kind: 'log';
  readonly level: 'debug' | 'warn' | 'error';
  readonly message: string;
}

export const planOf = (text: string): QueryPlan => JSON.parse(text);
