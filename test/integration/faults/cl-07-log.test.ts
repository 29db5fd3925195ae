import { afterEach, describe, expect, it } from 'vitest';
import type { ConnectionLimits } from '../../../subgraphs/shared/kubernetes/connection.js';
import { isNotStarted } from '../../../subgraphs/shared/kubernetes/container-errors.js';
import { type FollowLogOptions, followLog } from '../../../subgraphs/shared/kubernetes/log-stream.js';
import { connectTo, ended, FakeApiServer } from '../../kit/fake-api-server.js';
import { FaultProxy } from '../../kit/fault-proxy.js';
import { aLog, everything, skewDate } from '../../kit/fault-proxy-faults.js';
import { eventually } from '../../kit/wait.js';

const stack: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const dispose of stack.splice(0).reverse()) await dispose();
});

const hour = 3_600_000;

/** A container whose log is `lines`, and grows. */
async function container(limits: Partial<ConnectionLimits> = {}) {
  const lines: { at: string; text: string }[] = [];
  const readers = new Set<() => void>();
  const server = await FakeApiServer.start((request, response) => {
    const { searchParams, pathname } = request.url;
    if (!pathname.endsWith('/log')) return void response.end('{}');
    // As the API server does: times are compared in whole seconds.
    const since = `${searchParams.get('sinceTime') ?? ''}`.slice(0, 19);
    const tail = searchParams.get('tailLines');
    let next = tail === null ? 0 : Math.max(0, lines.length - Number(tail));
    const write = () => {
      for (; next < lines.length; next++) {
        const line = lines[next];
        if (line && line.at.slice(0, 19) >= since) response.write(`${line.at} ${line.text}\n`);
      }
    };
    response.flushHeaders();
    write();
    readers.add(write);
    response.on('close', () => readers.delete(write));
  });
  const proxy = await FaultProxy.start(server.origin);
  const connection = connectTo(proxy.url, { limits });
  stack.push(
    () => server.close(),
    () => proxy.dispose(),
    () => connection.dispose(ended),
  );
  const say = (text: string, at = new Date().toISOString()) => {
    lines.push({ at, text });
    for (const write of readers) write();
  };
  const read = (options: Partial<FollowLogOptions> = {}) => {
    const leave = new AbortController();
    const texts: string[] = [];
    const done = (async () => {
      const log = followLog(connection, {
        namespace: 'dev',
        pod: 'web-1',
        container: 'app',
        follow: true,
        signal: leave.signal,
        silenceLimitMs: 200,
        ...options,
      });
      for await (const batch of log) texts.push(...batch.map(({ text }) => text));
    })();
    done.catch(() => undefined);
    stack.push(async () => leave.abort());
    return { texts, done };
  };
  return { server, proxy, connection, say, read };
}

describe('a log that is followed over a connection that died without a word (CL-7)', () => {
  it('is opened anew after the last line, with neither loss nor repetition', async () => {
    const { proxy, say, read } = await container();
    say('one');
    const { texts } = read();
    await eventually(() => texts.length === 1);
    for (const exchange of proxy.open(aLog)) exchange.goHalfOpen();
    say('two');
    say('three');
    await eventually(() => texts.length === 3, { seconds: 10 });
    expect(texts).toEqual(['one', 'two', 'three']);
    await eventually(() => proxy.open(aLog).length === 1);
  });

  it('begins with what came since it was opened, when it was to begin with no line at all', async () => {
    const { proxy, say, read } = await container();
    say('old', new Date(Date.now() - hour).toISOString());
    const { texts } = read({ tailLines: 0 });
    await eventually(() => proxy.open(aLog)[0]?.status);
    for (const exchange of proxy.open(aLog)) exchange.goHalfOpen();
    say('new');
    await eventually(() => texts.length === 1, { seconds: 10 });
    expect(texts).toEqual(['new']);
  });

  it('is not opened anew while it is only its reader that takes its time', async () => {
    const { proxy, say, connection } = await container();
    for (let i = 0; i < 3; i++) say(`line ${i}`);
    const log = followLog(connection, {
      namespace: 'dev',
      pod: 'web-1',
      container: 'app',
      follow: true,
      silenceLimitMs: 500,
    });
    const { value } = await log.next();
    expect(value).toHaveLength(3);
    // Two limits long.
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    expect(proxy.seen(aLog)).toHaveLength(1);
    await log.return(undefined);
    await eventually(() => proxy.open().length === 0);
  });

  it('ends with TIMEOUT when it was not to be followed', async () => {
    const { proxy, read } = await container();
    await expect(read({ follow: false }).done).rejects.toMatchObject({ code: 'TIMEOUT' });
    await eventually(() => proxy.sockets.size === 0);
  });
});

describe('the log of a pod without a node', () => {
  it('leaves no connection behind, however often it is asked for', async () => {
    const { server, proxy, read } = await container({ streams: 2 });
    server.handler = (_request, response) => void response.writeHead(204).end();
    for (let i = 0; i < 5; i++) {
      expect(isNotStarted(await read().done.catch((error: unknown) => error))).toBe(true);
    }
    await eventually(() => proxy.sockets.size === 0);
  });
});

describe('a cluster whose clock is wrong (CL-10)', () => {
  it.each([hour, -hour])('by %i ms is asked for a log since a time of its own', async (skew) => {
    const { proxy, connection, read, say } = await container();
    proxy.inject(everything, skewDate(skew));
    await connection.requestText({ method: 'GET', path: '/version' as never });
    expect(Math.abs((connection.health().clockSkewMs ?? 0) - skew)).toBeLessThan(5_000);
    const since = new Date(Date.now() - 60_000);
    say('before', new Date(Date.now() + skew - 120_000).toISOString());
    say('after', new Date(Date.now() + skew - 30_000).toISOString());
    const { texts } = read({ sinceTime: since });
    await eventually(() => texts.length > 0);
    expect(texts).toEqual(['after']);
    const asked = Date.parse(proxy.seen(aLog)[0]?.url.searchParams.get('sinceTime') ?? '');
    expect(Math.abs(asked - since.getTime() - skew)).toBeLessThan(5_000);
  });

  it('by less than answers take is taken at its word, and so is a line’s own time', async () => {
    const { proxy, connection, read } = await container();
    await connection.requestText({ method: 'GET', path: '/version' as never });
    const since = new Date(Date.now() - 60_000);
    read({ sinceTime: since });
    await eventually(() => proxy.open(aLog).length === 1);
    proxy.inject(everything, skewDate(hour));
    await connection.requestText({ method: 'GET', path: '/version' as never });
    read({ sinceTime: since.toISOString() });
    await eventually(() => proxy.open(aLog).length === 2);
    for (const { url } of proxy.seen(aLog)) {
      expect(url.searchParams.get('sinceTime')).toBe(since.toISOString());
    }
  });
});
