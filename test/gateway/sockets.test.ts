import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { expectSoon, startTinyGateway, type TinyGateway } from './tiny-gateway.js';

let tiny: TinyGateway;
beforeAll(async () => {
  tiny = await startTinyGateway({ config: { allowedOrigins: ['https://console.example.com'] } });
});
afterAll(() => tiny[Symbol.asyncDispose]());

interface Raw {
  readonly socket: WebSocket;
  readonly messages: Record<string, unknown>[];
  /** The close code, or the HTTP status that the upgrade was refused with. */
  readonly end: Promise<number>;
  send(message: object): void;
}

function open(options: { origin?: string; path?: string; protocol?: string; cookie?: string } = {}): Raw {
  const { origin, path = '', protocol = 'graphql-transport-ws', cookie } = options;
  const socket = new WebSocket(`${tiny.gateway.url.replace('http', 'ws')}${path}`, protocol, {
    headers: { ...(origin ? { origin } : {}), ...(cookie ? { cookie } : {}) },
  });
  const messages: Record<string, unknown>[] = [];
  socket.on('message', (data) => messages.push(JSON.parse(String(data))));
  const end = new Promise<number>((resolve) => {
    socket.on('close', (code) => resolve(code));
    socket.on('unexpected-response', (_, response) => resolve(response.statusCode ?? 0));
    socket.on('error', () => undefined);
  });
  return { socket, messages, end, send: (message) => socket.send(JSON.stringify(message)) };
}

async function acknowledged(options?: Parameters<typeof open>[0]): Promise<Raw> {
  const raw = open(options);
  raw.socket.on('open', () => raw.send({ type: 'connection_init' }));
  await expectSoon(() => raw.messages).toEqual([{ type: 'connection_ack' }]);
  return raw;
}

const subscribe = (id: string) => ({
  id,
  type: 'subscribe',
  payload: { query: 'subscription { ticks { count } }' },
});

describe('the origin of a page is checked before there is a socket', () => {
  test.each(['https://evil.example.com', 'null', 'https://a.console.example.com', 'http://127.0.0.1:1'])(
    '%s is refused',
    async (origin) => {
      expect(await open({ origin }).end).toBe(403);
    },
  );

  test('our own, a configured one and none are taken; a cookie makes no difference', async () => {
    for (const origin of [new URL(tiny.gateway.url).origin, 'https://console.example.com', undefined]) {
      const raw = await acknowledged({ ...(origin ? { origin } : {}), cookie: 'token=x' });
      raw.socket.terminate();
    }
  });

  test('a token in the URL is nobody', async () => {
    const raw = await acknowledged({ path: '?authorization=Bearer%20x&token=x' });
    raw.send({ id: '1', type: 'subscribe', payload: { query: '{ whoAmI }' } });
    await expectSoon(() => raw.messages[1]).toMatchObject({ payload: { data: { whoAmI: null } } });
    raw.socket.terminate();
  });
});

describe('a client that breaks the protocol is closed with the right code', () => {
  test('an operation before the connection is acknowledged: 4401', async () => {
    const raw = open();
    raw.socket.on('open', () => raw.send(subscribe('1')));
    expect(await raw.end).toBe(4401);
  });

  test('a second connection_init: 4429', async () => {
    const raw = await acknowledged();
    raw.send({ type: 'connection_init' });
    expect(await raw.end).toBe(4429);
  });

  test('an id that is taken: 4409', async () => {
    const raw = await acknowledged();
    raw.send(subscribe('same'));
    raw.send(subscribe('same'));
    expect(await raw.end).toBe(4409);
    await expectSoon(() => tiny.subgraphs.streams).toEqual([]);
  });

  test('no JSON, and JSON that is no message: 4400', async () => {
    for (const text of [
      '{',
      '[]',
      '{"type":"subscribe"}',
      '{"type":"subscribe","id":"1","payload":{"query":7}}',
    ]) {
      const raw = await acknowledged();
      raw.socket.send(text);
      expect(await raw.end).toBe(4400);
    }
  });

  test('another subprotocol: 4406', async () => {
    expect(await open({ protocol: 'graphql-ws' }).end).toBeOneOf([4406, 1006]);
  });

  test('a frame above 64 KiB: 1009', async () => {
    const raw = await acknowledged();
    raw.socket.send('x'.repeat(65 * 1_024));
    expect(await raw.end).toBe(1009);
  });

  test('fragments that never finish: 1008', async () => {
    const raw = await acknowledged();
    for (let n = 0; n < 300; n++) raw.socket.send('x', { fin: false });
    expect(await raw.end).toBe(1008);
  });

  test('a flood of pings or subscriptions: 1008', async () => {
    for (const message of [{ type: 'ping' }, { id: 'x', type: 'complete' }]) {
      const raw = await acknowledged();
      for (let n = 0; n < 1_000; n++) raw.send(message);
      expect(await raw.end).toBe(1008);
    }
  });

  test('the id __proto__ is an id like any other', async () => {
    const raw = await acknowledged();
    raw.send(subscribe('__proto__'));
    await expectSoon(() => tiny.subgraphs.streams.length).toBe(1);
    tiny.subgraphs.streams[0]?.push({ count: 1 });
    await expectSoon(() => raw.messages[1]).toEqual({
      id: '__proto__',
      type: 'next',
      payload: { data: { ticks: { count: 1 } } },
    });
    raw.socket.terminate();
    await expectSoon(() => tiny.subgraphs.streams).toEqual([]);
  });
});
