import { getIntrospectionQuery } from 'graphql';
import { describe, expect, test } from 'vitest';
import { type Federation } from './federated-subgraph.js';
import { conforms, expectSame, federate, type Question } from './federation.js';

const log: string[] = [];
const cities = ['Bern', 'Oslo'].map((name, index) => ({
  __typename: 'City',
  id: String(index),
  name,
  people: index * 1_000,
  climate: index === 0 ? 'MILD' : 'COLD',
  twin: () => cities[1 - index],
  weather: (_: unknown, { day, unit }: { day: { offset: number; hour?: number }; unit?: string }) =>
    `${name} ${day.offset} ${String(day.hour)} ${String(unit)}`,
  tags: { nested: [{ a: 1 }, null], empty: {} },
  big: 2.5,
}));
type City = { readonly id: string };

const federation: Federation = {
  api: `
    type Query { cities: [City!]! city(id: ID!): City inClimate(climate: Climate! = MILD): [City!] }
    type Mutation { rename(id: ID!, name: String!): City grow(id: ID!, by: Int = 1): City log: [String!]! }
    type City {
      id: ID! name: String people: Int climate: Climate twin: City weather(day: Day!, unit: Unit = C): String
      tags: JSON big: Float
    }
    enum Climate { MILD COLD }
    enum Unit { C F }
    input Day { offset: Int! hour: Int = 12 }
    scalar JSON
  `,
  entities: cities,
  roots: {
    cities: () => cities,
    city: (_: unknown, { id }: City) => cities.find((city) => city.id === id),
    inClimate: (_: unknown, { climate }: { climate: string }) =>
      cities.filter((city) => city.climate === climate),
    rename: (_: unknown, { id, name }: City & { name: string }) => {
      log.push(`rename ${id} ${name}`);
      return cities[Number(id)];
    },
    grow: (_: unknown, { id, by }: City & { by: number }) => {
      log.push(`grow ${id} ${by}`);
      return cities[Number(id)];
    },
    log: () => [...log],
  },
  subgraphs: {
    map: `
      type Query { cities: [City!]! city(id: ID!): City inClimate(climate: Climate! = MILD): [City!] }
      type Mutation { rename(id: ID!, name: String!): City log: [String!]! @shareable }
      type City @key(fields: "id") { id: ID! name: String climate: Climate twin: City }
      "Values that only an answer may have stay."
      enum Climate { MILD COLD }
      enum Unit { C F KELVIN }
      type Unused @inaccessible { unit(unit: Unit): String }
    `,
    census: `
      type Mutation { grow(id: ID!, by: Int = 1): City log: [String!]! @shareable }
      type City @key(fields: "id") { id: ID! people: Int tags: JSON big: Float secret: String @inaccessible }
      scalar JSON
    `,
    weather: `
      type City @key(fields: "id") { id: ID! weather(day: Day!, unit: Unit = C): String }
      enum Unit { C F }
      input Day { offset: Int! hour: Int = 12 }
    `,
  },
};

const twoFlags = `query ($a: Boolean!, $b: Boolean! = true) {
  cities @include(if: $a) { name @skip(if: $b) people @include(if: $b) ...more @skip(if: $a) }
  city(id: "1") { id ... @include(if: $b) { people twin { people @skip(if: $a) name } } }
}
fragment more on City { climate }`;

const flags: Record<string, Question> = Object.fromEntries(
  [
    { a: true, b: true },
    { a: true, b: false },
    { a: false, b: true },
    { a: false, b: false },
    { a: true },
    { a: false },
  ].map((variables) => [
    `@skip and @include with ${JSON.stringify(variables)}`,
    { query: twoFlags, variables },
  ]),
);

