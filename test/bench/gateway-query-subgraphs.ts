import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { composeServices } from '@apollo/composition';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { type GraphQLSchema, graphql, parse } from 'graphql';

/** The supergraph that gateway-query asks: 20 products of one subgraph, each with a hop to two others. */
const link =
  'extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@shareable"])\n';
const typeDefs: Readonly<Record<string, string>> = {
  products: `${link}
    type Query { products(first: Int = 20, page: Int = 0): [Product!]! }
    type Product @key(fields: "id") { id: ID! name: String! description: String tags: [String!]! price: Price! }
    type Price { amount: Int! currency: String! }
  `,
  stock: `${link}
    type Product @key(fields: "id") { id: ID! inStock: Boolean! warehouse: Warehouse! }
    type Warehouse { name: String! town: String! shelves: [Int!]! }
  `,
  reviews: `${link}
    type Product @key(fields: "id") { id: ID! rating: Float reviews: [Review!]! }
    type Review { id: ID! stars: Int! text: String! }
  `,
};

export const subgraphNames = Object.keys(typeDefs);

export const query = `query Products($first: Int!, $page: Int!) {
  products(first: $first, page: $page) {
    id name description tags price { amount currency }
    inStock warehouse { name town shelves }
    rating reviews { id stars text }
  }
}`;

export function composeSupergraph(urls: ReadonlyMap<string, string>): string {
  const { supergraphSdl, errors } = composeServices(
    subgraphNames.map((name) => ({
      name,
      url: urls.get(name) ?? '',
      typeDefs: parse(typeDefs[name] ?? ''),
    })),
  );
  if (!supergraphSdl) throw new Error(errors?.join('\n'));
  return supergraphSdl;
}

const reference = ({ id }: { id: string }): object => product(Number(id));
const product = (id: number): object => ({
  id: String(id),
  name: `Product ${id}`,
  description: `What there is to say of product ${id}, in a line or two.`,
  tags: ['one', 'two', 'three'],
  price: { amount: id * 100, currency: 'EUR' },
  inStock: id % 3 > 0,
  warehouse: { name: `Warehouse ${id % 4}`, town: 'Rotterdam', shelves: [id, id + 1] },
  rating: id / 4,
  reviews: [1, 2].map((nth) => ({
    id: `${id}-${nth}`,
    stars: nth + 2,
    text: `Review ${nth} of product ${id}`,
  })),
});
const resolvers = {
  Query: {
    products: (_: unknown, { first, page }: { first: number; page: number }) =>
      Array.from({ length: first }, (__, index) => product(page * first + index + 1)),
  },
  Product: { __resolveReference: reference },
};

/** Each answer is computed once: what is measured is the gateway. Tells its URL to the process that started it. */
function serve(name: string): void {
  const schema = buildSubgraphSchema([
    {
      typeDefs: parse(typeDefs[name] ?? ''),
      resolvers: (name === 'products' ? resolvers : { Product: resolvers.Product }) as never,
    },
  ]) as GraphQLSchema;
  const answers = new Map<string, Promise<string>>();
  const answer = async (body: string): Promise<string> => {
    const { query: source, variables, operationName } = JSON.parse(body);
    return JSON.stringify(
      await graphql({ schema, source, variableValues: variables, operationName: operationName ?? null }),
    );
  };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => void chunks.push(chunk));
    request.on('end', async () => {
      const body = Buffer.concat(chunks).toString();
      let known = answers.get(body);
      if (!known) {
        known = answer(body);
        answers.set(body, known);
      }
      const text = await known;
      response.writeHead(200, {
        'content-type': 'application/json',
        'content-length': Buffer.byteLength(text),
      });
      response.end(text);
    });
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1', () =>
    process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql` }),
  );
}

const [, , served] = process.argv;
if (process.send && served && subgraphNames.includes(served)) {
  process.on('disconnect', () => process.exit());
  serve(served);
}
