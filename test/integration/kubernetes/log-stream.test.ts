import { afterEach, describe, expect, it } from 'vitest';
import {
  BadUserInputError,
  ClusterUnavailableError,
  NotFoundError,
} from '../../../subgraphs/shared/errors.js';
import { isNotStarted } from '../../../subgraphs/shared/kubernetes/container-errors.js';
import type { LogLine } from '../../../subgraphs/shared/kubernetes/log-lines.js';
import { type FollowLogOptions, followLog } from '../../../subgraphs/shared/kubernetes/log-stream.js';
import { connectTo, ended, FakeApiServer, type FakeHandler, sendStatus } from '../../kit/fake-api-server.js';
import { eventually } from '../../kit/wait.js';

const stack: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const dispose of stack.splice(0).reverse()) await dispose();
});

async function logOf(handler: FakeHandler) {
  const server = await FakeApiServer.start(handler);
  const connection = connectTo(server.origin);
  stack.push(
    () => server.close(),
    () => connection.dispose(ended),
  );
  const follow = (options: Partial<FollowLogOptions> = {}) =>
    followLog(connection, {
      namespace: 'dev',
      pod: 'web-1',
      container: 'app',
      follow: true,
      random: () => 0.5,
      wait: () => Promise.resolve(),
      ...options,
    });
  return { server, connection, follow };
}

async function collect(batches: AsyncIterable<readonly LogLine[]>): Promise<LogLine[]> {
  const lines: LogLine[] = [];
  for await (const batch of batches) lines.push(...batch);
  return lines;
}
const at = (second: number, nanos = '000000001') =>
  `2026-11-22T18:16:${String(second).padStart(2, '0')}.${nanos}Z`;

describe('following a log', () => {
  it('gives lines with their times until the container ends', async () => {
    const { server, follow } = await logOf((_request, response) => {
      response.write(`${at(1)} one\n${at(2)} t`);
      response.write('wo\r\n\n');
      response.end(`${at(3)} no newline at the end`);
    });
    const lines = await collect(follow({ tailLines: 0, sinceTime: '2026-11-22T18:16:00Z', previous: true }));
    expect(lines).toEqual([
      { at: new Date('2026-11-22T18:16:01.000Z'), time: at(1), text: 'one', partial: false },
      { at: new Date('2026-11-22T18:16:02.000Z'), time: at(2), text: 'two\r', partial: false },
      { at: new Date(0), time: '', text: '', partial: false },
      {
        at: new Date('2026-11-22T18:16:03.000Z'),
        time: at(3),
        text: 'no newline at the end',
        partial: false,
      },
    ]);
    const url = server.requests[0]?.url;
    expect(url?.pathname).toBe('/api/v1/namespaces/dev/pods/web-1/log');
    expect(Object.fromEntries(url?.searchParams ?? [])).toEqual({
      container: 'app',
      follow: 'true',
      timestamps: 'true',
      previous: 'true',
      tailLines: '0',
      sinceTime: '2026-11-22T18:16:00Z',
    });
  });

  it('goes on after a cut with neither loss nor repetition, even among lines of the same instant (LO-3)', async () => {
    const all = [`${at(1)} a`, `${at(2)} b`, `${at(2)} c`, `${at(2)} d`, `${at(3)} e`].map(
      (line) => `${line}\n`,
    );
    let cuts = 0;
    const { server, follow } = await logOf((request, response) => {
      const since = request.url.searchParams.get('sinceTime');
      const rest = all.filter((line) => since === null || line.slice(0, since.length) >= since);
      if (cuts++ === 0) {
        response.write(`${all.slice(0, 3).join('')}2026-11-22T18:16:02.00`);
        setTimeout(() => response.destroy(), 20);
      } else if (cuts === 2) response.socket?.destroy();
      else response.end(rest.join(''));
    });
    expect((await collect(follow())).map(({ text }) => text)).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(server.requests.map(({ url }) => url.searchParams.get('sinceTime'))).toEqual([null, at(2), at(2)]);
  });

  it('fails when it stays cut, rather than just stopping', async () => {
    let opened = 0;
    const { follow } = await logOf((_request, response) => {
      if (opened++ === 0) response.write(`${at(1)} a\n`);
      setTimeout(() => response.destroy(), 10);
    });
    const lines: string[] = [];
    await expect(
      (async () => {
        for await (const batch of follow()) lines.push(...batch.map(({ text }) => text));
      })(),
    ).rejects.toBeInstanceOf(ClusterUnavailableError);
    expect(lines).toEqual(['a']);
  });

  it('holds the sender back while the reader is slow', async () => {
    let sent = 0;
    const { follow } = await logOf(async (_request, response) => {
      const block = `${`${at(1)} ${'x'.repeat(1_000)}`}\n`.repeat(64);
      response.setMaxListeners(0).on('close', () => {
        sent = Number.NEGATIVE_INFINITY;
      });
      while (sent >= 0 && sent < 300 * 1024 * 1024) {
        sent += block.length;
        if (!response.write(block))
          await new Promise((resolve) => response.once('drain', resolve).once('close', resolve));
      }
    });
    const log = follow();
    await log.next();
    const settledAt = await eventually(async () => {
      const before = sent;
      await new Promise((resolve) => setTimeout(resolve, 100));
      return sent === before ? sent : 0;
    });
    expect(settledAt).toBeLessThan(32 * 1024 * 1024);
    await log.return(undefined);
    await eventually(() => sent < 0);
  });

  it('leaves the cluster when its signal aborts', async () => {
    const { server, follow } = await logOf((_request, response) => {
      response.write(`${at(1)} a\n`);
    });
    const reader = new AbortController();
    const log = follow({ signal: reader.signal });
    await log.next();
    const next = log.next();
    reader.abort(new Error('left'));
    await expect(next).rejects.toThrow('left');
    await eventually(() => server.sockets.size === 0);
  });

  it('delivers a line of 10 MB in pieces without keeping it (LO-1)', async () => {
    const { follow } = await logOf(async (_request, response) => {
      response.write(`${at(1)} `);
      for (let i = 0; i < 160; i++) response.write('ä'.repeat(32 * 1024));
      response.end(`\n${at(2)} next\n`);
    });
    let text = '';
    let longest = 0;
    const tail: LogLine[] = [];
    for await (const batch of follow()) {
      for (const line of batch) {
        longest = Math.max(longest, Buffer.byteLength(line.text));
        if (line.time === at(1)) text += line.text;
        tail.push({ ...line, text: line.text.slice(0, 8) });
      }
    }
    expect(longest).toBeLessThanOrEqual(64 * 1024);
    expect(text).toBe('ä'.repeat(160 * 32 * 1024));
    expect(tail.slice(0, -2).every(({ partial, time }) => partial && time === at(1))).toBe(true);
    expect(tail.at(-2)?.partial).toBe(false);
    expect(tail.at(-1)).toMatchObject({ text: 'next', partial: false, time: at(2) });
  });
});

