import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectSoon, receive, startTinyGateway, type TinyGateway, tokenFor } from './tiny-gateway.js';
import { type Asked, transports } from './transports.js';

const repeat = (count: number, text: string): string => Array.from({ length: count }, () => text).join(' ');
const aliased = (count: number): string => Array.from({ length: count }, (_, n) => `a${n}: id`).join(' ');

interface Refused {
  readonly asked: Asked;
  readonly code: string;
  readonly message: RegExp;
}

/** What is refused the same way wherever it comes from. */
const rules: Record<string, Refused> = {
  depth: {
    asked: { query: `{ project(id: 1) ${repeat(12, '{ self')} { id } ${repeat(12, '}')} }` },
    code: 'TOO_LARGE',
    message: /more than 12 levels/,
  },
  aliases: {
    asked: { query: `{ project(id: 1) { ${aliased(31)} } }` },
    code: 'TOO_LARGE',
    message: /more than 30 aliases/,
  },
  'root fields': {
    asked: { query: `{ ${repeat(21, 'whoAmI')} }` },
    code: 'TOO_LARGE',
    message: /more than 20 root fields/,
  },
  tokens: {
    asked: { query: `{ ${repeat(5_000, 'a')} }` },
    code: 'TOO_LARGE',
    message: /more than 5000 tokens/,
  },
  fields: {
    asked: { query: `{ project(id: 1) { ${repeat(1_000, 'id')} } }` },
    code: 'TOO_LARGE',
    message: /more than 1000 fields/,
  },
  directives: {
    asked: { query: `{ whoAmI ${repeat(101, '@skip(if:false)')} }` },
    code: 'TOO_LARGE',
    message: /more than 100 directives/,
  },
  'fragments that fan out': {
    asked: {
      query: `{ project(id: 1) { ...F0 } } ${Array.from({ length: 12 }, (_, n) => `fragment F${n} on Project { id ...F${n + 1} ...F${n + 1} }`).join(' ')} fragment F12 on Project { id }`,
    },
    code: 'TOO_LARGE',
    message: /more than 1000 fields/,
  },
  'a cycle of fragments': {
    asked: { query: '{ project(id: 1) { ...A } } fragment A on Project { self { ...A } }' },
    code: 'BAD_USER_INPUT',
    message: /spreads itself/,
  },
  cost: {
    asked: { query: '{ projects(first: 1000000000) { id } }' },
    code: 'TOO_LARGE',
    message: /may cost 1000000000/,
  },
  'cost by a variable': {
    asked: { query: 'query ($n: Int) { projects(first: $n) { id } }', variables: { n: 1_000_000 } },
    code: 'TOO_LARGE',
    message: /may cost 1000000/,
  },
  introspection: {
    asked: { query: '{ __schema { queryType { name } } }' },
    code: 'UNAUTHENTICATED',
    message: /the schema is shown to signed-in users only/,
  },
  suggestions: {
    asked: { query: '{ projectz }' },
    code: 'BAD_USER_INPUT',
    message: /^Cannot query field "projectz" on type "Query"\.$/,
  },
  'fields of federation': {
    asked: { query: '{ _service { sdl } }' },
    code: 'BAD_USER_INPUT',
    message: /Cannot query field "_service"/,
  },
  'entities of federation': {
    asked: { query: '{ _entities(representations: []) { __typename } }' },
    code: 'BAD_USER_INPUT',
    message: /Cannot query field "_entities"/,
  },
  syntax: { asked: { query: '{ whoAmI' }, code: 'BAD_USER_INPUT', message: /^Syntax Error/ },
  'an operation that is not there': {
    asked: { query: 'query A { whoAmI }', operationName: 'B' },
    code: 'BAD_USER_INPUT',
    message: /no operation named "B"/,
  },
  'a wrong enum value': {
    asked: { query: 'query ($m: Mood!) { mood(value: $m) }', variables: { m: 'CALMM' } },
    code: 'BAD_USER_INPUT',
    message: /does not exist in "Mood" enum\.$/,
  },
  'null for what is required': {
    asked: { query: 'query ($m: Mood!) { mood(value: $m) }', variables: { m: null } },
    code: 'BAD_USER_INPUT',
    message: /must not be null/,
  },
  'an integer that overflows': {
    asked: { query: 'query ($n: Int) { projects(first: $n) { id } }', variables: { n: 2 ** 31 } },
    code: 'BAD_USER_INPUT',
    message: /cannot represent non 32-bit signed integer/,
  },
  'variables that are nested too deep': {
    asked: {
      query: 'query ($d: JSON) { mood(value: CALM, detail: $d) }',
      variables: { d: JSON.parse(`${'['.repeat(100)}${']'.repeat(100)}`) },
    },
    code: 'BAD_USER_INPUT',
    message: /nested more than 32 levels/,
  },
};

