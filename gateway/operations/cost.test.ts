import { buildSchema, getOperationAST, Kind, parse } from 'graphql';
import { expect, test } from 'vitest';
import { compileCost } from './cost.js';
import { CostWeights } from './cost-weights.js';

const schema = buildSchema(`
  directive @cost(weight: Int!) on FIELD_DEFINITION | OBJECT | SCALAR
  directive @listSize(assumedSize: Int, slicingArguments: [String!], sizedFields: [String!]) on FIELD_DEFINITION
  type Query {
    project: Project
    projects(first: Int, last: Int): ProjectConnection!
    tags: [String!]!
    flat(first: Int = 7): [Project!]!
    report: Report
    batch(size: Int): [Project!] @listSize(slicingArguments: ["size"], assumedSize: 3)
    pages(limit: Int): Pages @listSize(slicingArguments: ["limit"], sizedFields: ["items"])
    search: Thing
  }
  type Mutation { rename: Project }
  type Subscription { changes: Project }
  type ProjectConnection { nodes: [Project!]! edges: [Edge!]! totalCount: Int }
  type Edge { node: Project }
  type Pages { items: [Project!]! others: [Project!]! }
  type Project { name: String parent: Project projects(first: Int): ProjectConnection! members: [Member!]! digest: String @cost(weight: 5) }
  type Member { name: String }
  type Report @cost(weight: 20) { text: String }
  interface Named { name: String }
  union Thing = Project | Member
`);

function costOf(text: string, variables: Record<string, unknown> = {}): number {
  const document = parse(text);
  const definition = getOperationAST(document);
  const fragments = Object.fromEntries(
    document.definitions.flatMap((node) =>
      node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node]] : [],
    ),
  );
  return compileCost(definition!, fragments, schema, new CostWeights(schema))(variables);
}

test.each<[string, string, number]>([
  ['nothing but a name is the least there is', '{ __typename }', 1],
  ['an object costs 1 and its scalars nothing', '{ project { name } }', 1],
  ['nested objects add up', '{ project { parent { parent { name } } } }', 3],
  ['an alias is a field of its own', '{ a: project { name } b: project { name } }', 2],
  ['a mutation costs 10 more', 'mutation { rename { name } }', 11],
  ['a subscription costs what its event does', 'subscription { changes { parent { name } } }', 2],
  [
    'a connection costs 1, and each node what is in it',
    '{ projects(first: 3) { nodes { parent { name } } } }',
    7,
  ],
  ['edges and their nodes are two', '{ projects(first: 3) { edges { node { name } } } }', 7],
  ['what is beside the items is not multiplied', '{ projects(first: 3) { totalCount } }', 1],
  ['last counts as first does', '{ projects(last: 4) { nodes { name } } }', 5],
  ['of both the larger counts', '{ projects(first: 2, last: 4) { nodes { name } } }', 5],
  [
    'pages multiply',
    '{ projects(first: 10) { nodes { projects(first: 20) { nodes { name } } } } }',
    1 + 10 * (1 + 1 + 20),
  ],
  ['a page without a size is the default of the API', '{ projects { nodes { name } } }', 51],
  ['null is no size', '{ projects(first: null) { nodes { name } } }', 51],
  ['a list without a size is taken to have 10 items', '{ project { members { name } } }', 11],
  ['a list of scalars costs nothing', '{ tags }', 1],
  ['the default of an argument counts', '{ flat { name } }', 7],
  ['an argument counts for a list as for a connection', '{ flat(first: 2) { parent { name } } }', 4],
  ['an enormous page costs as much', '{ projects(first: 1000000000) { nodes { name } } }', 1_000_000_001],
  ['@cost weighs a type', '{ report { text } }', 20],
  ['@cost weighs a field', '{ projects(first: 2) { nodes { digest } } }', 1 + 2 * 6],
  ['@listSize names the slicing argument', '{ batch(size: 4) { name } }', 4],
  ['@listSize says what a list has without one', '{ batch { name } }', 3],
  ['@listSize names the fields that are sized', '{ pages(limit: 2) { items { name } others { name } } }', 13],
  [
    'fragments count where they are spread',
    '{ project { ...F } } fragment F on Project { parent { name } }',
    2,
  ],
  [
    'a fragment in a connection is sized by it',
    '{ projects(first: 2) { ...F } } fragment F on ProjectConnection { nodes { name } }',
    3,
  ],
  [
    'every type of a union counts',
    '{ search { ... on Project { parent { name } } ... on Member { name } } }',
    2,
  ],
  ['what is skipped counts', '{ project @skip(if: true) { name } }', 1],
])('%s', (_, text, cost) => {
  expect(costOf(text)).toBe(cost);
});

test('variables are read when they are there, with their defaults and those of the schema', () => {
  const text =
    'query ($n: Int = 4, $m: Int) { projects(first: $n) { nodes { flat: projects(first: $m) { nodes { name } } } } }';
  expect(costOf(text, { n: 2, m: 3 })).toBe(1 + 2 * (1 + 1 + 3));
  expect(costOf(text, { m: 3 })).toBe(1 + 4 * (1 + 1 + 3));
  expect(costOf(text, { n: 2, m: null })).toBe(1 + 2 * (1 + 1 + 50));
  expect(costOf('query ($n: Int) { flat(first: $n) { name } }')).toBe(7);
  expect(costOf('query ($n: Int) { flat(first: $n) { name } }', { n: -1 })).toBe(7);
});
