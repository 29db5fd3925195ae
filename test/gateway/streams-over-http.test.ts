import { createHash } from 'node:crypto';
import { ApolloClient, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { createClient } from 'graphql-sse';
import { describe, expect, test } from 'vitest';
import { ForbiddenError } from '../../subgraphs/shared/errors.js';
import { movableClock } from './movable-clock.js';
import {
  expectSoon,
  type Received,
  receive,
  startTinyGateway,
  type TinyGateway,
  tokenFor,
} from './tiny-gateway.js';
import { deployment, type OpenStream } from './tiny-subgraphs.js';

const rollout = `subscription ($id: ID!, $after: String) {
  rollout(deploymentId: $id, after: $after) {
    ... on RolloutProgressed { percent deployment { number project { name cluster { name } } } }
    ... on RolloutCompleted { phase deployment { id } }
  }
}`;
const progressed = (percent: number) => ({ cursor: `c${percent}`, percent, deployment: deployment('d1') });

interface StreamOptions {
  readonly token?: string;
  readonly variables?: Record<string, unknown>;
}
type OpenOver = (tiny: TinyGateway, query: string, options?: StreamOptions) => Received;

const bearer = (token: string | undefined): Record<string, string> =>
  token === undefined ? {} : { authorization: `Bearer ${token}` };

/** The real client of graphql-sse, in distinct connections mode. An error comes as the last result. */
const overSse: OpenOver = (tiny, query, options) => overSseClient(tiny, query, options);

/** The same, with its requests sent by GET, as clients built on EventSource do. */
const overSseByGet: OpenOver = (tiny, query, options) =>
  overSseClient(tiny, query, options, (url, { body, headers, signal }) => {
    const { 'content-type': _, ...others } = headers as Record<string, string>;
    return fetch(inUrl(String(url), JSON.parse(String(body))), {
      headers: { ...others, 'apollo-require-preflight': 'yes' },
      signal: signal as AbortSignal,
    });
  });

function inUrl(url: string, request: Record<string, unknown>): URL {
  const asked = new URL(url);
  for (const [name, value] of Object.entries(request)) {
    asked.searchParams.set(name, typeof value === 'string' ? value : JSON.stringify(value));
  }
  return asked;
}

function overSseClient(
  tiny: TinyGateway,
  query: string,
  { token, variables = {} }: StreamOptions = {},
  fetchFn?: (url: string, init: RequestInit) => Promise<Response>,
): Received {
  const received: Received = { results: [], ended: 'open', leave: () => undefined };
  const client = createClient({
    url: tiny.gateway.url,
    headers: bearer(token),
    retryAttempts: 0,
    ...(fetchFn ? { fetchFn } : {}),
  });
  received.leave = client.subscribe(
    { query, variables },
    {
      next: (result) => void received.results.push(result as Received['results'][number]),
      error: (error) => {
        received.ended = { error };
      },
      complete: () => {
        const { data, errors } = received.results.at(-1) ?? {};
        if (errors && data === undefined) {
          received.results.pop();
          received.ended = { error: errors };
        } else received.ended = 'complete';
      },
    },
  );
  return received;
}

/** The real HttpLink of Apollo Client. */
const overMultipart: OpenOver = (tiny, query, { token, variables = {} } = {}) => {
  const received: Received = { results: [], ended: 'open', leave: () => undefined };
  const client = new ApolloClient({
    cache: new InMemoryCache(),
    link: new HttpLink({ uri: tiny.gateway.url, headers: bearer(token) }),
  });
  const events = client.subscribe<Record<string, unknown>>({
    query: gql(query),
    variables,
    fetchPolicy: 'no-cache',
    errorPolicy: 'all',
  });
  const subscription = events.subscribe({
    next: ({ data, error }) => {
      if (data) received.results.push({ data });
      const errors = (error as { errors?: unknown } | undefined)?.errors;
      if (error && !data) received.ended = { error: errors ?? error };
    },
    error: (error) => {
      received.ended = { error };
    },
    complete: () => {
      if (received.ended === 'open') received.ended = 'complete';
    },
  });
  received.leave = () => subscription.unsubscribe();
  return received;
};

const accepts = {
  SSE: 'text/event-stream',
  'SSE by GET': 'text/event-stream',
  multipart: 'multipart/mixed;boundary="graphql";subscriptionSpec="1.0"',
} as const;
const open: Record<keyof typeof accepts, OpenOver> = {
  SSE: overSse,
  'SSE by GET': overSseByGet,
  multipart: overMultipart,
};

async function opened(tiny: TinyGateway, count = 1): Promise<OpenStream> {
  await expectSoon(() => tiny.subgraphs.streams.length).toBe(count);
  const stream = tiny.subgraphs.streams.at(-1);
  if (!stream) throw new Error('nothing is open');
  return stream;
}

/** Apollo Client adds it to what is selected. */
const withoutTypenames = (results: Received['results']): unknown =>
  JSON.parse(JSON.stringify(results), (key, value) => (key === '__typename' ? undefined : value));

describe.each(Object.keys(accepts) as (keyof typeof accepts)[])('a subscription over %s', (transport) => {
  const over = open[transport];
  const byGet = transport === 'SSE by GET';
  const ask = (tiny: TinyGateway, headers: Record<string, string> = {}, query = '{ whoAmI }') =>
    byGet
      ? fetch(inUrl(tiny.gateway.url, { query }), {
          headers: { accept: accepts[transport], 'apollo-require-preflight': 'yes', ...headers },
        })
      : fetch(tiny.gateway.url, {
          method: 'POST',
          headers: { 'content-type': 'application/json', accept: accepts[transport], ...headers },
          body: JSON.stringify({ query }),
        });

  test('delivers events in order with entities of other subgraphs, and completes', async () => {
    await using tiny = await startTinyGateway();
    const received = over(tiny, rollout, { variables: { id: 'd1' } });
    const stream = await opened(tiny);
    for (let percent = 0; percent < 20; percent++) stream.push(progressed(percent));
    stream.push({ cursor: 'end', phase: 'SUCCEEDED', deployment: deployment('d1') });
    stream.end();
    await expectSoon(() => received.ended).toBe('complete');
    const project = { name: 'project p-of-d1', cluster: { name: 'cluster of p-of-d1' } };
    expect(withoutTypenames(received.results)).toEqual([
      ...Array.from({ length: 20 }, (_, percent) => ({
        data: { rollout: { percent, deployment: { number: 7, project } } },
      })),
      { data: { rollout: { phase: 'SUCCEEDED', deployment: { id: 'd1' } } } },
    ]);
  });

  test('closes its source at once when the client leaves', async () => {
    await using tiny = await startTinyGateway();
    const received = over(tiny, rollout, { variables: { id: 'd1' } });
    const stream = await opened(tiny);
    stream.push(progressed(1));
    await expectSoon(() => received.results).toHaveLength(1);
    received.leave();
    await expectSoon(() => tiny.subgraphs.streams).toEqual([]);
  });

  test('passes on who asks, and ends with FORBIDDEN when the source does', async () => {
    await using tiny = await startTinyGateway();
    const received = over(tiny, rollout, {
      token: await tokenFor({ userId: 'user_grace' }),
      variables: { id: 'd1' },
    });
    const stream = await opened(tiny);
    expect(stream.userId).toBe('user_grace');
    stream.push(progressed(1));
    await expectSoon(() => received.results).toHaveLength(1);
    stream.fail(new ForbiddenError('deployments.read'));
    await expectSoon(() => received.ended).toMatchObject({ error: [{ extensions: { code: 'FORBIDDEN' } }] });
  });

  test('ends with UNAUTHENTICATED when the token expires, though nobody sends anything', async () => {
    const clock = movableClock();
    await using tiny = await startTinyGateway({ dependencies: { clock } });
    const received = over(tiny, rollout, { token: await tokenFor(), variables: { id: 'd1' } });
    await opened(tiny);
    clock.pass(3_600_000);
    await expectSoon(() => received.ended).toMatchObject({
      error: [{ extensions: { code: 'UNAUTHENTICATED' } }],
    });
    expect(tiny.subgraphs.streams).toEqual([]);
  });

  test('masks a fault of its source', async () => {
    await using tiny = await startTinyGateway();
    const received = over(tiny, 'subscription { ticks { count } }');
    (await opened(tiny)).fail(new Error('watch of https://10.0.0.1:6443 broke'));
    await expectSoon(() => received.ended).toMatchObject({ error: [{ extensions: { code: 'INTERNAL' } }] });
    expect(JSON.stringify(received.ended)).not.toContain('10.0.0.1');
  });

  test('is told why it was refused: by a rule, by its source, as one too many', async () => {
    await using tiny = await startTinyGateway();
    for (const [query, code] of [
      ['subscription { nothing }', 'BAD_USER_INPUT'],
      ['subscription { ticks { count } } {', 'BAD_USER_INPUT'],
      ['subscription { rollout(deploymentId: "absent") { __typename } }', 'NOT_FOUND'],
    ] as const) {
      const response = await ask(tiny, {}, query);
      expect(response.status).toBe(200);
      expect(await response.text()).toContain(`"code":"${code}"`);
    }
    const client = tiny.socket(await tokenFor());
    for (let n = 0; n < 100; n++) receive(client, rollout, { id: `d${n}` });
    await opened(tiny, 100);
    const refused = over(tiny, rollout, { token: await tokenFor(), variables: { id: 'one too many' } });
    await expectSoon(() => refused.ended).toMatchObject({
      error: [{ extensions: { code: 'RATE_LIMITED' } }],
    });
  });

  test('shares its stream with those on sockets', async () => {
    await using tiny = await startTinyGateway();
    const token = await tokenFor();
    const socket = receive(tiny.socket(token), rollout, { id: 'd1' });
    await opened(tiny);
    // Apollo Client asks for __typename as well, so that only the stream from the subgraph could be shared, or not.
    const received = overSse(tiny, rollout, { token, variables: { id: 'd1' } });
    await expectSoon(() => tiny.gateway.subscriptions).toEqual({ subscriptions: 2, upstreams: 1 });
    (await opened(tiny)).push(progressed(1));
    await expectSoon(() => [socket.results.length, received.results.length]).toEqual([1, 1]);
    received.leave();
    await expectSoon(() => tiny.gateway.subscriptions).toEqual({ subscriptions: 1, upstreams: 1 });
  });

  test('needs a good token, a page that may call and a content type that a form cannot send', async () => {
    await using tiny = await startTinyGateway({
      config: { allowedOrigins: ['https://console.example.com'] },
    });
    expect((await ask(tiny, { authorization: 'Bearer x.y.z' })).status).toBe(401);
    expect((await ask(tiny, { origin: 'https://evil.example.com' })).status).toBe(403);
    const allowed = await ask(tiny, { origin: 'https://console.example.com' });
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://console.example.com');
    expect(allowed.headers.get('x-request-id')).toBeTruthy();
    const asForm = byGet ? { 'apollo-require-preflight': '' } : { 'content-type': 'text/plain' };
    expect((await ask(tiny, asForm)).status).toBe(400);
  });

  test('a query and, by POST, a mutation are answered in the stream, by the rules of HTTP, with a line in the log', async () => {
    await using tiny = await startTinyGateway();
    const token = await tokenFor();
    const query = await ask(tiny, bearer(token), '{ whoAmI leak }');
    expect(query.headers.get('content-type')).toContain(accepts[transport].split(';')[0]);
    const text = await query.text();
    expect(text).toContain('"whoAmI":"user_ada"');
    expect(text).not.toContain('10.0.0.7');
    const mutation = await ask(tiny, bearer(token), 'mutation { rename(id: "p1", name: "x") { name } }');
    await mutation.text();
    expect([mutation.status, mutation.headers.get('allow')]).toEqual(byGet ? [405, 'POST'] : [200, null]);
    expect(tiny.subgraphs.calls.includes('rename p1')).toBe(!byGet);
    expect(await (await ask(tiny, {}, '{ __schema { types { name } } }')).text()).toContain(
      '"code":"UNAUTHENTICATED"',
    );
    const lines = tiny.log
      .map((line) => JSON.parse(line) as Record<string, unknown>)
      .filter(({ msg }) => msg === 'operation');
    const name = transport === 'multipart' ? 'multipart' : 'sse';
    expect(lines.map((line) => [line['transport'], line['kind']])).toEqual([
      [name, 'query'],
      ...(byGet ? [] : [[name, 'mutation']]),
      [name, undefined],
    ]);
  });

  test('is streamed to a client that takes plain results too, which gets those of queries plain', async () => {
    await using tiny = await startTinyGateway();
    const accept = `application/json, ${accepts[transport]}`;
    expect(await (await ask(tiny, { accept })).json()).toEqual({ data: { whoAmI: null } });
    const response = await ask(tiny, { accept }, 'subscription { ticks { count } }');
    expect(response.headers.get('content-type')).toContain(accepts[transport].split(';')[0]);
    (await opened(tiny)).end();
    await response.text();
  });

  test('hears from the gateway while nothing happens', async () => {
    await using tiny = await startTinyGateway({ dependencies: { socketTimes: { ping: 50 } } });
    const response = await ask(tiny, {}, 'subscription { ticks { count } }');
    const stream = await opened(tiny);
    const beat =
      transport === 'multipart' ? 'content-type: application/json\r\n\r\n{}\r\n--graphql' : ':\n\n';
    let text = '';
    for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
      text += new TextDecoder().decode(chunk);
      if (text.split(beat).length > 4) stream.end();
    }
    expect(text.split(beat).length).toBeGreaterThan(4);
  });

  test('holds back its source when the client does not read, which is cut off after its time', async () => {
    await using tiny = await startTinyGateway({ dependencies: { socketTimes: { slowestRead: 2_000 } } });
    const response = await ask(tiny, {}, 'subscription { flood { line } }');
    await expectSoon(() => tiny.gateway.subscriptions.subscriptions).toBe(1);
    await expectSoon(() => tiny.gateway.subscriptions.subscriptions).toBe(0);
    expect(tiny.subgraphs.flooded).toBeLessThan(64);
    await response.body?.cancel().catch(() => undefined);
  });

  test('is not told that it is complete when the gateway stops', async () => {
    const tiny = await startTinyGateway();
    const response = await ask(tiny, {}, 'subscription { ticks { count } }');
    await opened(tiny);
    const text = response.text();
    await tiny[Symbol.asyncDispose]();
    expect(await text).not.toMatch(/complete|--graphql--/);
  });
});

