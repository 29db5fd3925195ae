import { type Federation, type Item } from './federated-subgraph.js';

/** Four subgraphs with a bit of everything, for operations that nobody thought of. */

const users: Item[] = [0, 1, 2].map((index) => ({
  __typename: 'User',
  id: `u${index}`,
  name: index === 2 ? null : `user ${index}`,
  address: index === 1 ? null : { city: `city ${index}`, zip: [index, null] },
  friends: () => users.filter((_, other) => other !== index),
  written: () => reviews.filter((_, other) => other % 3 === index),
  vip: index === 0,
}));

/** Of a field whose requirement was not fetched. */
export const untold = 'the weight was not told';

const products: Item[] = [0, 1, 2, 3].map((index) => ({
  __typename: index % 2 === 0 ? 'Book' : 'Lamp',
  id: `p${index}`,
  title: index === 3 ? null : `product ${index}`,
  ...(index % 2 === 0 ? { pages: index * 100, author: () => users[index / 2] } : { watts: index * 10 }),
  price: index === 1 ? null : index * 7,
  weight: index + 1,
  shipping({ weight, price }: Item) {
    // What it requires: only a wrong plan asks for it without.
    if (weight === undefined) throw new Error(untold);
    return price === null ? null : Number(weight) * Number(price);
  },
  reviews: (_: Item, { first }: { first: number }) =>
    reviews.filter((__, other) => other % 4 === index).slice(0, first),
  related: () => [products[(index + 1) % 4], null, products[(index + 2) % 4]],
}));

const reviews: Item[] = [0, 1, 2, 3, 4, 5].map((index) => ({
  __typename: 'Review',
  id: `r${index}`,
  stars: index % 5,
  text: (_: Item, { upper }: { upper: boolean }) => {
    if (index === 4) return null;
    return upper ? `TEXT ${index}` : `text ${index}`;
  },
  product: () => products[index % 4],
  writer: () => users[index % 3],
  subject: () => (index % 2 === 0 ? products[index % 4] : users[index % 3]),
  mood: index % 2 === 0 ? 'GLAD' : 'SAD',
}));

const productFields = `
  id: ID! title: String price: Int weight: Int shipping: Int reviews(first: Int = 2): [Review!]! related: [Product]
`;

const reviewFields = `
  id: ID! stars: Int! text(upper: Boolean = false): String product: Product! writer: User mood: Mood!
`;
const opinions = `
  type Query { review(id: ID!): Review }
  type User @key(fields: "id") { id: ID! written: [Review!]! vip: Boolean }
  type Review @key(fields: "id") { ${reviewFields} }
  enum Mood { GLAD SAD }
`;
const reviewed = 'id: ID! reviews(first: Int = 2): [Review!]!';
const priced = 'id: ID! price: Int weight: Int @external shipping: Int @requires(fields: "weight")';

const byTypes = {
  opinions: `
    ${opinions}
    interface Product { ${reviewed} }
    type Book implements Product @key(fields: "id") { ${reviewed} }
    type Lamp implements Product @key(fields: "id") { ${reviewed} }
  `,
  prices: `
    interface Product { id: ID! price: Int shipping: Int }
    type Book implements Product @key(fields: "id") { ${priced} }
    type Lamp implements Product @key(fields: "id") { ${priced} }
  `,
};
const byInterfaceObjects = {
  opinions: `${opinions} type Product @key(fields: "id") @interfaceObject { ${reviewed} }`,
  prices: `type Product @key(fields: "id") @interfaceObject { ${priced} }`,
};

export const shop: Federation = {
  api: `
    type Query { products: [Product!]! product(id: ID!): Product users: [User!] review(id: ID!): Review anything: [Thing] }
    interface Product { ${productFields} }
    type Book implements Product { ${productFields} pages: Int author: User }
    type Lamp implements Product { ${productFields} watts: Int }
    type User { id: ID! name: String address: Address friends: [User!] written: [Review!]! vip: Boolean }
    type Address { city: String! zip: [Int] }
    type Review {
      id: ID! stars: Int! text(upper: Boolean = false): String product: Product! writer: User subject: Thing mood: Mood!
    }
    union Thing = Book | Lamp | User | Review
    enum Mood { GLAD SAD }
  `,
  get entities() {
    return [...users, ...products, ...reviews];
  },
  roots: {
    products: () => products,
    product: (_: unknown, { id }: { id: string }) => products.find((product) => product['id'] === id),
    users: () => users,
    review: (_: unknown, { id }: { id: string }) => reviews.find((review) => review['id'] === id),
    anything: () => [users[1], products[0], null, reviews[3], products[3]],
  },
  subgraphs: {
    catalogue: `
      type Query { products: [Product!]! product(id: ID!): Product anything: [Thing] }
      interface Product @key(fields: "id") { id: ID! title: String weight: Int related: [Product] }
      type Book implements Product @key(fields: "id") {
        id: ID! title: String weight: Int related: [Product] pages: Int author: User
      }
      type Lamp implements Product @key(fields: "id") { id: ID! title: String weight: Int related: [Product] watts: Int }
      type User @key(fields: "id", resolvable: false) { id: ID! }
      type Review @key(fields: "id") { id: ID! subject: Thing }
      union Thing = Book | Lamp | User | Review
    `,
    people: `
      type Query { users: [User!] }
      type User @key(fields: "id") { id: ID! name: String address: Address friends: [User!] }
      type Address { city: String! zip: [Int] }
    `,
    ...byTypes,
  },
};

/** The same for clients; two subgraphs know of products in general only. */
export const shopOfInterfaceObjects: Federation = {
  ...shop,
  entities: shop.entities,
  subgraphs: { ...shop.subgraphs, ...byInterfaceObjects },
};
