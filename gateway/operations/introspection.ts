import { type DocumentNode, GraphQLError, Kind, visit } from 'graphql';
import type { Caller } from '../../subgraphs/shared/caller.js';
import { ForbiddenError, type MeridianError, UnauthenticatedError } from '../../subgraphs/shared/errors.js';

export const introspectionPolicies = ['everyone', 'signed-in', 'nobody'] as const;
/** Who may ask for the schema, and gets names suggested in errors. */
export type IntrospectionPolicy = (typeof introspectionPolicies)[number];

export const mayIntrospect = (policy: IntrospectionPolicy, caller: Caller): boolean =>
  policy === 'everyone' || (policy === 'signed-in' && caller.userId !== null);

export function refusedIntrospection(policy: IntrospectionPolicy): MeridianError {
  return policy === 'signed-in'
    ? new UnauthenticatedError('Sign in first: the schema is shown to signed-in users only.')
    : new ForbiddenError('introspection', 'The schema is not shown here: introspection is turned off.');
}

export function asksForSchema(document: DocumentNode): boolean {
  let found = false;
  visit(document, {
    [Kind.FIELD]({ name }) {
      found ||= name.value === '__schema' || name.value === '__type';
    },
  });
  return found;
}

/** graphql-js suggests names of the schema; who may not see it does not get them. */
export const withoutSuggestion = (error: GraphQLError): GraphQLError =>
  remade(error, { message: error.message.replace(/ Did you mean [\s\S]*\?$/, '') });

/** The same error, at the same place, with another message or code. */
export const remade = (
  error: GraphQLError,
  { message = error.message, code = error.extensions['code'] }: { message?: string; code?: unknown },
): GraphQLError =>
  new GraphQLError(message, {
    nodes: error.nodes ?? null,
    path: error.path ?? null,
    originalError: error.originalError ?? null,
    extensions: { ...error.extensions, code },
  });