conforms('operations', federation, {
  ...flags,
  'conditions that are known beforehand':
    '{ cities { name @skip(if: true) people @include(if: true) id @include(if: false) } }',
  'everything skipped': '{ cities @skip(if: true) { name } }',
  'a field twice, once under a condition': {
    query: 'query ($c: Boolean!) { cities { people } cities @include(if: $c) { name twin { people } } }',
    variables: { c: false },
  },
  aliases: '{ first: city(id: "0") { title: name twin { title: name n: people } } city(id: "1") { name } }',
  'names with a meaning in JavaScript': `{
    __proto__: city(id: "0") { __proto__: people constructor: name toString: twin { __proto__: name hasOwnProperty: people } }
  }`,
  'an entity of which nothing but such a name is asked': '{ cities { __proto__: people } }',
  'enums and input objects':
    '{ cities { weather(day: { offset: 1 }, unit: F) w: weather(day: { offset: 2, hour: 3 }) climate } }',
  'input from variables, defaults and all': {
    query: `query ($day: Day!, $unit: Unit = F, $climate: Climate! = COLD) {
      inClimate(climate: $climate) { weather(day: $day, unit: $unit) other: weather(day: $day) }
    }`,
    variables: { day: { offset: -1 } },
  },
  'a part of an input object from a variable': {
    query: 'query ($hour: Int) { city(id: "0") { weather(day: { offset: 0, hour: $hour }) } }',
    variables: {},
  },
  'null for a variable with a default': {
    query: 'query ($unit: Unit = F) { city(id: "0") { weather(day: { offset: 0 }, unit: $unit) } }',
    variables: { unit: null },
  },
  'a scalar whose values are objects': '{ cities { tags big } }',
  'fragments that overlap': `
    { cities { ...a ...b ... on City { twin { id } } } }
    fragment a on City { name twin { name } }
    fragment b on City { people twin { people ...c } }
    fragment c on City { climate }
  `,
  'the schema beside data':
    '{ __type(name: "Climate") { name enumValues { name } } cities { people } a: __schema { queryType { name } } }',
  'the schema under a condition': {
    query: 'query ($s: Boolean!) { __schema @include(if: $s) { queryType { name } } cities { id } }',
    variables: { s: false },
  },
  'everything skipped of the schema': '{ __schema { queryType @skip(if: true) { name } } cities { id } }',
  'everything skipped of an object and of a fragment, beside others of its kind': {
    query: `query ($s: Boolean!) {
      city(id: "0") { name @skip(if: $s) twin { ...A people @skip(if: $s) } }
      cities { ...A twin { id } }
    }
    fragment A on City { name @skip(if: $s) climate @skip(if: $s) }`,
    variables: { s: true },
  },
  'a type named by a variable': {
    query: 'query ($name: String!) { cities { people } __type(name: $name) { kind } }',
    variables: { name: 'Climate' },
  },
});

describe('beyond what the single schema can say', () => {
  test('mutations run one after the other over the subgraphs, and are completed from others', async () => {
    const federated = await federate(federation);
    log.length = 0;
    const { data, errors } = await federated.ask({
      query: `mutation {
        a: rename(id: "0", name: "x") { people } grow(id: "1") { name } b: rename(id: "1", name: "y") { people } log
      }`,
    });
    expect(errors).toBeUndefined();
    const done = ['rename 0 x', 'grow 1 1', 'rename 1 y'];
    expect(JSON.stringify(data)).toBe(
      JSON.stringify({ a: { people: 0 }, grow: { name: 'Oslo' }, b: { people: 1_000 }, log: done }),
    );
  });

  test('what is inaccessible can not be asked for, and is not in the schema', async () => {
    const federated = await federate(federation);
    const { errors } = await federated.ask({ query: '{ cities { secret } }' });
    expect(errors?.[0]?.message).toContain('secret');
    const { data } = await federated.ask({ query: getIntrospectionQuery() });
    expect(JSON.stringify(data)).not.toMatch(/secret|Unused|KELVIN/);
  });

  test('an entity that stands at several places is asked for once', async () => {
    const federated = await federate(federation);
    await expectSame(federated, { query: '{ cities { people twin { people twin { people } } } }' });
    expect(federated.asked.filter((text) => text.startsWith('census')).length).toBeLessThanOrEqual(3);
  });
});
