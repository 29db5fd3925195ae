import { type Federation, type Item } from './federated-subgraph.js';
import { knownFailures } from './federation.js';

/**
 * What @apollo/query-planner 2.14.4 plans wrong, whoever runs the plan: the kinds of the six of 199 cases of
 * https://github.com/graphql-hive/federation-gateway-audit that every gateway on it fails (suites keys-mashup,
 * non-resolvable-interface-object, requires-with-argument and requires-with-argument-conflict), and what
 * random.test.ts has found. Each is here with its failing; a case fails when it comes to pass, so that the list stays
 * true. One is not, because it never ends, and the gateway gives up after ten seconds: a field that `@requires` another,
 * of an interface object, selected below the type of an object (`{ review(id: "p1") { product { ... on Lamp { shipping }
 * } } }` of shop.ts's interface objects).
 */

/** A key of which one subgraph resolves a part, and the other only together with an object. */
const tools = [1, 2].map((n) => ({
  __typename: 'Tool',
  id: `t${n}`,
  serial: `serial ${n}`,
  place: { hall: `hall ${n}`, shelf: `shelf ${n}`, box: `box ${n}` },
  name: `tool ${n}`,
}));
const boxes = [{ __typename: 'Toolbox', id: 'b1', tools }];
const tag = (name: unknown): string | null => (typeof name === 'string' ? `tag of ${name}` : null);
const mixedKeys: Federation = {
  api: `
    type Query { toolbox: Toolbox }
    type Toolbox { id: ID! tools: [Tool!]! }
    type Tool { id: ID! serial: ID! place: Place! name: String! tag: String }
    type Place { hall: ID! shelf: ID! box: ID! }
  `,
  roots: { toolbox: () => ({ ...boxes[0], tools: tools.map((tool) => ({ ...tool, tag: tag(tool.name) })) }) },
  entities: [...tools.map((tool) => ({ ...tool, tag: ({ name }: Item) => tag(name) })), ...boxes],
  subgraphs: {
    names: `
      type Tool
        @key(fields: "id") @key(fields: "serial", resolvable: false)
        @key(fields: "place { hall shelf }", resolvable: false) @key(fields: "id place { shelf box }", resolvable: false) {
        id: ID! serial: ID! place: Place! name: String!
      }
      type Place { hall: ID! shelf: ID! box: ID! }
    `,
    boxes: `
      type Query { toolbox: Toolbox }
      type Toolbox @key(fields: "id") { id: ID! tools: [Tool!]! }
      type Tool
        @key(fields: "place { hall shelf }", resolvable: false) @key(fields: "id place { shelf box }")
        @key(fields: "serial", resolvable: false) @key(fields: "id", resolvable: false) {
        id: ID! serial: ID! place: Place! name: String! @external tag: String @requires(fields: "name")
      }
      type Place { hall: ID! shelf: ID! box: ID! }
    `,
  },
};

/** An interface object whose subgraph has it for reference only, and an interface that no type implements. */
const unresolvable: Federation = {
  api: `
    type Query { goods: Goods orphan: Orphan }
    interface Goods { id: ID! }
    type Bread implements Goods { id: ID! }
    interface Orphan { id: ID! note: String }
  `,
  roots: {
    goods: () => ({ __typename: 'Bread', id: 'p1' }),
    orphan: () => ({ __typename: 'Orphan', id: 'o1' }),
  },
  entities: [{ __typename: 'Bread', id: 'p1' }],
  subgraphs: {
    orders: `
      type Query { goods: Goods orphan: Orphan }
      type Goods @key(fields: "id", resolvable: false) @interfaceObject { id: ID! }
      interface Orphan @key(fields: "id") { id: ID! }
    `,
    bakery: `
      interface Goods @key(fields: "id") { id: ID! }
      type Bread implements Goods @key(fields: "id") { id: ID! }
      type Orphan @key(fields: "id", resolvable: false) @interfaceObject { id: ID! note: String }
    `,
  },
};