describe('a GET for a stream', () => {
  const accept = accepts['SSE by GET'];
  const asked = { accept, 'apollo-require-preflight': 'yes' };

  test('names a subscription by its hash', async () => {
    await using tiny = await startTinyGateway();
    const query = 'subscription { ticks { count } }';
    const sha256Hash = createHash('sha256').update(query).digest('hex');
    const extensions = { persistedQuery: { version: 1, sha256Hash } };
    const ask = (request: Record<string, unknown>) =>
      fetch(inUrl(tiny.gateway.url, { ...request, extensions }), { headers: asked });
    expect(await (await ask({})).text()).toContain('PERSISTED_QUERY_NOT_FOUND');
    for (const request of [{ query }, {}]) {
      const response = await ask(request);
      expect(response.headers.get('content-type')).toContain(accept);
      const stream = await opened(tiny);
      stream.push({ count: 1 });
      stream.end();
      expect(await response.text()).toContain('"count":1');
    }
  });

  test('is read to the last parameter: what is malformed, twice or missing is refused', async () => {
    await using tiny = await startTinyGateway();
    for (const [search, message] of [
      ['?query={whoAmI}&variables={', 'variables in the URL is not a JSON object.'],
      ['?query={whoAmI}&extensions=[]', 'extensions in the URL is not a JSON object.'],
      ['?query={whoAmI}&query={leak}', 'The URL has query twice: send it once.'],
      ['?operationName=A', expect.stringMatching(/^Send an operation in the parameters/)],
    ] as const) {
      const response = await fetch(`${tiny.gateway.url}${search}`, { headers: asked });
      expect(response.status).toBe(400);
      const { errors } = (await response.json()) as { errors: object[] };
      expect(errors).toMatchObject([{ message, extensions: { code: 'BAD_USER_INPUT' } }]);
    }
    expect(tiny.subgraphs.calls).toEqual([]);
  });

  test('is only for Server-Sent Events: parts of a response are for POST', async () => {
    await using tiny = await startTinyGateway();
    const url = inUrl(tiny.gateway.url, { query: 'subscription { ticks { count } }' });
    const inParts = await fetch(url, { headers: { ...asked, accept: accepts.multipart } });
    expect(inParts.status).toBe(406);
    await inParts.body?.cancel();
  });
});
