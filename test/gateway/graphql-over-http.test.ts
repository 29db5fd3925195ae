import { serverAudits } from 'graphql-http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { httpPaths, startTinyGateway, type TinyGateway } from './tiny-gateway.js';

/** Each is a MAY; the same GET with `apollo-require-preflight` is answered (http.test.ts). */
const explained: Record<string, string> = {
  '5A70':
    'a GET that any page could cause without a preflight is refused: protection against cross-site requests',
  D6D5: 'the same, with variables',
  '6A70': 'the same, with variables',
};

/** The audit of the `graphql-http` package against https://graphql.github.io/graphql-over-http/draft/. */
describe.each(httpPaths)('GraphQL over HTTP, POST $path', ({ alwaysApolloServer }) => {
  let tiny: TinyGateway;
  beforeAll(async () => {
    tiny = await startTinyGateway({ config: { introspection: 'everyone' }, alwaysApolloServer });
  });
  afterAll(() => tiny[Symbol.asyncDispose]());

  const audits = serverAudits({ url: () => tiny.gateway.url });

  test.each(audits.map((audit) => [`${audit.id} ${audit.name}`, audit] as const))('%s', async (_, audit) => {
    const result = await audit.fn();
    expect(result).toMatchObject({ status: explained[audit.id] ? 'notice' : 'ok' });
  });

  test('every explained notice is of an audit that there is', () => {
    expect(audits.map(({ id }) => id)).toEqual(expect.arrayContaining(Object.keys(explained)));
  });
});