/** The only event of a stream that is being opened. */
async function answered<T>({ subgraphs: { streams } }: TinyGateway, asking: Promise<T>): Promise<T> {
  const before = streams.length;
  await expectSoon(() => streams.length).toBe(before + 1);
  const stream = streams.at(-1);
  stream?.push({ count: 1 });
  stream?.end();
  return asking;
}

describe.each(transports)('$name', ({ ask, alwaysApolloServer, name }) => {
  const isSocket = name === 'WebSocket';
  const isGet = /GET/.test(name);
  const streams = /Events|multipart|WebSocket/.test(name);
  let tiny: TinyGateway;
  beforeAll(async () => {
    const allowedOrigins = ['https://console.example.com'];
    tiny = await startTinyGateway({ alwaysApolloServer, config: { allowedOrigins } });
  });
  afterAll(() => tiny[Symbol.asyncDispose]());

  test.each(Object.entries(rules))(
    'refuses by the rule of %s, before anything is asked of a subgraph',
    async (_, rule) => {
      const { data, errors } = await ask(tiny, rule.asked);
      expect(data ?? undefined).toBeUndefined();
      expect(errors?.[0]).toMatchObject({
        message: expect.stringMatching(rule.message),
        extensions: { code: rule.code, requestId: expect.any(String) },
      });
      expect(JSON.stringify(errors)).not.toContain('Did you mean');
      expect(tiny.subgraphs.calls).toEqual([]);
    },
  );

  test('masks what subgraphs throw', async () => {
    const { data, errors } = await ask(tiny, { query: '{ leak whoAmI }' });
    expect(data).toEqual({ leak: null, whoAmI: null });
    expect(errors).toMatchObject([{ path: ['leak'], extensions: { code: 'INTERNAL' } }]);
    expect(JSON.stringify(errors)).not.toMatch(/SELECT|10\.0\.0\.7|ER_SQL/);
  });

  test('knows its user, and refuses a token that is bad or expired', async () => {
    expect((await ask(tiny, { query: '{ whoAmI }', token: await tokenFor() })).data).toEqual({
      whoAmI: 'user_ada',
    });
    for (const token of ['bad', await tokenFor({ expiresInSeconds: -1 })]) {
      const told = await ask(tiny, { query: '{ whoAmI }', token });
      expect(told).toMatchObject(
        isSocket ? { closed: 4403 } : { status: 401, errors: [{ extensions: { code: 'UNAUTHENTICATED' } }] },
      );
      expect(told.data).toBeUndefined();
    }
  });

  test.each(['https://evil.example.com', 'null', 'https://a.console.example.com', 'http://127.0.0.1:1'])(
    'refuses pages of %s',
    async (origin) => {
      const told = await ask(tiny, { query: '{ whoAmI }', origin });
      expect(told).toMatchObject({
        status: 403,
        ...(isSocket ? {} : { errors: [{ extensions: { code: 'FORBIDDEN' } }] }),
      });
      expect(told.headers?.['access-control-allow-origin']).toBeUndefined();
      expect(told.data).toBeUndefined();
    },
  );

  test('answers pages that are allowed, its own, and programs', async () => {
    for (const origin of ['https://console.example.com', new URL(tiny.gateway.url).origin, undefined]) {
      expect((await ask(tiny, { query: '{ whoAmI }', origin })).data).toEqual({ whoAmI: null });
    }
  });

  test('runs a mutation, unless it comes by GET', async () => {
    tiny.subgraphs.calls.length = 0;
    const told = await ask(tiny, {
      query: 'query Read { whoAmI } mutation Write { rename(id: "p1", name: "x") { id } }',
      operationName: 'Write',
      token: await tokenFor(),
    });
    if (!isGet) expect(tiny.subgraphs.calls).toEqual(['rename p1']);
    else {
      expect(told).toMatchObject({ status: 405, headers: { allow: expect.stringMatching(/POST/) } });
      expect(tiny.subgraphs.calls).toEqual([]);
    }
    tiny.subgraphs.calls.length = 0;
  });

  test.skipIf(isSocket)('refuses what any page can have a browser send without asking', async () => {
    const told = await ask(tiny, { query: '{ whoAmI }', unasked: true });
    expect(told).toMatchObject({ status: 400, errors: [{ extensions: { code: 'BAD_USER_INPUT' } }] });
    expect(told.data).toBeUndefined();
    // A token is not sent without asking, a form's content type is.
    const signedIn = await ask(tiny, { query: '{ whoAmI }', unasked: true, token: await tokenFor() });
    expect(signedIn.data).toEqual(isGet ? { whoAmI: 'user_ada' } : undefined);
  });

  test('refuses a request that is too large', async () => {
    const query = `{ whoAmI } #${' '.repeat(3_000_000)}`;
    const told = await ask(tiny, { query }).catch(() => ({ status: 431 }));
    expect(told).toMatchObject(isSocket ? { closed: 1009 } : { status: isGet ? 431 : 413 });
  });

  test('says what an operation costs when it is asked to', async () => {
    const query = '{ projects(first: 20) { self { id } } }';
    expect((await ask(tiny, { query, extensions: { cost: true } })).extensions).toEqual({
      cost: {
        operation: 40,
        limit: 500_000,
        budget: { available: expect.any(Number), capacity: 1_000_000_000, restoredPerSecond: 16_666_667 },
      },
    });
    expect((await ask(tiny, { query })).extensions).toBeUndefined();
  });

  if (streams) {
    test('says what a subscription costs with its first event', async () => {
      const query = 'subscription { ticks { count project { id } } }';
      const costly = ask(tiny, { query, extensions: { cost: true } });
      expect(await answered(tiny, costly)).toMatchObject({
        data: { ticks: { count: 1, project: null } },
        extensions: { cost: { operation: 2, limit: 500_000, budget: { capacity: 1_000_000_000 } } },
      });
      expect((await answered(tiny, ask(tiny, { query }))).extensions).toBeUndefined();
    });
  }

  test('bounds what a caller asks in a minute, and says when to come back', async () => {
    const config = { cost: { limit: 1_000, perMinute: 1_000 } };
    await using limited = await startTinyGateway({ alwaysApolloServer, config });
    const query = '{ projects(first: 900) { id } }';
    expect((await ask(limited, { query })).errors).toBeUndefined();
    // What a header says counts only when a proxy of ours has sent it.
    const refused = await ask(limited, { query, forwardedFor: '203.0.113.9' });
    const retryAfterSeconds = refused.errors?.[0]?.extensions?.['retryAfterSeconds'] as number;
    expect(refused.errors).toMatchObject([{ extensions: { code: 'RATE_LIMITED' } }]);
    expect(retryAfterSeconds).toBeGreaterThan(0);
    expect(retryAfterSeconds).toBeLessThan(60);
    if (refused.status === 429) expect(refused.headers?.['retry-after']).toBe(String(retryAfterSeconds));
    // Another caller is not held up.
    expect((await ask(limited, { query, token: await tokenFor() })).errors).toBeUndefined();
  });

  test('tells callers without a user apart by the address that a trusted proxy names', async () => {
    const config = { cost: { limit: 1_000, perMinute: 1_000 } };
    const query = '{ projects(first: 900) { id } }';
    const told = async (behind: TinyGateway, forwardedFor: string): Promise<unknown> =>
      (await ask(behind, { query, forwardedFor })).errors?.[0]?.extensions?.['code'] ?? 'served';

    const trustedProxies = ['127.0.0.0/8', '10.0.0.0/8'];
    await using proxied = await startTinyGateway({
      alwaysApolloServer,
      config: { ...config, trustedProxies },
    });
    expect(await told(proxied, '203.0.113.1')).toBe('served');
    expect(await told(proxied, '203.0.113.1')).toBe('RATE_LIMITED');
    // What the client wrote before the proxy did.
    expect(await told(proxied, '203.0.113.7, 203.0.113.1')).toBe('RATE_LIMITED');
    expect(await told(proxied, '203.0.113.7, 203.0.113.1, 10.1.1.1')).toBe('RATE_LIMITED');
    expect(await told(proxied, '203.0.113.2')).toBe('served');
  });

  test('bounds the subscriptions that a caller has open, by whichever transports', async () => {
    await using limited = await startTinyGateway({ alwaysApolloServer });
    const [token, other] = await Promise.all([tokenFor(), tokenFor({ userId: 'user_grace' })]);
    const query = 'subscription { ticks { count } }';
    const leaving = new AbortController();
    const client = limited.socket(token);
    for (let n = 0; n < 50; n++) receive(client, query);
    await Promise.all(
      ['text/event-stream', 'multipart/mixed;subscriptionSpec=1.0'].flatMap((accept) =>
        Array.from({ length: 25 }, () =>
          fetch(limited.gateway.url, {
            method: 'POST',
            headers: { 'content-type': 'application/json', accept, authorization: `Bearer ${token}` },
            body: JSON.stringify({ query }),
            signal: leaving.signal,
          }),
        ),
      ),
    );
    await expectSoon(() => limited.gateway.subscriptions.subscriptions).toBe(100);
    const refused = await ask(limited, { query, token });
    expect(refused.data ?? undefined).toBeUndefined();
    // Where there are no subscriptions it makes no difference.
    expect(refused.errors).toMatchObject([
      { extensions: { code: streams ? 'RATE_LIMITED' : 'BAD_USER_INPUT' } },
    ]);
    if (streams) {
      const asking = ask(limited, { query, token: other });
      expect((await answered(limited, asking)).data).toEqual({ ticks: { count: 1 } });
    }
    leaving.abort();
  });
});
