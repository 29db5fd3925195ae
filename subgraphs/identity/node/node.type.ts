import { Field, ID, InterfaceType } from 'type-graphql';

/** A value that stands for an object of the type that it names. */
export interface NodeValue {
  readonly __typename: string;
  readonly id: string;
}

@InterfaceType({
  description: 'An object with a global id (Relay).',
  resolveType: (value: NodeValue) => value.__typename,
})
export abstract class Node {
  @Field(() => ID, { description: 'Its global id.' })
  id: string;
}
