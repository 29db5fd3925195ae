import { GraphQLError, GraphQLScalarType, Kind, valueFromASTUntyped } from 'graphql';

/** RFC 3339 with milliseconds, UTC. Resolvers give Date objects or ISO text. */
export const DateTimeScalar = new GraphQLScalarType<Date, string>({
  name: 'DateTime',
  description: 'RFC 3339 with milliseconds, UTC, such as 2026-11-22T18:24:05.123Z.',
  serialize: (value) => {
    const date = value instanceof Date ? value : new Date(String(value));
    return date.toISOString();
  },
  parseValue: (value) => parseDateTime(value),
  parseLiteral: (node) => parseDateTime(node.kind === Kind.STRING ? node.value : undefined),
});

const rfc3339 = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/;

function parseDateTime(value: unknown): Date {
  const date = typeof value === 'string' && rfc3339.test(value) ? new Date(value) : undefined;
  if (date === undefined || Number.isNaN(date.getTime())) {
    throw new GraphQLError(`${JSON.stringify(value)} is not an RFC 3339 time such as 2026-11-22T18:24:05Z.`);
  }
  return date;
}

const quantityPattern = /^[+-]?(\d+(\.\d*)?|\.\d+)(([KMGTPE]i)|[numkMGTPE]|([eE][+-]?\d+))?$/;

/**
 * A Kubernetes quantity, kept as written.
 * https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
 */
export const QuantityScalar = new GraphQLScalarType<string, string>({
  name: 'Quantity',
  description: 'A Kubernetes quantity, such as 250m or 1Gi.',
  serialize: (value) => String(value),
  parseValue: (value) => parseQuantityText(value),
  parseLiteral: (node) =>
    parseQuantityText(
      node.kind === Kind.STRING || node.kind === Kind.INT || node.kind === Kind.FLOAT
        ? node.value
        : undefined,
    ),
});

function parseQuantityText(value: unknown): string {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string' || text.length > 40 || !quantityPattern.test(text)) {
    throw new GraphQLError(`${JSON.stringify(value)} is not a Kubernetes quantity such as 250m or 1Gi.`);
  }
  return text;
}

/** Any JSON value. */
export const JsonScalar = new GraphQLScalarType<unknown, unknown>({
  name: 'JSON',
  description: 'Any JSON value.',
  serialize: (value) => value,
  parseValue: (value) => value,
  parseLiteral: (node, variables) => valueFromASTUntyped(node, variables),
});
