import { describe, expect, test } from 'vitest';
import { acknowledged, connect, subscribe } from './bare-socket.js';
import { movableClock } from './movable-clock.js';
import { expectSoon, startTinyGateway, tokenFor } from './tiny-gateway.js';

describe('a socket is closed', () => {
  test('when its connection is not initialised in time', async () => {
    await using tiny = await startTinyGateway({ dependencies: { socketTimes: { init: 300 } } });
    expect(await connect(tiny).end).toEqual([4408, 'Connection initialisation timeout']);
  });

  test('when a message is begun and never finished, whether in fragments or in one frame', async () => {
    await using tiny = await startTinyGateway({ dependencies: { socketTimes: { unfinishedMessage: 300 } } });
    const inFragments = await acknowledged(tiny);
    inFragments.socket.send('{', { fin: false });
    const inFrame = await acknowledged(tiny);
    // The header of a masked frame of 100 bytes, and one of them.
    const { _socket: wire } = inFrame.socket as unknown as { _socket: NodeJS.WritableStream };
    wire.write(Buffer.from([0x81, 0x80 | 100, 0, 0, 0, 0, 0x7b]));
    expect(await inFragments.end).toEqual([1008, 'Message not finished']);
    expect(await inFrame.end).toEqual([1008, 'Message not finished']);
  });

  test('when it answers no ping; one that does stays open', async () => {
    await using tiny = await startTinyGateway({ dependencies: { socketTimes: { ping: 1_000 } } });
    const dead = await acknowledged(tiny, undefined, { autoPong: false });
    const alive = await acknowledged(tiny);
    dead.send(subscribe('1'));
    await expectSoon(() => tiny.subgraphs.streams.length).toBe(1);
    expect((await dead.end)[0]).toBe(1006);
    await expectSoon(() => tiny.subgraphs.streams).toEqual([]);
    alive.send({ type: 'ping', payload: { at: 1 } });
    await expectSoon(() => alive.messages[1]).toEqual({ type: 'pong', payload: { at: 1 } });
    alive.socket.terminate();
  });

  test('not for want of an answer that the gateway was too busy to read', async () => {
    await using tiny = await startTinyGateway({ dependencies: { socketTimes: { ping: 200 } } });
    const alive = await acknowledged(tiny);
    let pings = 0;
    alive.socket.on('ping', () => {
      pings += 1;
    });
    for (let turn = 0; turn < 12; turn++) {
      const until = performance.now() + 250;
      while (performance.now() < until);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(pings).toBeGreaterThan(2);
    alive.send({ type: 'ping' });
    await expectSoon(() => alive.messages.slice(1)).toEqual([{ type: 'pong' }]);
    alive.socket.terminate();
  });

  test('when its token is bad', async () => {
    await using tiny = await startTinyGateway();
    const bad = connect(tiny);
    bad.socket.on('open', () =>
      bad.send({ type: 'connection_init', payload: { authorization: 'Bearer x.y.z' } }),
    );
    expect(await bad.end).toEqual([4403, 'Forbidden']);
  });

  test.each([
    ['before', 1],
    ['after', 2_000],
  ])(
    'when its token expires, after its operations have said so, if sockets are looked at %s subscriptions',
    async (_, expiryGrace) => {
      const clock = movableClock();
      await using tiny = await startTinyGateway({ dependencies: { socketTimes: { expiryGrace }, clock } });
      const brief = await acknowledged(tiny, await tokenFor());
      brief.send(subscribe('1'));
      brief.send(subscribe('2'));
      brief.send({ id: '2', type: 'complete' });
      await expectSoon(() => tiny.gateway.subscriptions.subscriptions).toBe(1);
      clock.pass(3_600_000);
      expect(await brief.end).toEqual([4403, 'Token expired']);
      expect(brief.messages.slice(1)).toMatchObject([
        { id: '1', type: 'error', payload: [{ extensions: { code: 'UNAUTHENTICATED' } }] },
      ]);
      await expectSoon(() => tiny.gateway.subscriptions).toEqual({ subscriptions: 0, upstreams: 0 });
    },
  );

  test('when its token expires, after a query that is under way has said so', async () => {
    const clock = movableClock();
    await using tiny = await startTinyGateway({ dependencies: { socketTimes: { expiryGrace: 1 }, clock } });
    const client = await acknowledged(tiny, await tokenFor());
    client.send(subscribe('1', '{ hang }'));
    await expectSoon(() => tiny.subgraphs.calls).toEqual(['hang']);
    clock.pass(3_600_000);
    expect(await client.end).toEqual([4403, 'Token expired']);
    expect(client.messages.slice(1)).toMatchObject([
      { id: '1', type: 'error', payload: [{ extensions: { code: 'UNAUTHENTICATED' } }] },
    ]);
    await expectSoon(() => tiny.subgraphs.aborted).toBe(1);
  });

  test('when an id is taken, however long it is; a completed one may be taken again', async () => {
    await using tiny = await startTinyGateway();
    const client = await acknowledged(tiny);
    const id = 'ü'.repeat(200);
    client.send(subscribe(id));
    client.send({ id, type: 'complete' });
    client.send({ id: 'never there', type: 'complete' });
    client.send(subscribe(id, '{ project(id: "p1") { name } }'));
    await expectSoon(() => client.messages.slice(1)).toEqual([
      { id, type: 'next', payload: { data: { project: { name: 'project p1' } } } },
      { id, type: 'complete' },
    ]);
    client.send(subscribe(id));
    client.send(subscribe(id));
    expect(await client.end).toEqual([4409, 'Subscriber already exists']);
    await expectSoon(() => tiny.subgraphs.streams).toEqual([]);
  });

  test('by a subscription too many in a second', async () => {
    await using tiny = await startTinyGateway();
    const client = await acknowledged(tiny);
    // Refused ones cost the least: however busy the machine is, they come faster than 200 a second.
    for (let n = 0; n < 5_000; n++) client.send(subscribe(String(n), 'subscription { nothing }'));
    expect(await client.end).toEqual([1008, 'Too many messages']);
    await expectSoon(() => tiny.gateway.subscriptions).toEqual({ subscriptions: 0, upstreams: 0 });
  });
});

test('what a query comes to after the client has completed it is not sent', async () => {
  await using tiny = await startTinyGateway();
  const client = await acknowledged(tiny);
  client.send(subscribe('1', '{ hang }'));
  await expectSoon(() => tiny.subgraphs.calls).toEqual(['hang']);
  client.send({ id: '1', type: 'complete' });
  await expectSoon(() => tiny.subgraphs.aborted).toBe(1);
  client.send({ type: 'ping' });
  await expectSoon(() => client.messages.slice(1)).toEqual([{ type: 'pong' }]);
  client.socket.terminate();
});
