import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hashOf } from '../../gateway/operations/persisted-queries.js';
import { httpPaths, startTinyGateway, type TinyGateway, tokenFor } from './tiny-gateway.js';

const gateways: TinyGateway[] = [];
let token: string;
beforeAll(async () => {
  for (const { alwaysApolloServer } of httpPaths)
    gateways.push(await startTinyGateway({ alwaysApolloServer }));
  token = await tokenFor();
});
afterAll(() => Promise.all(gateways.map((tiny) => tiny[Symbol.asyncDispose]())));

interface Sent {
  readonly status: number;
  readonly headers: Record<string, string>;
  readonly text: string;
}

/** What differs between two requests by nature is taken out. */
async function send(tiny: TinyGateway, body: string, headers: Record<string, string>): Promise<Sent> {
  const response = await fetch(tiny.gateway.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body,
  });
  const { date: _, 'x-request-id': id = '', ...others } = Object.fromEntries(response.headers);
  expect(id).not.toBe('');
  const timing = others['server-timing'];
  if (timing) others['server-timing'] = timing.replace(/dur=[\d.]+/g, 'dur=<n>');
  return { status: response.status, headers: others, text: (await response.text()).replaceAll(id, '<id>') };
}

async function expectSame(body: object | string, headers: Record<string, string> = {}): Promise<Sent> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const [short, long] = await Promise.all(gateways.map((tiny) => send(tiny, text, headers)));
  expect(short).toEqual(long);
  return short!;
}

const cluster = 'query One($id: ID!) { project(id: $id) { name cluster { name } clusterSecret } }';
const bodies: Record<string, object> = {
  'data of two subgraphs, and a masked error': { query: cluster, variables: { id: 'p1' } },
  'null where there is nothing, and a refusal': { query: cluster, variables: { id: 'absent' } },
  'a masked error': { query: '{ leak }' },
  'an operation of several': {
    query: 'query A { whoAmI } query B { __typename }',
    operationName: 'B',
  },
  'an operation that is not there': { query: 'query A { whoAmI } query B { leak }', operationName: 'C' },
  'an empty operationName': { query: '{ whoAmI }', operationName: '' },
  'a mutation without a user': { query: 'mutation { rename(id: 1, name: "x") { id } }' },
  'a syntax error': { query: '{ whoAmI ' },
  'several validation errors': { query: '{ who project { nam } }' },
  'several validation errors and no such operation': { query: '{ who project { nam } }', operationName: 'C' },
  'variables that do not fit': { query: cluster, variables: { id: null } },
  'variables that are null': { query: '{ whoAmI }', variables: null, extensions: null, operationName: null },
  'introspection without a user': { query: '{ __schema { queryType { name } } }' },
  'more tokens than allowed': { query: `{ ${'whoAmI '.repeat(5_000)} }` },
  'too deep': { query: `{ project(id: 1) ${'{ self '.repeat(13)} { id } ${'} '.repeat(13)} }` },
  'a subscription': { query: 'subscription { ticks { count } }' },
  'a hash that is not known': { extensions: { persistedQuery: { version: 1, sha256Hash: hashOf('{ a }') } } },
  'a hash that is another text’s': {
    query: '{ whoAmI }',
    extensions: { persistedQuery: { version: 1, sha256Hash: hashOf('{ a }') } },
  },
  'a hash that is none': { extensions: { persistedQuery: { version: 1, sha256Hash: 7 } } },
  'another version of the protocol': { extensions: { persistedQuery: { version: 2 } } },
  'a documentId that is not known': { documentId: `sha256:${hashOf('{ a }')}` },
  'a documentId that is none': { documentId: 7 },
  'no query': { variables: {} },
  'an empty query': { query: '' },
  'a query that is no text': { query: 7 },
  'variables that are no object': { query: '{ whoAmI }', variables: [] },
  'variables that are text': { query: '{ whoAmI }', variables: '{}' },
  'an operationName that is no text': { query: '{ whoAmI }', operationName: {} },
  'extensions that are no object': { query: '{ whoAmI }', extensions: 'x' },
  'an empty object': {},
  'a batch': [{ query: '{ whoAmI }' }],
};

const accepts = [undefined, 'application/json', 'application/graphql-response+json'];

describe('a POST gets the same answer, byte for byte, whether it passes Apollo Server or not', () => {
  test.each(Object.entries(bodies))('%s', async (_, body) => {
    for (const accept of accepts) {
      for (const authorization of [undefined, `Bearer ${token}`, 'Bearer bad']) {
        await expectSame(body, {
          ...(accept ? { accept } : {}),
          ...(authorization ? { authorization } : {}),
        });
      }
    }
  });

  test('a text that is registered by its hash, and found by it', async () => {
    const query = 'query ByHash { whoAmI }';
    const extensions = { persistedQuery: { version: 1, sha256Hash: hashOf(query) } };
    for (const body of [{ extensions }, { query, extensions }, { extensions }]) await expectSame(body);
    expect((await expectSame({ extensions })).text).toBe('{"data":{"whoAmI":null}}\n');
  });
});

describe('the type of the answer is what the client prefers, and the status follows it', () => {
  const json = 'application/json; charset=utf-8';
  const graphql = 'application/graphql-response+json; charset=utf-8';
  test.each<[string, string, number]>([
    ['*/*', json, 200],
    ['application/*', json, 200],
    ['application/json', json, 200],
    ['application/graphql-response+json', graphql, 400],
    ['application/graphql-response+json, application/json;q=0.9', graphql, 400],
    ['application/json;q=0.9, application/graphql-response+json', graphql, 400],
    ['application/json, application/graphql-response+json', json, 200],
    ['application/graphql-response+json, application/json', graphql, 400],
    ['application/graphql-response+json;q=0.5, */*;q=0.1', graphql, 400],
    ['application/graphql-response+json; charset=utf-8, application/json; charset=utf-8', graphql, 400],
    ['APPLICATION/JSON', json, 200],
    ['text/html, */*;q=0.8', json, 200],
    ['application/json;q=0, */*', graphql, 400],
    ['text/html', json, 406],
    ['application/json; charset=utf-16', json, 406],
    ['application/json;q=0', json, 406],
  ])('accept: %s', async (accept, type, status) => {
    const refused = await expectSame({ query: '{ nothing }' }, { accept });
    expect([refused.status, refused.headers['content-type']]).toEqual([status, type]);
    const answered = await expectSame({ query: '{ whoAmI }' }, { accept });
    expect([answered.status, answered.headers['content-type']]).toEqual([status === 406 ? 406 : 200, type]);
  });

  test('what is refused as not acceptable has not run', async () => {
    const body = { query: 'mutation { rename(id: "refused", name: "x") { id } }' };
    await expectSame(body, { accept: 'text/html', authorization: `Bearer ${token}` });
    for (const { subgraphs } of gateways) expect(subgraphs.calls).not.toContain('rename refused');
  });
});
