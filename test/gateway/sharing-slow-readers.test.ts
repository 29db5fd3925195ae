import { describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { opened, startSharing, TestPermissions } from './shared-rollout.js';
import { expectSoon, receive, startTinyGateway, type TinyGateway } from './tiny-gateway.js';

describe('a client that does not read', () => {
  /** A socket that has subscribed and got one event, and reads nothing from then on. */
  async function stuck(tiny: TinyGateway, query: string, variables: object): Promise<WebSocket> {
    const socket = new WebSocket(tiny.gateway.url.replace('http', 'ws'), 'graphql-transport-ws');
    socket.on('open', () => socket.send('{"type":"connection_init"}'));
    await new Promise((resolve) => socket.once('message', resolve));
    socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query, variables } }));
    return socket;
  }

  const logs = 'subscription { logs(input: { service: "s" }) { line } }';
  const line = (n: number) => ({ cursor: `l${n}`, line: `${n} ${'x'.repeat(100_000)}` });
  const numberOf = (result: unknown): number =>
    Number.parseInt((result as { data: { logs: { line: string } } }).data.logs.line, 10);

  test('delays nobody who shares its stream, and goes on after the last event that it was sent', async () => {
    await using tiny = await startTinyGateway();
    const quick = receive(tiny.socket(), logs);
    const slow = await stuck(tiny, logs, {});
    const [stream] = await opened(tiny, 1);
    await expectSoon(() => tiny.gateway.subscriptions.subscriptions).toBe(2);
    const seen: number[] = [];
    slow.on('message', (data) => {
      const message = JSON.parse(String(data));
      if (message.type === 'next') seen.push(numberOf(message.payload));
    });
    stream?.push(line(0));
    await expectSoon(() => seen).toEqual([0]);
    slow.pause();
    // Far more than the buffers on the way hold.
    let sent = 0;
    while (sent < 200) {
      for (let n = 0; n < 10; n++) stream?.push(line(++sent));
      await expectSoon(() => quick.results.length).toBe(sent + 1);
    }
    expect(tiny.subgraphs.streams).toHaveLength(1);
    slow.resume();
    const [, resumed] = await opened(tiny, 2);
    const { after } = resumed?.args['input'] as { after: string };
    const from = Number(after.slice(1));
    expect(from).toBeGreaterThan(1);
    expect(from).toBeLessThan(200);
    await expectSoon(() => seen.at(-1)).toBe(from);
    // It catches up, and joins.
    for (let n = from + 1; n <= 200; n++) resumed?.push(line(n));
    await opened(tiny, 1);
    stream?.push(line(201));
    await expectSoon(() => seen.at(-1)).toBe(201);
    expect(seen).toEqual(Array.from({ length: 202 }, (_, n) => n));
    expect(quick.results.map(numberOf)).toEqual(Array.from({ length: 202 }, (_, n) => n));
    slow.terminate();
  });

  test('is closed after its time, while those who share its stream go on', async () => {
    await using tiny = await startTinyGateway({
      dependencies: { socketTimes: { slowestRead: 2_500, goodbye: 50 } },
    });
    const quick = receive(tiny.socket(), logs);
    const slow = await stuck(tiny, logs, {});
    const [stream] = await opened(tiny, 1);
    await expectSoon(() => tiny.gateway.subscriptions.subscriptions).toBe(2);
    slow.pause();
    for (let n = 0; n < 200; n++) stream?.push(line(n));
    await expectSoon(() => tiny.gateway.subscriptions.subscriptions).toBe(1);
    await expectSoon(() => quick.results).toHaveLength(200);
    slow.terminate();
  });

  test('gets the newest hint when it reads again', async () => {
    await using tiny = await startSharing(new TestPermissions(), { hint: true });
    const query = 'subscription { logs(input: { service: "s" }) { line } }';
    const quick = receive(tiny.socket(), query);
    const slow = await stuck(tiny, query, {});
    const [stream] = await opened(tiny, 1);
    await expectSoon(() => tiny.gateway.subscriptions.subscriptions).toBe(2);
    const seen: number[] = [];
    slow.on('message', (data) => {
      const message = JSON.parse(String(data));
      if (message.type === 'next') seen.push(numberOf(message.payload));
    });
    slow.pause();
    let sent = 0;
    while (sent < 200) {
      for (let n = 0; n < 10; n++) stream?.push(line(sent++));
      await expectSoon(() => quick.results.length).toBe(sent);
    }
    slow.resume();
    await expectSoon(() => seen.at(-1)).toBe(199);
    expect(seen.length).toBeLessThan(200);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
    slow.terminate();
  });

  test('ends with an error where there is no cursor to go on from', async () => {
    await using tiny = await startTinyGateway();
    const query = 'subscription { ticks { count project { name } } }';
    const quick = receive(tiny.socket(), query);
    const slow = await stuck(tiny, query, {});
    const [stream] = await opened(tiny, 1);
    await expectSoon(() => tiny.gateway.subscriptions.subscriptions).toBe(2);
    slow.pause();
    const project = { __typename: 'Project', id: 'x'.repeat(100_000) };
    let sent = 0;
    while (tiny.gateway.subscriptions.subscriptions === 2) {
      for (let n = 0; n < 10; n++) stream?.push({ count: sent++, project });
      await expectSoon(() => quick.results.length).toBe(sent);
      expect(sent).toBeLessThan(1_000);
    }
    const end = new Promise((resolve) => {
      slow.on('message', (data) => {
        const message = JSON.parse(String(data));
        if (message.type === 'error') resolve(message.payload);
      });
    });
    slow.resume();
    expect(await end).toMatchObject([{ extensions: { code: 'RATE_LIMITED' } }]);
    expect(quick.ended).toBe('open');
    slow.terminate();
  });
});