/** `@requires` of a field with arguments, which the client may select with others. */
const priceIn = (currency: unknown, price: number): number => (currency === 'EUR' ? price * 2 : price);
const wares = [1, 2].map((n) => ({
  __typename: 'Ware',
  id: `w${n}`,
  weight: n,
  price: (_: Item, { currency }: { currency: string }) => priceIn(currency, n * 11),
}));
const requiredArguments: Federation = {
  api: `
    type Query { wares: [Ware!]! }
    type Ware { id: ID! weight: Int price(currency: String!): Int freight: Int freightInEuro: Int }
  `,
  roots: {
    wares: () =>
      wares.map((ware, n) => ({
        ...ware,
        freight: priceIn('USD', (n + 1) * 11) * (n + 1),
        freightInEuro: priceIn('EUR', (n + 1) * 11) * (n + 1),
      })),
  },
  entities: wares.map((ware) => ({
    ...ware,
    freight: ({ price, weight }: Item) => Number(price) * Number(weight),
    freightInEuro: ({ price, weight }: Item) => Number(price) * Number(weight),
  })),
  subgraphs: {
    catalogue: `
      type Query { wares: [Ware!]! }
      type Ware @key(fields: "id") { id: ID! weight: Int price(currency: String!): Int }
    `,
    freight: `
      type Ware @key(fields: "id") {
        id: ID! weight: Int @external price(currency: String!): Int @external
        freight: Int @requires(fields: "price(currency: \\"USD\\") weight")
        freightInEuro: Int @requires(fields: "price(currency: \\"EUR\\") weight")
      }
    `,
  },
};

/** The same with a list of entities in between: the second remark's writer decides. */
const remarks = [1, 2, 3].map((n) => ({ __typename: 'Remark', id: `r${n}`, writer: `writer ${n}` }));
const first = (_: Item, { limit }: { limit: number }): Item[] => remarks.slice(0, limit);
const post = { __typename: 'Post', id: 'p1', remarks: first };
const chosen = ({ remarks: told }: Item): unknown => {
  const items = told as readonly Item[] | undefined;
  return items?.length === 2 ? items[1]?.['writer'] : null;
};
const requiredListWithArgument: Federation = {
  api: `
    type Query { posts: [Post!]! }
    type Post { id: ID! chosen: String remarks(limit: Int!): [Remark!] }
    type Remark { id: ID! writer: String }
  `,
  roots: { posts: () => [{ ...post, chosen: 'writer 2' }] },
  entities: [{ ...post, chosen }, ...remarks],
  subgraphs: {
    posts: `
      type Query { posts: [Post!]! }
      type Post @key(fields: "id") { id: ID! }
      type Remark @key(fields: "id") { id: ID! writer: String }
    `,
    remarks: `
      type Post @key(fields: "id") {
        id: ID! remarks(limit: Int!): [Remark!]
        chosen: String @requires(fields: "remarks(limit: 2) { writer }")
      }
      type Remark @key(fields: "id") { id: ID! writer: String @external }
    `,
  },
};

knownFailures(
  'a key that no subgraph resolves is given for a field that requires another',
  mixedKeys,
  { 'what needs no such key': '{ toolbox { id tools { id name } } }' },
  {
    'the field that requires another': '{ toolbox { tools { tag } } }',
    'that, and what it requires': '{ toolbox { tools { id name tag } } }',
  },
);

knownFailures(
  'a field that cannot be reached is left out of the plan, and null without a word',
  unresolvable,
  { 'an object whose type is known elsewhere': '{ goods { id } }', 'one of no type': '{ orphan { id } }' },
  { 'a field of an interface object that cannot be resolved': '{ orphan { note } }' },
);

knownFailures(
  'arguments of a required field overrule those of the client, and of another that requires it',
  requiredArguments,
  {
    'one that requires it': '{ wares { freight } }',
    'the other': '{ wares { freightInEuro } }',
    'the client asks for the same': '{ wares { freight price(currency: "USD") } }',
  },
  {
    'two that require it with different arguments': '{ wares { freight freightInEuro } }',
    'the client asks for another': '{ wares { freight price(currency: "EUR") } }',
    'the client asks for another in a variable': {
      query: 'query ($currency: String!) { wares { freight price(currency: $currency) } }',
      variables: { currency: 'EUR' },
    },
  },
);

knownFailures(
  'arguments of a required list overrule those of the client',
  requiredListWithArgument,
  {
    'what is required': '{ posts { chosen } }',
    'the client gives it a name': '{ posts { chosen own: remarks(limit: 2) { id } } }',
  },
  {
    'the client asks for fewer': '{ posts { chosen remarks(limit: 1) { id } } }',
    'the client asks for fewer in a variable': {
      query: 'query ($limit: Int! = 1) { posts { chosen remarks(limit: $limit) { id } } }',
    },
  },
);
