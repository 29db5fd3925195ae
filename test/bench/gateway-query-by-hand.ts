import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool } from 'undici';
import { post } from '../../gateway/sources/http-post.js';
import { Silence } from '../../gateway/sources/silence.js';
import { subgraphNames } from './gateway-query-subgraphs.js';

/**
 * The answer to gateway-query's one query, put together by hand with the same HTTP server and client: no GraphQL, no
 * rules, nothing forwarded, nothing logged. What a gateway costs beyond it is the gateway; what is in it no gateway on
 * this server and client can be without.
 */
const urls = JSON.parse(process.argv[3] ?? '{}') as Record<string, string>;
const headers = ['content-type', 'application/json', 'accept', 'application/json'];
const never = new AbortController().signal;
const silence = new Silence(5_000);

type Entity = Record<string, unknown>;

const pools = new Map(
  subgraphNames.map((name) => [name, new Pool(new URL(urls[name] ?? '').origin, { connections: 64 })]),
);

async function ask(name: string, query: string, variables: object): Promise<Record<string, Entity[]>> {
  const pool = pools.get(name);
  if (!pool) throw new Error(name);
  const { text } = await post(
    pool,
    '/graphql',
    headers,
    JSON.stringify({ query, variables }),
    never,
    silence,
  );
  return JSON.parse(text).data;
}

const products =
  'query ($first: Int!, $page: Int!) { products(first: $first, page: $page) { __typename id name description tags price { amount currency } } }';
const entities = (fields: string): string =>
  `query ($representations: [_Any!]!) { _entities(representations: $representations) { ... on Product { ${fields} } } }`;
const stock = entities('inStock warehouse { name town shelves }');
const reviews = entities('rating reviews { id stars text }');

async function answer(body: string): Promise<string> {
  const { variables } = JSON.parse(body) as { variables: object };
  const { products: found = [] } = await ask('products', products, variables);
  const representations = found.map(({ __typename, id }) => ({ __typename, id }));
  const [stocked, reviewed] = await Promise.all([
    ask('stock', stock, { representations }),
    ask('reviews', reviews, { representations }),
  ]);
  const merged = found.map(({ __typename, ...product }, index) => ({
    ...product,
    ...stocked['_entities']?.[index],
    ...reviewed['_entities']?.[index],
  }));
  return `${JSON.stringify({ data: { products: merged } })}\n`;
}

const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => void chunks.push(chunk));
  request.on('end', async () => {
    const text = await answer(Buffer.concat(chunks).toString());
    response.writeHead(200, {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(text),
    });
    response.end(text);
  });
});
server.keepAliveTimeout = 65_000;
server.listen(0, '127.0.0.1', () =>
  process.send?.({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql` }),
);
process.on('message', () => process.send?.({ cpu: process.cpuUsage() }));
process.on('disconnect', () => process.exit());
