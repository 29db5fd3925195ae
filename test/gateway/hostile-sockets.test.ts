import { afterEach, expect, test } from 'vitest';
import { heldBytes, mebibyte } from '../kit/memory.js';
import { acknowledged, subscribe } from './bare-socket.js';
import { expectSoon, startTinyGateway, type TinyGateway, tokenFor } from './tiny-gateway.js';

type Client = Awaited<ReturnType<typeof acknowledged>>;

const cleanUps: (() => unknown)[] = [];
afterEach(() => {
  for (const cleanUp of cleanUps.splice(0)) cleanUp();
});

async function sockets(tiny: TinyGateway, count: number): Promise<readonly Client[]> {
  const token = await tokenFor();
  const clients = await Promise.all(Array.from({ length: count }, () => acknowledged(tiny, token)));
  for (const { socket } of clients) cleanUps.push(() => socket.terminate());
  return clients;
}

const ends = (clients: readonly Client[]) => Promise.all(clients.map(({ end }) => end));
const all = (count: number, end: [code: number, reason: string]) => Array.from({ length: count }, () => end);

/** What clients do, often enough for any memory that it costs to show, and how they are answered. */
const attacks: Readonly<Record<string, (tiny: TinyGateway, clients: readonly Client[]) => Promise<void>>> = {
  'the 101st subscription': async (tiny, [client]) => {
    for (let n = 0; n < 390; n++) client?.send(subscribe(String(n)));
    const refused = () => client?.messages.filter(({ type }) => type === 'error') ?? [];
    await expectSoon(() => refused().length).toBe(290);
    for (const { id, payload } of refused()) {
      expect(Number(id)).toBeGreaterThanOrEqual(100);
      expect(payload).toMatchObject([{ extensions: { code: 'RATE_LIMITED' } }]);
    }
    await expectSoon(() => tiny.gateway.subscriptions.subscriptions).toBe(100);
  },
  '500 subscriptions a second': async (_, clients) => {
    // Refused ones cost the least: one socket after the other, on any machine they come faster than they may.
    for (const client of clients.slice(0, 3)) {
      for (let n = 0; n < 5_000; n++) client.send(subscribe(String(n), 'subscription { nothing }'));
      expect(await client.end).toEqual([1008, 'Too many messages']);
    }
  },
  'a flood of pings': async (_, clients) => {
    const payload = { padding: 'x'.repeat(1_000) };
    for (const client of clients) {
      for (let n = 0; n < 2_000; n++) client.send({ type: 'ping', payload });
      expect(await client.end).toEqual([1008, 'Too many messages']);
    }
  },
  'an ID that is taken': async (_, clients) => {
    for (const { send } of clients) for (let n = 0; n < 2; n++) send(subscribe('same'));
    expect(await ends(clients)).toEqual(all(clients.length, [4409, 'Subscriber for same already exists']));
  },
  'the ID __proto__': async (tiny, clients) => {
    for (const { send } of clients) {
      send(subscribe('__proto__'));
      send(subscribe('constructor'));
    }
    await expectSoon(() => tiny.gateway.subscriptions.subscriptions).toBe(2 * clients.length);
    for (const { push } of tiny.subgraphs.streams) push({ count: 1 });
    await expectSoon(() => clients.map(({ messages }) => messages.length)).toEqual(clients.map(() => 3));
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
    expect(clients[0]?.messages.map(({ id }) => id)).toEqual([undefined, '__proto__', 'constructor']);
  },
  'a huge frame': async (_, clients) => {
    const text = 'x'.repeat(8 * mebibyte);
    for (const { socket } of clients) socket.send(text);
    expect(await ends(clients)).toEqual(all(clients.length, [1009, '']));
  },
  'a frame that says that it is huge': async (_, clients) => {
    // A masked text of 2^40 bytes.
    const header = Buffer.from([0x81, 0xff, 0, 0, 1, 0, 0, 0, 0, 0, 1, 2, 3, 4]);
    for (const { socket } of clients) {
      (socket as unknown as { _socket: NodeJS.WritableStream })._socket.write(header);
    }
    expect(await ends(clients)).toEqual(all(clients.length, [1009, '']));
  },
  'fragments of one byte without an end': async (_, clients) => {
    for (const { socket } of clients) {
      for (let n = 0; n < 2_000; n++) socket.send('x', { fin: false });
    }
    expect(await ends(clients)).toEqual(all(clients.length, [1008, '']));
  },
  'fragments of one byte that stop': async (_, clients) => {
    for (const { socket } of clients) for (let n = 0; n < 250; n++) socket.send('x', { fin: false });
    // Measured while they wait: how they end is tested with the times of sockets.
    await new Promise((resolve) => setImmediate(resolve));
  },
};

test.each(Object.entries(attacks))(
  '%s: refused as documented, and costs no memory (SU-9)',
  async (_, attack) => {
    await using tiny = await startTinyGateway();
    const clients = await sockets(tiny, 20);
    const [honest] = await sockets(tiny, 1);
    const before = await heldBytes();
    await attack(tiny, clients);
    tiny.log.length = 0;
    await expectSoon(async () => (await heldBytes()) - before, { timeout: 20_000 }).toBeLessThan(
      16 * mebibyte,
    );
    // Others are served.
    honest?.send(subscribe('q', '{ project(id: "p1") { name } }'));
    await expectSoon(() => honest?.messages[1]).toMatchObject({ id: 'q', type: 'next' });
  },
);
