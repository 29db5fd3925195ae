import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { WebSocket } from 'ws';
import { ExecReader } from '../../subgraphs/deployments/exec-session/exec-reader.js';
import { LogOutlet } from '../../subgraphs/deployments/log/log-outlet.js';
import { LogProgress } from '../../subgraphs/deployments/log/log-progress.js';
import { LevelStream } from '../../subgraphs/shared/level-stream.js';
import { heldBytes, mebibyte } from '../kit/memory.js';
import { expectSoon, startTinyGateway, type TinyGateway } from './tiny-gateway.js';

/** Reliability.md, SU-1. */
const offeredBytes = 300_000_000;
const mayHold = 64 * mebibyte;
const flood = 'subscription { flood { line dropped } }';

afterEach(() => {
  vi.restoreAllMocks();
});

interface LogEvent {
  readonly line: string;
  readonly dropped: number | null;
}

interface Viewer {
  readonly socket: WebSocket;
  /** The close code. */
  readonly end: Promise<number>;
  /** How many events came. */
  events: number;
}

/** A bare socket, subscribed; keeps nothing of what it gets, and can stop reading, which no library does. */
async function view(
  tiny: TinyGateway,
  query: string,
  onEvent: (event: LogEvent) => void = () => undefined,
): Promise<Viewer> {
  const socket = new WebSocket(tiny.gateway.url.replace('http', 'ws'), 'graphql-transport-ws');
  const end = new Promise<number>((resolve) => socket.once('close', resolve));
  socket.on('error', () => undefined);
  socket.on('open', () => socket.send('{"type":"connection_init"}'));
  await new Promise((resolve) => socket.once('message', resolve));
  const viewer: Viewer = { socket, end, events: 0 };
  socket.on('message', (data) => {
    const { type, payload } = JSON.parse(String(data));
    if (type !== 'next') return;
    viewer.events += 1;
    onEvent(Object.values(payload.data as Record<string, LogEvent>)[0] as LogEvent);
  });
  socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }));
  await expectSoon(() => tiny.gateway.subscriptions).toMatchObject({ upstreams: 1 });
  return viewer;
}

/** A text of its own in memory, which begins with the number. */
const textOf = (number: number, bytes: number): string =>
  Buffer.alloc(bytes, `${number} `.padEnd(16, 'x')).toString('latin1');
const numberIn = (text: string): number => Number.parseInt(text, 10);