describe('a log that cannot be had', () => {
  it.each([
    [
      'container "app" in pod "web-1" is waiting to start: trying and failing to pull image',
      true,
      /it waits to start \(trying and failing to pull image\)/,
    ],
    [
      'container "app" in pod "web-1" is waiting to start: PodInitializing',
      true,
      /it waits to start \(PodInitializing\)/,
    ],
    [
      'previous terminated container "app" in pod "web-1" not found',
      false,
      /Earlier run of container "app" does not exist/,
    ],
    ['container app is not valid for pod web-1', false, /container "app" does not exist/],
  ])('is said in words: %s', async (message, waits, text) => {
    const { follow } = await logOf((_request, response) => sendStatus(response, 400, 'BadRequest', message));
    const error = await collect(follow()).catch((thrown: unknown) => thrown);
    expect(isNotStarted(error)).toBe(waits);
    expect(String(error)).toMatch(text);
  });

  it('because its pod is not on a node yet has not started', async () => {
    const { follow } = await logOf((_request, response) => void response.writeHead(204).end());
    expect(isNotStarted(await collect(follow()).catch((error: unknown) => error))).toBe(true);
  });

  it('because the runtime lost it is NOT_FOUND, though the cluster answers 200 (LO-5)', async () => {
    const { follow } = await logOf((_request, response) => {
      response.end('unable to retrieve container logs for containerd://a559e727');
    });
    await expect(collect(follow({ follow: false, previous: true }))).rejects.toBeInstanceOf(NotFoundError);
  });

  it.each([
    { tailLines: -1 },
    { tailLines: 1.5 },
    { sinceTime: 'yesterday' },
    { pod: '..' },
    { namespace: '../kube-system/secrets/root?x=' },
    { container: 'a&follow=false' },
  ])('because the question is wrong is refused before the cluster is asked: %j (LO-6)', async (options) => {
    const { server, follow } = await logOf(() => undefined);
    await expect(collect(follow(options))).rejects.toBeInstanceOf(BadUserInputError);
    expect(server.connections).toBe(0);
  });
});
