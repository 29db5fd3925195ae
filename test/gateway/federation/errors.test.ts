import { GraphQLError } from 'graphql';
import { describe, expect, test } from 'vitest';
import { type Federation } from './federated-subgraph.js';
import { conforms, expectSame, federate } from './federation.js';

const fails = (message: string) => (): never => {
  throw new GraphQLError(message, { extensions: { code: 'CONFLICT' } });
};
const rows = ['1', '2', '3'].map((id) => ({
  __typename: 'Row',
  id,
  name: `row ${id}`,
  maybe: id === '2' ? fails('maybe') : id,
  must: id === '2' ? fails('must') : id,
  list: id === '2' ? [1, null, 3] : [1],
  strict: id === '2' ? fails('strict') : { __typename: 'Cell', value: id, other: () => rows[0] },
  same: () => rows[1],
  count: Number(id),
}));
const far = rows.map((row) => ({ ...row }));

const federation: Federation = {
  api: `
    type Query { rows: [Row] firm: [Row!] row(id: ID!): Row broken: String mustNot: Row! gone: Row }
    type Row {
      id: ID! name: String maybe: String must: String! list: [Int!] strict: Cell! same: Row count: Int
    }
    type Cell { value: String! other: Row! }
  `,
  entities: far,
  roots: {
    rows: () => rows,
    firm: () => rows,
    row: (_: unknown, { id }: { id: string }) => rows.find((row) => row.id === id),
    broken: fails('broken'),
    mustNot: () => null,
    // Not among the entities: a reference to what is no more.
    gone: () => ({ __typename: 'Row', id: 'gone', name: 'gone', maybe: null, count: null }),
  },
  subgraphs: {
    near: `
      type Query { rows: [Row] firm: [Row!] row(id: ID!): Row broken: String mustNot: Row! gone: Row }
      type Row @key(fields: "id") { id: ID! name: String same: Row }
    `,
    far: `
      type Row @key(fields: "id") { id: ID! maybe: String must: String! list: [Int!] strict: Cell! }
      type Cell { value: String! other: Row! }
    `,
    counts: `type Row @key(fields: "id") { id: ID! count: Int }`,
  },
};

conforms('errors of subgraphs', federation, {
  'of a field that may be null': '{ rows { name maybe } }',
  'of one that may not: its entity is null': '{ rows { name must } }',
  'of one that may not, in a list of what may not': '{ firm { name must } }',
  'within a list': '{ rows { list name } }',
  'of an object that may not be null': '{ rows { strict { value } } }',
  'of a root field': '{ broken row(id: "1") { maybe } }',
  'of a root field that may not be null: nothing is left': '{ mustNot { name } rows { name } }',
  'under aliases': '{ r: rows { m: maybe n: name } }',
  'of an entity at several places': '{ rows { same { maybe } } row(id: "2") { maybe } }',
  'of an entity deep within another':
    '{ row(id: "1") { strict { other { maybe count } } same { same { maybe name } } } }',
  'of an entity that is no more': '{ gone { name maybe count } }',
});

describe('errors of whole fetches', () => {
  test('cost the fields of their subgraph, told once for each field', async () => {
    const federated = await federate({ ...federation, entities: [] });
    // The subgraph knows none of the entities and answers null for each.
    const { data, errors } = await federated.ask({ query: '{ rows { name maybe } }' });
    expect(data).toEqual({ rows: rows.map(({ name }) => ({ name, maybe: null })) });
    expect(errors).toBeUndefined();
  });

  test('an entity that its owner does not know, or not for this caller, is as one that nothing refers to', async () => {
    const federated = await federate({ ...federation, entities: far.slice(0, 1) });
    const { data, errors } = await federated.ask({ query: '{ rows { name must } row(id: "3") { must } }' });
    expect(data).toEqual({ rows: [{ name: 'row 1', must: '1' }, null, null], row: null });
    expect(errors).toBeUndefined();
  });

  test('such an entity where there must be one is told where it stands', async () => {
    const federated = await federate({ ...federation, entities: far.slice(0, 1) });
    const { data, errors } = await federated.ask({ query: '{ firm { name must } }' });
    expect(data).toEqual({ firm: null });
    expect(errors?.map(({ path, extensions }) => [path, extensions['code']])).toEqual([
      [['firm', 1], 'INTERNAL'],
    ]);
  });

  test('an error keeps its code and message at every place of its entity', async () => {
    const federated = await federate(federation);
    const { errors } = await expectSame(federated, { query: '{ rows { same { maybe } } }' });
    expect(errors?.map(({ message, path, extensions }) => [message, path, extensions['code']])).toEqual(
      [0, 1, 2].map((index) => ['maybe', ['rows', index, 'same', 'maybe'], 'CONFLICT']),
    );
  });
});
