import { expect, test } from 'vitest';
import type { Federation, Item } from './federated-subgraph.js';
import { conforms, expectSame, federate } from './federation.js';

const windowOf = (room: string): Item => ({ __typename: 'Window', id: `window of ${room}` });
const rooms: Item[] = ['kitchen', 'attic', 'porch'].map((id) => ({
  __typename: 'Room',
  id,
  name: id.toUpperCase(),
  size: id.length,
  window: windowOf(id),
}));
const paint = (id: unknown, colour: unknown, coats: unknown): string => `${id} ${colour} ${coats ?? 1}`;
const sign = (id: unknown, owner: unknown, tags: unknown): string =>
  `${id} of ${owner}: ${JSON.stringify(tags)}`;

/** What a subgraph is told in an argument. */
const toldWindows: Item[] = rooms.map(({ id }) => ({
  ...windowOf(String(id)),
  frame: (self: Item, { shade }: Record<string, unknown>) => `${self['id']} ${shade}`,
}));
const toldRooms: Item[] = rooms.map((room, index) => ({
  ...room,
  window: toldWindows[index],
  paint: ({ id }: Item, { colour, coats }: Record<string, unknown>) => paint(id, colour, coats),
  sign: ({ id }: Item, { owner, tags }: Record<string, unknown>) => sign(id, owner, tags),
}));
interface Place {
  readonly colour: string | null;
  readonly owner: { readonly name: string } | null;
  readonly tags: readonly string[];
}

/** The single schema knows where a room is. */
function roomIn({ colour, owner, tags }: Place, index: number): Item {
  const room = rooms[index] as Item;
  return {
    ...room,
    paint: (_: Item, { coats }: Record<string, unknown>) => paint(room['id'], colour, coats),
    sign: sign(room['id'], owner?.name, tags),
    window: { ...windowOf(String(room['id'])), frame: `window of ${room['id']} ${colour}` },
  };
}

const houses = [
  { id: 'h1', colour: 'red', owner: { name: 'Ada' }, tags: ['old'], rooms: [0, 1], guest: 2 },
  { id: 'h2', colour: 'blue', owner: { name: 'Bob' }, tags: [], rooms: [1, 2], guest: 0 },
  { id: 'h3', colour: null, owner: null, tags: ['new', 'empty'], rooms: [], guest: 1 },
].map((house) => ({ ...house, __typename: 'House' }));
const tents = [
  { __typename: 'Tent', id: 't1', shade: 'green', owner: { name: 'Cid' }, tags: ['wet'], rooms: [1] },
];

const placed = {
  houses: houses.map((house) => ({
    ...house,
    rooms: house.rooms.map((index) => roomIn(house, index)),
    guest: roomIn(house, house.guest),
  })),
  tents: tents.map((tent) => ({
    ...tent,
    rooms: tent.rooms.map((index) => roomIn({ ...tent, colour: tent.shade }, index)),
  })),
};

const places: Federation = {
  api: `
    type Query { houses: [House!]! tents: [Tent!]! dwellings: [Dwelling!]! }
    union Dwelling = House | Tent
    type House {
      id: ID! colour: String owner: Owner tags: [String!]! rooms: [Room!]! guest: Room
    }
    type Owner { name: String }
    type Tent { id: ID! shade: String owner: Owner tags: [String!]! rooms: [Room!]! }
    type Room { id: ID! name: String size: Int window: Window paint(coats: Int): String sign: String }
    type Window { id: ID! frame: String }
  `,
  roots: {
    houses: () => placed.houses,
    tents: () => placed.tents,
    dwellings: () => [...placed.houses, ...placed.tents],
  },
  entities: [
    ...houses.map((house) => ({
      ...house,
      rooms: house.rooms.map((index) => toldRooms[index]),
      guest: toldRooms[house.guest],
    })),
    ...tents.map((tent) => ({ ...tent, rooms: tent.rooms.map((index) => toldRooms[index]) })),
    ...toldRooms,
    ...toldWindows,
  ],
  subgraphs: {
    places: `
      type Query { houses: [House!]! tents: [Tent!]! dwellings: [Dwelling!]! }
      union Dwelling = House | Tent
      type House @key(fields: "id") @context(name: "place") @context(name: "house") {
        id: ID! colour: String owner: Owner tags: [String!]! rooms: [Room!]!
      }
      type Owner { name: String }
      type Tent @key(fields: "id") @context(name: "place") @context(name: "house") {
        id: ID! shade: String owner: Owner tags: [String!]! rooms: [Room!]!
      }
      type Room @key(fields: "id") {
        id: ID! name: String window: Window
        paint(
          colour: String @fromContext(field: "$place ... on House { colour } ... on Tent { shade }") coats: Int
        ): String
        sign(
          owner: String @fromContext(field: "$house { owner { name } }")
          tags: [String] @fromContext(field: "$house { tags }")
        ): String
      }
      type Window @key(fields: "id") {
        id: ID! frame(shade: String @fromContext(field: "$place ... on House { colour } ... on Tent { shade }")): String
      }
    `,
    guests: `
      type House @key(fields: "id") { id: ID! guest: Room }
      type Room @key(fields: "id") { id: ID! size: Int }
    `,
  },
};

conforms('@fromContext', places, {
  'a value of the object above': '{ tents { rooms { paint } } }',
  'another value for each': '{ houses { rooms { id paint } } }',
  'of an object further above': '{ houses { rooms { window { frame } } } }',
  'a value within an object, and a list': '{ houses { rooms { sign } } tents { rooms { sign } } }',
  'several contexts at once': '{ houses { rooms { sign name paint } } }',
  'the object in between is of another subgraph': '{ houses { guest { paint size } } }',
  'one entity in two contexts, and below it':
    '{ houses { rooms { id window { frame } } guest { id window { frame } } } }',
  'in either type of a union':
    '{ dwellings { ... on House { rooms { paint window { frame } } } ... on Tent { rooms { paint sign } } } }',
  'in a fragment, under a condition': {
    query: `
      query ($tents: Boolean!) { houses { ...Rooms } tents @include(if: $tents) { rooms { paint } } }
      fragment Rooms on House { rooms { paint @skip(if: $tents) window { frame } } }
    `,
    variables: { tents: true },
  },
  'beside arguments of the client': {
    query:
      'query ($coats: Int!) { houses { rooms { one: paint many: paint(coats: $coats) five: paint(coats: 5) } } }',
    variables: { coats: 3 },
  },
  'the client has a variable of the name that the plan has': {
    query:
      'query ($contextualArgument_1_0: Int) { houses { rooms { paint(coats: $contextualArgument_1_0) sign } } }',
    variables: { contextualArgument_1_0: 2 },
  },
});

test('entities in one context are fetched together, and those in another beside them', async () => {
  const federated = await federate(places);
  await expectSame(federated, { query: '{ houses { rooms { paint } } }' });
  const fetched = federated.asked.filter((text) => text.includes('_entities'));
  // The third house has no rooms.
  expect(fetched).toHaveLength(2);
  expect(new Set(fetched).size).toBe(1);
});

test('known to fail: the client has the name of what the context takes for something else', async () => {
  const federated = await federate(places);
  const question = { query: '{ houses { colour: id rooms { paint } } }' };
  const [actual, expected] = [await federated.ask(question), await federated.askMonolith(question)];
  // The planner lets the one take the place of the other. When it comes out right it is a case like the others.
  expect(JSON.stringify(actual.data)).not.toBe(JSON.stringify(expected.data));
});
