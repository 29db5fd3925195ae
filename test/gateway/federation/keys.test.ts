import { conforms } from './federation.js';

conforms(
  'a key of one field',
  {
    api: `
      type Query { products: [Product!]! product(id: ID!): Product top: Product }
      type Product { id: ID! name: String price: Int stock: Int reviews: [Review!]! }
      type Review { id: ID! text: String product: Product }
    `,
    roots: {
      products: () => products,
      product: (_: unknown, { id }: { id: string }) => products.find((product) => product.id === id),
      top: () => products[1],
    },
    get entities() {
      return [...products, ...reviews];
    },
    subgraphs: {
      catalogue: `
        type Query { products: [Product!]! product(id: ID!): Product top: Product }
        type Product @key(fields: "id") { id: ID! name: String }
      `,
      prices: `type Product @key(fields: "id") { id: ID! price: Int }`,
      stock: `type Product @key(fields: "id") { id: ID! stock: Int }`,
      reviews: `
        type Product @key(fields: "id") { id: ID! reviews: [Review!]! }
        type Review @key(fields: "id") { id: ID! text: String product: Product }
      `,
    },
  },
  {
    'one hop': '{ products { name price } }',
    'two hops at once': '{ products { stock name price } }',
    'there and back': '{ products { reviews { text product { name price } } } }',
    'the key itself': '{ products { id } }',
    'only fields of another subgraph': '{ products { price } }',
    'several root fields of one entity':
      '{ a: product(id: "1") { price } b: product(id: "1") { price stock } top { name } }',
    'an entity that is not there': '{ product(id: "none") { name price } }',
    'a variable': { query: 'query ($id: ID!) { product(id: $id) { name stock } }', variables: { id: '2' } },
    'a variable with a default': 'query ($id: ID! = "3") { product(id: $id) { name stock } }',
    'nothing but __typename': '{ __typename products { __typename reviews { t: __typename } } }',
  },
);

const products = [
  { __typename: 'Product', id: '1', name: 'Table', price: 100, stock: 3, reviews: () => reviews.slice(0, 2) },
  { __typename: 'Product', id: '2', name: 'Chair', price: null, stock: 0, reviews: [] },
  { __typename: 'Product', id: '3', name: null, price: 0, stock: null, reviews: () => reviews.slice(2) },
];
const reviews = [
  { __typename: 'Review', id: 'r1', text: 'good', product: () => products[0] },
  { __typename: 'Review', id: 'r2', text: '', product: () => products[0] },
  { __typename: 'Review', id: 'r3', text: 'bad', product: () => null },
];

conforms(
  'compound and nested keys',
  {
    api: `
      type Query { seats: [Seat!]! }
      type Seat { row: Int! number: Int! hall: Hall! taken: Boolean price: Price }
      type Hall { building: String! floor: Int! name: String lights: [Boolean!] }
      type Price { amount: Int! currency: String! }
    `,
    roots: { seats: () => seats },
    get entities() {
      return [...seats, ...halls];
    },
    subgraphs: {
      plan: `
        type Query { seats: [Seat!]! }
        type Seat @key(fields: "row number hall { building floor }") { row: Int! number: Int! hall: Hall! }
        type Hall @key(fields: "building floor") { building: String! floor: Int! name: String }
      `,
      booking: `
        type Seat @key(fields: "row number hall { building floor }") {
          row: Int! number: Int! hall: Hall! taken: Boolean price: Price
        }
        type Hall @key(fields: "building floor") { building: String! floor: Int! }
        type Price { amount: Int! currency: String! }
      `,
      light: `type Hall @key(fields: "building floor") { building: String! floor: Int! lights: [Boolean!] }`,
    },
  },
  {
    'over a nested key': '{ seats { taken } }',
    'with the key selected in part': '{ seats { row hall { floor } taken } }',
    'both entities': '{ seats { price { currency amount } hall { name lights } } }',
  },
);

