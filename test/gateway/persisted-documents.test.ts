import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { PersistedQueryLink } from '@apollo/client/link/persisted-queries';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hashOf } from '../../gateway/operations/persisted-queries.js';
import { httpPaths, startTinyGateway, type TinyGateway, tokenFor } from './tiny-gateway.js';
import { transports } from './transports.js';

const persisted = (text: string) => ({ persistedQuery: { version: 1, sha256Hash: hashOf(text) } });

describe.each(transports)('automatic persisted queries, $name', ({ ask, alwaysApolloServer }) => {
  let tiny: TinyGateway;
  beforeAll(async () => {
    tiny = await startTinyGateway({ alwaysApolloServer });
  });
  afterAll(() => tiny[Symbol.asyncDispose]());

  test('a hash is asked for until its text was sent once', async () => {
    const query = 'query Persisted { whoAmI }';
    const unknown = await ask(tiny, { extensions: persisted(query) });
    expect(unknown.errors).toMatchObject([
      { message: 'PersistedQueryNotFound', extensions: { code: 'PERSISTED_QUERY_NOT_FOUND' } },
    ]);
    expect([undefined, 200]).toContain(unknown.status);
    expect(await ask(tiny, { query, extensions: persisted(query) })).toMatchObject({
      data: { whoAmI: null },
    });
    const token = await tokenFor();
    expect(await ask(tiny, { extensions: persisted(query), token })).toMatchObject({
      data: { whoAmI: 'user_ada' },
    });
    expect(await ask(tiny, { documentId: `sha256:${hashOf(query)}` })).toMatchObject({
      data: { whoAmI: null },
    });
  });

  test('a hash that is not that of its text is refused, and neither is kept', async () => {
    const query = 'query Poisoned { whoAmI }';
    const other = 'query Victim { whoAmI }';
    const refused = await ask(tiny, { query, extensions: persisted(other) });
    expect(refused.errors).toMatchObject([
      {
        message: expect.stringContaining('hash is not that of the query'),
        extensions: { code: 'BAD_USER_INPUT' },
      },
    ]);
    for (const text of [query, other]) {
      expect((await ask(tiny, { extensions: persisted(text) })).errors).toMatchObject([
        { message: 'PersistedQueryNotFound' },
      ]);
    }
  });

  test('a text that is no GraphQL is not kept', async () => {
    const query = 'query {';
    expect((await ask(tiny, { query, extensions: persisted(query) })).errors).toMatchObject([
      { extensions: { code: 'BAD_USER_INPUT' } },
    ]);
    expect((await ask(tiny, { extensions: persisted(query) })).errors).toMatchObject([
      { message: 'PersistedQueryNotFound' },
    ]);
  });

  test.each([
    [{ persistedQuery: { version: 2, sha256Hash: hashOf('x') } }, 'only version 1'],
    [{ persistedQuery: { version: 1, sha256Hash: '../../etc/passwd' } }, 'is not the SHA-256'],
    [{ persistedQuery: 'x' }, 'only version 1'],
  ])('%j is refused', async (extensions, message) => {
    expect((await ask(tiny, { extensions })).errors).toMatchObject([
      { message: expect.stringContaining(message), extensions: { code: 'BAD_USER_INPUT' } },
    ]);
  });
});

describe.each(httpPaths)("Apollo Client's persisted queries, $path", ({ alwaysApolloServer }) => {
  test.each([false, true])('sends the text once only; by GET: %s', async (useGETForHashedQueries) => {
    await using tiny = await startTinyGateway({ alwaysApolloServer });
    const sent: { method: string; withText: boolean }[] = [];
    const link = new PersistedQueryLink({ sha256: hashOf, useGETForHashedQueries }).concat(
      new HttpLink({
        uri: tiny.gateway.url,
        fetch: (input, init = {}) => {
          const { method = 'GET' } = init;
          const text = method === 'GET' ? new URL(String(input)).search : String(init.body);
          sent.push({ method, withText: text.includes('whoAmI') });
          return fetch(input, init);
        },
      }),
    );
    for (let n = 0; n < 2; n++) {
      const client = new ApolloClient({ link, cache: new InMemoryCache() });
      const { data } = await client.query({ query: gql('query FromApolloClient { whoAmI }') });
      expect(data).toEqual({ whoAmI: null });
    }
    const method = useGETForHashedQueries ? 'GET' : 'POST';
    expect(sent).toEqual([
      { method, withText: false },
      { method: 'POST', withText: true },
      { method, withText: false },
    ]);
  });
});