describe('while 300 MB arrive for a client that has stopped reading, they do not wait in memory', () => {
  test('of a status it then gets the newest state', async () => {
    await using tiny = await startTinyGateway();
    const states = 300;
    let state = textOf(0, offeredBytes / states);
    let changed = (): void => undefined;
    tiny.subgraphs.floodOf = () =>
      new LevelStream<object>((onChange) => {
        changed = onChange;
        return { read: () => ({ events: [{ cursor: 'c', line: state }] }), close: () => undefined };
      });
    const seen: number[] = [];
    const viewer = await view(tiny, flood, ({ line }) => seen.push(numberIn(line)));
    await expectSoon(() => seen).toEqual([0]);
    viewer.socket.pause();
    const before = await heldBytes();
    for (let number = 1; number <= states; number++) {
      state = textOf(number, offeredBytes / states);
      changed();
      await turn();
    }
    await expectSoon(async () => (await heldBytes()) - before, { timeout: 20_000 }).toBeLessThan(mayHold);
    viewer.socket.resume();
    await expectSoon(() => seen.at(-1)).toBe(states);
    expect(seen.length).toBeLessThan(states / 2);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    viewer.socket.terminate();
  });

  test('of a log it is told how many lines are gone', async () => {
    await using tiny = await startTinyGateway();
    const lineBytes = 60_000;
    const lines = offeredBytes / lineBytes;
    const progress = new LogProgress(null, 0);
    progress.begin('web-1/web', false);
    const outlet = new LogOutlet(progress);
    tiny.subgraphs.floodOf = async function* () {
      for (let event = await outlet.next(); event; event = await outlet.next()) {
        if (event.type === 'LINES') {
          yield { cursor: event.cursor, line: event.lines.map(({ text }) => text).join('\n') };
        } else if (event.type === 'GAP') yield { cursor: event.cursor, line: '', dropped: event.dropped };
      }
    };
    const push = (number: number): void => {
      const place = { time: new Date(number).toISOString(), pieces: 1, run: 0 };
      const text = textOf(number, lineBytes);
      const where = { pod: 'web-1', container: 'web', generation: 'NEW' as const };
      outlet.push('web-1/web', place, {
        ...where,
        at: new Date(number),
        text,
        partial: false,
        hasControlCharacters: false,
      });
    };
    let got = 0;
    let dropped = 0;
    const viewer = await view(tiny, flood, (event) => {
      if (event.dropped === null) got += event.line.split('\n').length;
      else dropped += event.dropped;
    });
    push(0);
    await expectSoon(() => got).toBe(1);
    viewer.socket.pause();
    const before = await heldBytes();
    for (let number = 1; number < lines; number++) {
      push(number);
      if (number % 20 === 0) await turn();
    }
    await expectSoon(async () => (await heldBytes()) - before, { timeout: 20_000 }).toBeLessThan(mayHold);
    viewer.socket.resume();
    await expectSoon(() => got + dropped).toBe(lines);
    expect(dropped).toBeGreaterThan(lines / 2);
    viewer.socket.terminate();
  });

  test('of a shell nothing is lost: its output is held back in the cluster', async () => {
    await using tiny = await startTinyGateway();
    const chunkBytes = 30_000;
    let heldBack = false;
    const reader = new ExecReader([], {
      pressed: (pressed) => {
        heldBack = pressed;
      },
      left: () => undefined,
    });
    tiny.subgraphs.floodOf = async function* () {
      for await (const event of reader) if (event.type === 'OUTPUT') yield { cursor: 'c', line: event.text };
    };
    /** What the process writes as long as the cluster lets it. */
    let written = 0;
    const write = async (most: number): Promise<void> => {
      for (; written < most && !heldBack; written++) {
        reader.push({ stream: 'STDOUT', bytes: Buffer.from(textOf(written, chunkBytes)) });
        await turn();
      }
    };
    const seen: number[] = [];
    const viewer = await view(tiny, flood, ({ line }) => seen.push(numberIn(line)));
    await write(1);
    await expectSoon(() => seen).toEqual([0]);
    viewer.socket.pause();
    const before = await heldBytes();
    const all = offeredBytes / chunkBytes;
    await write(all);
    expect(heldBack).toBe(true);
    expect(written * chunkBytes).toBeLessThan(mayHold);
    await expectSoon(async () => (await heldBytes()) - before, { timeout: 20_000 }).toBeLessThan(mayHold);
    viewer.socket.resume();
    await expectSoon(() => heldBack).toBe(false);
    await expectSoon(() => seen.length).toBe(written);
    await write(written + 5);
    await expectSoon(() => seen).toEqual(Array.from({ length: written }, (_, number) => number));
    viewer.socket.terminate();
  });

  test('and others who share its stream get them all; after a minute it is closed with 4410', async () => {
    // The close frame waits behind what was not read; and sockets are looked at often.
    await using tiny = await startTinyGateway({
      dependencies: { socketTimes: { goodbye: 60_000, expiryGrace: 20 } },
    });
    const logs = 'subscription { logs(input: { service: "s" }) { line } }';
    const quick = await view(tiny, logs);
    const slow = await view(tiny, logs);
    await expectSoon(() => tiny.gateway.subscriptions).toEqual({ subscriptions: 2, upstreams: 1 });
    const [stream] = tiny.subgraphs.streams;
    const lineBytes = 1_000_000;
    const push = (number: number): void =>
      stream?.push({ cursor: `l${number}`, line: textOf(number, lineBytes) });
    push(0);
    await expectSoon(() => [quick.events, slow.events]).toEqual([1, 1]);
    slow.socket.pause();
    const before = await heldBytes();
    for (let number = 1; number < offeredBytes / lineBytes; number++) {
      push(number);
      while (quick.events < number) await turn();
    }
    await expectSoon(async () => (await heldBytes()) - before, { timeout: 20_000 }).toBeLessThan(mayHold);
    await expectSoon(() => quick.events).toBe(offeredBytes / lineBytes);

    const now = performance.now.bind(performance);
    let ahead = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => now() + ahead);
    // In steps: a process does not count the time in which it looks at nobody.
    const passing = setInterval(() => {
      ahead += 400;
    }, 5);
    let pings = 0;
    quick.socket.on('ping', () => {
      pings += 1;
    });
    // One in twelve seconds.
    await expectSoon(() => pings).toBeGreaterThan(6);
    clearInterval(passing);
    slow.socket.resume();
    expect(await slow.end).toBe(4410);
    expect(slow.events).toBeLessThan(quick.events / 2);
    push(quick.events);
    await expectSoon(() => quick.events).toBe(offeredBytes / lineBytes + 1);
    expect(tiny.gateway.subscriptions).toEqual({ subscriptions: 1, upstreams: 1 });
    quick.socket.terminate();
  });
});
