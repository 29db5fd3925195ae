import { GraphQLError } from 'graphql';

/** Keeps what was thrown as its `originalError`: masking looks there. */
export const asGraphQLError = (error: unknown): GraphQLError =>
  error instanceof GraphQLError
    ? error
    : new GraphQLError(error instanceof Error ? error.message : String(error), {
        originalError: error instanceof Error ? error : null,
      });
