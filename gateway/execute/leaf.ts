import type { GraphQLLeafType } from 'graphql';

/** What a leaf's value becomes in the answer; throws when its type has no such value. */
export type CompleteLeaf = (value: unknown) => unknown;

/** As graphql-js serialises it; values that are already right, which is nearly all of them, take no detour. */
export function compileLeaf(type: GraphQLLeafType): CompleteLeaf {
  const serialize = (value: unknown): unknown => type.serialize(value);
  switch (type.name) {
    case 'String':
    case 'ID':
      return (value) => (typeof value === 'string' ? value : serialize(value));
    case 'Boolean':
      return (value) => (typeof value === 'boolean' ? value : serialize(value));
    default:
      return serialize;
  }
}
