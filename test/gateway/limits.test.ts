import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Stopwatch } from '../kit/stopwatch.js';
import { askOverSocket, startTinyGateway, type TinyGateway, tokenFor } from './tiny-gateway.js';

let tiny: TinyGateway;
beforeAll(async () => {
  tiny = await startTinyGateway();
  // The first of a kind pays for loading and warming up.
  await tiny.post('{ whoAmI project(id: "p") { name } }');
});
afterAll(() => tiny[Symbol.asyncDispose]());

const nested = (field: string, depth: number): string =>
  depth === 1 ? 'id' : `${field} { ${nested(field, depth - 1)} }`;
const repeat = (count: number, text: (n: number) => string): string =>
  Array.from({ length: count }, (_, n) => text(n)).join(' ');
const query = (selections: string): string => `{ ${selections} }`;
const project = (selections: string): string => `{ project(id: "p") { ${selections} } }`;

const tooMuch: Record<string, string> = {
  'depth 13': project(nested('self', 12)),
  'depth 13 in fragments': `${project('...A')} fragment A on Project { self { ...B } } fragment B on Project { ${nested('self', 11)} }`,
  '31 aliases': project(repeat(31, (n) => `a${n}: name`)),
  '5,000 aliases': project(repeat(5_000, (n) => `a${n}: name`)),
  '21 root fields': query(repeat(21, () => 'whoAmI')),
  '5,001 tokens': project(repeat(4_993, () => 'id')),
  '900 equal fields in one place': project(repeat(900, () => 'id')),
  '20,000 equal fields': project(repeat(20_000, () => 'id')),
  '1,000 directives': project(`id ${repeat(1_000, () => '@include(if: true)')}`),
  'a cycle of fragments': `${project('...A')} fragment A on Project { self { ...B } } fragment B on Project { ...A }`,
  'a fragment that spreads itself': `${project('...A')} fragment A on Project { self { ...A } }`,
  'fragments that fan out': `${project('...F0')} ${repeat(20, (n) => `fragment F${n} on Project { a: self { ...F${n + 1} } b: self { ...F${n + 1} } }`)} fragment F20 on Project { id }`,
  'fragments that fan out side by side': `${project('...F0')} ${repeat(12, (n) => `fragment F${n} on Project { id ...F${n + 1} ...F${n + 1} }`)} fragment F12 on Project { id }`,
};

describe('a document over a limit is refused before it is planned', () => {
  test.each(Object.entries(tooMuch))('%s: over HTTP and over the socket alike', async (_, text) => {
    const token = await tokenFor();
    const http = await tiny.post(text, { token });
    const overSocket = text.length < 60_000 ? await askOverSocket(tiny.socket(token), text) : undefined;
    const expected = { extensions: { code: expect.stringMatching(/TOO_LARGE|BAD_USER_INPUT/) } };
    expect(http.status).toBe(200);
    expect(http.data).toBeUndefined();
    expect(http.errors?.[0]).toMatchObject(expected);
    if (overSocket) {
      expect(overSocket.errors?.[0]).toMatchObject(expected);
      expect(overSocket.errors?.[0]?.message).toBe(http.errors?.[0]?.message);
    }
    expect(tiny.subgraphs.calls).toEqual([]);
    // The fastest of some, each a new document, less the time that other programs took (IN-2).
    const took = [];
    for (let n = 0; n < 8; n++) {
      const watch = new Stopwatch();
      await tiny.post(`${text} #${n}`, { token });
      took.push(watch.seconds * 1_000);
    }
    expect(Math.min(...took)).toBeLessThan(50);
  });

  test('a document at the limits is answered', async () => {
    for (const text of [
      project(nested('self', 11)),
      project(repeat(30, (n) => `a${n}: name`)),
      query(repeat(20, () => 'whoAmI')),
      project(repeat(100, () => 'id')),
    ]) {
      expect((await tiny.post(text)).errors).toBeUndefined();
    }
  });
});