const registered = 'query Registered { whoAmI }';
const apolloManifest = {
  format: 'apollo-persisted-query-manifest',
  version: 1,
  operations: [{ id: 'from-the-build', name: 'A', type: 'query', body: 'query A { __typename }' }],
};

describe.each(transports)('trusted documents, $name', ({ ask, alwaysApolloServer }) => {
  let tiny: TinyGateway;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'meridian-trusted-'));
    await writeFile(join(folder, 'registered.graphql'), `${registered}\n`);
    await writeFile(join(folder, 'manifest.json'), JSON.stringify(apolloManifest));
    tiny = await startTinyGateway({
      alwaysApolloServer,
      config: { trustedDocuments: { folder, mode: 'enforce' }, introspection: 'everyone' },
    });
  });
  afterAll(async () => {
    await tiny[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  test('a registered document runs by its text, its hash, and what the build calls it', async () => {
    for (const request of [
      { query: registered },
      { extensions: persisted(registered) },
      { query: registered, extensions: persisted(registered) },
      { documentId: `sha256:${hashOf(registered)}` },
    ]) {
      expect(await ask(tiny, request)).toMatchObject({ data: { whoAmI: null } });
    }
    expect(await ask(tiny, { documentId: 'from-the-build' })).toMatchObject({
      data: { __typename: 'Query' },
    });
  });

  test.each<[string, object]>([
    ['another text', { query: '{ whoAmI }' }],
    ['another text that is wrong', { query: '{ nothing' }],
    ['the same text with a space', { query: `${registered} ` }],
    ['another text with its hash', { query: '{ whoAmI }', extensions: persisted('{ whoAmI }') }],
    ['the hash of another text', { extensions: persisted('{ whoAmI }') }],
    ['an unknown documentId', { documentId: `sha256:${hashOf('{ whoAmI }')}` }],
    ['an unknown name', { documentId: 'constructor' }],
    ['introspection', { query: '{ __schema { queryType { name } } }' }],
  ])('%s is refused', async (_, request) => {
    const { data, errors } = await ask(tiny, request);
    expect(data ?? undefined).toBeUndefined();
    expect(errors).toMatchObject([
      { message: expect.stringContaining('Only registered operations'), extensions: { code: 'FORBIDDEN' } },
    ]);
    expect(tiny.subgraphs.calls).toEqual([]);
  });

  test('one that is registered while the gateway runs is taken, and one that is withdrawn no longer runs', async () => {
    const query = 'query Later { whoAmI }';
    const path = join(folder, 'later.graphql');
    expect((await ask(tiny, { query })).errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    await writeFile(path, query);
    await tiny.gateway.reload();
    expect(await ask(tiny, { extensions: persisted(query) })).toMatchObject({ data: { whoAmI: null } });
    await rm(path);
    await tiny.gateway.reload();
    for (const request of [{ query }, { extensions: persisted(query) }]) {
      expect((await ask(tiny, request)).errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
    }
    expect(await ask(tiny, { query: registered })).toMatchObject({ data: { whoAmI: null } });
  });

  test('nothing is registered by asking', async () => {
    const query = 'query Smuggled { whoAmI }';
    await ask(tiny, { query, extensions: persisted(query) });
    expect((await ask(tiny, { extensions: persisted(query) })).errors).toMatchObject([
      { extensions: { code: 'FORBIDDEN' } },
    ]);
  });
});

test('documents that are not trusted can be told of in the log instead', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'meridian-trusted-'));
  await writeFile(join(folder, 'registered.graphql'), registered);
  await using tiny = await startTinyGateway({ config: { trustedDocuments: { folder, mode: 'warn' } } });
  expect((await tiny.post(registered)).data).toEqual({ whoAmI: null });
  expect(tiny.log.join('')).not.toContain('not trusted');
  expect((await tiny.post('{ whoAmI }')).data).toEqual({ whoAmI: null });
  expect(
    tiny.log.filter((line) => line.includes('not trusted')).map((line) => JSON.parse(line)),
  ).toMatchObject([{ level: 'warn', hash: hashOf('{ whoAmI }') }]);
  await rm(folder, { recursive: true });
});
