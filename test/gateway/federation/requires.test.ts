import { expect, test } from 'vitest';
import { type Federation, type Item } from './federated-subgraph.js';
import { conforms, expectSame, federate } from './federation.js';
import { shop } from './shop.js';

const parcels = [1, 2, 3].map((id) => ({
  __typename: 'Parcel',
  id: String(id),
  weight: id * 10,
  size: { width: id, height: id === 3 ? null : 2 },
  insured: id === 2,
  shipping: ({ weight, size }: Item) => Number(weight) + Number((size as Item)['width']),
  total: ({ shipping, insured }: Item) => Number(shipping) * (insured ? 2 : 1),
  label: ({ total, size }: Item) => `${String(total)}/${String((size as Item)['height'])}`,
}));

/** The single schema computes what requires something from the whole object. */
const whole = parcels.map((parcel) => {
  const shipping = parcel.shipping(parcel);
  const total = parcel.total({ ...parcel, shipping });
  return { ...parcel, shipping, total, label: parcel.label({ ...parcel, total }) };
});

const parcelsFederation: Federation = {
  api: `
    type Query { parcels: [Parcel!]! }
    type Parcel {
      id: ID! weight: Int size: Size insured: Boolean shipping: Int total: Int label: String
    }
    type Size { width: Int height: Int }
  `,
  roots: { parcels: () => whole },
  entities: parcels.map(({ shipping, total, label, ...parcel }) => ({
    ...parcel,
    // What a subgraph was not told it can't compute.
    shipping: (self: Item) => shipping(told(self, 'weight', 'size')),
    total: (self: Item) => total(told(self, 'shipping')),
    label: (self: Item) => label(told(self, 'total', 'size')),
  })),
  subgraphs: {
    catalogue: `
      type Query { parcels: [Parcel!]! }
      type Parcel @key(fields: "id") { id: ID! weight: Int size: Size @shareable }
      type Size @shareable { width: Int height: Int }
    `,
    shipping: `
      type Parcel @key(fields: "id") {
        id: ID! weight: Int @external size: Size @external
        shipping: Int @requires(fields: "weight size { width }")
      }
      type Size { width: Int @external }
    `,
    billing: `
      type Parcel @key(fields: "id") {
        id: ID! shipping: Int @external insured: Boolean total: Int @requires(fields: "shipping")
      }
    `,
    printing: `
      type Parcel @key(fields: "id") {
        id: ID! total: Int @external size: Size @external label: String @requires(fields: "total size { height }")
      }
      type Size { height: Int @external }
    `,
  },
};

function told(self: Item, ...fields: string[]): Item {
  for (const field of fields) if (self[field] === undefined) throw new Error(`${field} was not told`);
  return self;
}

conforms('@requires', parcelsFederation, {
  'one step': '{ parcels { shipping } }',
  'what is required is selected too': '{ parcels { weight shipping size { height } } }',
  'a chain of two': '{ parcels { total } }',
  'a chain of three': '{ parcels { label } }',
  'all of it': '{ parcels { label total shipping weight insured size { width height } } }',
});

const shelf = [
  { __typename: 'Book', id: 'b1', title: 'Emma', pages: 400, author: { name: 'Jane', born: 1775 } },
  { __typename: 'Book', id: 'b2', title: null, pages: null, author: null },
];
const shelfFederation: Federation = {
  api: `
    type Query { books: [Book!]! best: Book newest: Book }
    type Book { id: ID! title: String pages: Int author: Author }
    type Author { name: String born: Int }
  `,
  roots: { books: () => shelf, best: () => shelf[0], newest: () => shelf[1] },
  entities: shelf,
  subgraphs: {
    books: `
      type Query { books: [Book!]! }
      type Book @key(fields: "id") {
        id: ID! title: String @shareable pages: Int author: Author @shareable
      }
      type Author @shareable { name: String born: Int }
    `,
    lists: `
      type Query { best: Book @provides(fields: "title") newest: Book @provides(fields: "author { name }") }
      type Book @key(fields: "id") { id: ID! title: String @external author: Author @external }
      type Author { name: String @external }
    `,
  },
};

conforms('@provides', shelfFederation, {
  'what is provided': '{ best { title } newest { author { name } } }',
  'more than that': '{ best { title pages } newest { author { name born } } }',
});

test('what is provided is not asked of its owner', async () => {
  const federated = await federate(shelfFederation);
  await expectSame(federated, { query: '{ best { title } }' });
  expect(federated.asked.map((text) => text.split(':')[0])).toEqual(['lists']);
});

const cars = [1, 2].map((id) => ({
  __typename: 'Car',
  id: String(id),
  name: `car ${id}`,
  owner: { name: `owner ${id}`, town: 'Bern' },
  seats: id + 3,
  colour: id === 1 ? 'RED' : null,
}));
conforms(
  '@shareable, @override and shared roots',
  {
    api: `
      type Query { cars: [Car!]! version: String }
      type Car { id: ID! name: String owner: Owner seats: Int colour: Colour }
      type Owner { name: String town: String }
      enum Colour { RED BLUE }
    `,
    roots: { cars: () => cars, version: 'one' },
    entities: cars,
    subgraphs: {
      a: `
        type Query { cars: [Car!]! @shareable version: String @shareable }
        type Car @key(fields: "id") { id: ID! name: String @shareable owner: Owner @shareable seats: Int }
        type Owner @shareable { name: String }
      `,
      b: `
        type Query { cars: [Car!]! @shareable version: String @shareable }
        type Car @key(fields: "id") {
          id: ID! name: String @shareable owner: Owner @shareable
          seats: Int @override(from: "a") colour: Colour
        }
        type Owner @shareable { name: String town: String }
        enum Colour { RED BLUE }
      `,
    },
  },
  {
    'a root that both have': '{ version cars { name } }',
    'the field that was taken over': '{ cars { seats } }',
    'a value type of which one knows more': '{ cars { owner { name town } colour } }',
  },
);

const conditional =
  'query ($cheap: Boolean!) { products { id ... on Book { price shipping @skip(if: $cheap) } } }';
conforms('a requirement under a condition', shop, {
  'that holds': { query: conditional, variables: { cheap: false } },
  'that does not hold, beside others that are fetched where it would be': {
    query: conditional,
    variables: { cheap: true },
  },
  'beside others that are selected of any type':
    '{ products { id price shipping @skip(if: true) ... on Book { pages } } }',
});