const halls = [
  { __typename: 'Hall', building: 'A', floor: 0, name: 'Great', lights: [true, false] },
  { __typename: 'Hall', building: 'A', floor: 1, name: null, lights: [] },
];
const seats = [1, 2, 3, 4].map((number) => ({
  __typename: 'Seat',
  row: number % 2,
  number,
  hall: halls[number % 2],
  taken: number > 2,
  price: number === 3 ? null : { amount: number * 10, currency: 'EUR' },
}));

conforms(
  'several keys: the subgraphs have no common one',
  {
    api: `
      type Query { users: [User!]! byMail(mail: String!): User }
      type User { id: ID! mail: String! name: String age: Int points: Int }
    `,
    roots: {
      users: () => users,
      byMail: (_: unknown, { mail }: { mail: string }) => users.find((user) => user.mail === mail),
    },
    get entities() {
      return users;
    },
    subgraphs: {
      accounts: `
        type Query { users: [User!]! }
        type User @key(fields: "id") { id: ID! name: String }
      `,
      directory: `type User @key(fields: "id") @key(fields: "mail") { id: ID! mail: String! age: Int }`,
      loyalty: `
        type Query { byMail(mail: String!): User }
        type User @key(fields: "mail") { mail: String! points: Int }
      `,
    },
  },
  {
    'by way of the one that knows both': '{ users { name points } }',
    'the other way': '{ byMail(mail: "b@x") { name points age } }',
    'all of it': '{ users { id mail name age points } byMail(mail: "a@x") { id } }',
  },
);

const users = ['a', 'b', 'c'].map((id, index) => ({
  __typename: 'User',
  id,
  mail: `${id}@x`,
  name: `name of ${id}`,
  age: 20 + index,
  points: index * 100,
}));

conforms(
  'a reference that its subgraph cannot resolve',
  {
    api: `
      type Query { orders: [Order!]! buyers: [Buyer] }
      type Order { id: ID! buyer: Buyer }
      type Buyer { id: ID! name: String orders: [Order!] }
    `,
    roots: { orders: () => orders, buyers: () => buyers },
    get entities() {
      return [...orders, ...buyers];
    },
    subgraphs: {
      orders: `
        type Query { orders: [Order!]! }
        type Order @key(fields: "id") { id: ID! buyer: Buyer }
        type Buyer @key(fields: "id", resolvable: false) { id: ID! }
      `,
      buyers: `
        type Query { buyers: [Buyer] }
        type Buyer @key(fields: "id") { id: ID! name: String orders: [Order!] }
        type Order @key(fields: "id", resolvable: false) { id: ID! }
      `,
    },
  },
  {
    'to its owner': '{ orders { buyer { name } } }',
    'and back again': '{ orders { id buyer { id orders { id buyer { name } } } } }',
    'from the owner': '{ buyers { name orders { buyer { id } } } }',
  },
);

const buyers: { readonly __typename: string; readonly id: string; readonly [field: string]: unknown }[] = [
  { __typename: 'Buyer', id: 'b1', name: 'Ada', orders: () => orders },
  { __typename: 'Buyer', id: 'b2', name: null, orders: () => null },
];
const orders = [
  { __typename: 'Order', id: 'o1', buyer: () => buyers[0] },
  { __typename: 'Order', id: 'o2', buyer: () => buyers[1] },
  { __typename: 'Order', id: 'o3', buyer: () => null },
];

conforms(
  'keys whose values are null, and names that objects inherit',
  {
    api: `
      type Query { things: [Thing] }
      type Thing { constructor: ID toString: Int value: String }
    `,
    roots: { things: () => things },
    get entities() {
      return things.slice(0, 2);
    },
    subgraphs: {
      a: `
        type Query { things: [Thing] }
        type Thing @key(fields: "constructor") { constructor: ID toString: Int }
      `,
      b: `type Thing @key(fields: "constructor") { constructor: ID value: String }`,
    },
  },
  {
    'all of it': '{ things { constructor toString value } }',
    'aliases of such names': '{ hasOwnProperty: things { valueOf: value __proto__: constructor } }',
  },
);

const things = [
  { __typename: 'Thing', constructor: 'c1' as never, toString: 1 as never, value: 'one' },
  { __typename: 'Thing', constructor: null as never, toString: null as never, value: 'none' },
  null as never,
];