const mistakes: Record<string, { text: string; variables?: Record<string, unknown> }> = {
  'a syntax error': { text: '{ whoAmI ' },
  'an unknown field': { text: '{ projekt(id: "p") { name } }' },
  'a field that is nearly there': { text: '{ projectz }' },
  'an unknown argument': { text: '{ project(ids: "p") { name } }' },
  'a wrong enum value': { text: '{ mood(value: CALMM) }' },
  'null for what is required': { text: 'query ($v: Mood!) { mood(value: $v) }', variables: { v: null } },
  'a variable of the wrong type': {
    text: 'query ($v: Mood!) { mood(value: $v) }',
    variables: { v: 'CALMM' },
  },
  'an integer that overflows': {
    text: 'query ($n: Int) { projects(first: $n) { id } }',
    variables: { n: 2 ** 31 },
  },
  'a number beyond all integers': { text: '{ projects(first: 1e308) { id } }' },
  'an object 2,000 levels deep': {
    text: 'query ($d: JSON) { mood(value: CALM, detail: $d) }',
    variables: { d: JSON.parse(`${'['.repeat(2_000)}${']'.repeat(2_000)}`) },
  },
  'an operation that is not there': { text: 'query A { whoAmI } query B { whoAmI }' },
  'a subscription without a certain root': { text: 'subscription { ticks @include(if: true) { count } }' },
  'a field of federation': { text: '{ _service { sdl } }' },
  'entities of federation': { text: '{ _entities(representations: []) { __typename } }' },
};

describe('a mistake is BAD_USER_INPUT, the same on both transports, and names nothing of the schema', () => {
  test.each(Object.entries(mistakes))('%s', async (_, { text, variables = {} }) => {
    const http = await tiny.post(text, { variables });
    const overSocket = await askOverSocket(tiny.socket(), text, variables);
    expect(http.status).toBe(200);
    expect(http.errors?.[0]?.extensions).toMatchObject({ code: 'BAD_USER_INPUT' });
    expect(overSocket.errors?.map(({ message }) => message)).toEqual(
      http.errors?.map(({ message }) => message),
    );
    expect(http.text).not.toContain('Did you mean');
    expect(http.text).not.toMatch(/_Any|_Service|type Query/);
  });

  test('who may see the schema gets suggestions', async () => {
    const { errors } = await tiny.post('{ projectz }', { token: await tokenFor() });
    expect(errors?.[0]?.message).toContain('Did you mean "project" or "projects"?');
  });
});

describe('introspection', () => {
  const schemaQuery = '{ __schema { queryType { name } } }';
  const typeQuery = '{ x: __type(name: "Project") { fields { name } } }';

  test('is for signed-in users unless configured otherwise, on both transports', async () => {
    const token = await tokenFor();
    for (const text of [schemaQuery, typeQuery]) {
      const refused = await tiny.post(text);
      expect([refused.status, refused.errors?.[0]?.extensions?.['code']]).toEqual([401, 'UNAUTHENTICATED']);
      expect(refused.text).not.toMatch(/queryType|Project/);
      const overSocket = await askOverSocket(tiny.socket(), text);
      expect(overSocket.errors?.[0]?.extensions).toMatchObject({ code: 'UNAUTHENTICATED' });
      expect((await tiny.post(text, { token })).errors).toBeUndefined();
      expect((await askOverSocket(tiny.socket(token), text)).errors).toBeUndefined();
    }
    expect((await tiny.post('{ __typename }')).data).toEqual({ __typename: 'Query' });
  });

  test('answers the query that GraphiQL and code generators send', async () => {
    const { getIntrospectionQuery, buildClientSchema } = await import('graphql');
    const text = getIntrospectionQuery({ inputValueDeprecation: true, descriptions: true, oneOf: true });
    const { data, errors } = await tiny.post(text, { token: await tokenFor() });
    expect(errors).toBeUndefined();
    expect(buildClientSchema(data as never).getType('Project')).toBeDefined();
  });

  test('can be closed to everyone, and opened to everyone', async () => {
    await using closed = await startTinyGateway({ config: { introspection: 'nobody' } });
    const token = await tokenFor();
    expect((await closed.post(schemaQuery, { token })).errors?.[0]?.extensions).toMatchObject({
      code: 'FORBIDDEN',
    });
    expect((await closed.post('{ projectz }', { token })).text).not.toContain('Did you mean');
    await using open = await startTinyGateway({ config: { introspection: 'everyone' } });
    expect((await open.post(schemaQuery)).data).toEqual({ __schema: { queryType: { name: 'Query' } } });
  });
});
