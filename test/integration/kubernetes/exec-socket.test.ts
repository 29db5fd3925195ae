import type { IncomingMessage } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import type { WebSocket } from 'ws';
import { BadUserInputError, NotFoundError, TooLargeError } from '../../../subgraphs/shared/errors.js';
import { isNotStarted } from '../../../subgraphs/shared/kubernetes/container-errors.js';
import {
  type ExecOutput,
  type OpenExecOptions,
  openExec,
} from '../../../subgraphs/shared/kubernetes/exec-socket.js';
import { connectTo, ended, FakeApiServer } from '../../kit/fake-api-server.js';
import { eventually } from '../../kit/wait.js';

const stack: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const dispose of stack.splice(0).reverse()) await dispose();
});

const frame = (channel: number, bytes: string | Uint8Array = '') =>
  Buffer.concat([Uint8Array.of(channel), Buffer.from(bytes)]);
const exit = (code: number) =>
  frame(
    3,
    JSON.stringify({
      metadata: {},
      status: 'Failure',
      message: `command terminated with exit code ${code}`,
      reason: 'NonZeroExitCode',
      details: { causes: [{ reason: 'ExitCode', message: String(code) }] },
    }),
  );
const success = frame(3, '{"metadata":{},"status":"Success"}');

async function container(onExec: (socket: WebSocket, request: IncomingMessage) => void) {
  const server = await FakeApiServer.start();
  server.onExec = onExec;
  const connection = connectTo(server.origin);
  stack.push(
    () => server.close(),
    () => connection.dispose(ended),
  );
  const output: ExecOutput[] = [];
  const open = (options: Partial<OpenExecOptions> = {}) =>
    openExec(connection, {
      namespace: 'dev',
      pod: 'web-1',
      container: 'app',
      command: ['sh'],
      tty: false,
      stdin: true,
      onOutput: (chunk) => output.push(chunk),
      ...options,
    });
  const text = (stream: string) =>
    Buffer.concat(output.filter((chunk) => chunk.stream === stream).map(({ bytes }) => bytes)).toString(
      'latin1',
    );
  return { server, connection, open, output, text };
}

/** What the client sent on a channel, as it arrives. */
function received(socket: WebSocket) {
  const frames: Buffer[] = [];
  socket.on('message', (data) => frames.push(data as Buffer));
  return {
    frames,
    on: (channel: number) => frames.filter((data) => data[0] === channel).map((data) => data.subarray(1)),
  };
}

describe('a command in a container', () => {
  it('gives its output, apart, and its exit code', async () => {
    const { server, open, text } = await container((socket) => {
      socket.send(frame(1));
      socket.send(frame(1, Buffer.from(Array.from({ length: 256 }, (_, i) => i))));
      socket.send(frame(2, 'err'));
      socket.send(exit(7));
      socket.close(1000);
    });
    const exec = await open({ command: ['sh', '-c', 'a b&c=?'] });
    expect(await exec.ended).toEqual({ exitCode: 7, reason: 'exited with code 7', error: null });
    expect([...text('STDOUT')].map((character) => character.charCodeAt(0))).toEqual([...Array(256).keys()]);
    expect(text('STDERR')).toBe('err');
    const { url, headers } = server.requests[0] ?? {};
    expect(url?.pathname).toBe('/api/v1/namespaces/dev/pods/web-1/exec');
    expect(url?.searchParams.getAll('command')).toEqual(['sh', '-c', 'a b&c=?']);
    expect(headers?.['sec-websocket-protocol']).toBe('v5.channel.k8s.io,v4.channel.k8s.io');
    expect(headers?.authorization).toBe('Bearer canary-token');
  });

  it('takes 1 MB of input in order while it reads slowly, and refuses more than waits already (EX-3)', async () => {
    let socket: WebSocket | undefined;
    let bytes = Buffer.alloc(0);
    const { open } = await container((opened) => {
      socket = opened;
      opened.pause();
      opened.on('message', (data) => {
        const [channel] = data as Buffer;
        if (channel === 0) bytes = Buffer.concat([bytes, (data as Buffer).subarray(1)]);
        if (channel === 255) opened.send(success);
      });
    });
    const exec = await open();
    const paste = Buffer.from(Array.from({ length: 1024 * 1024 }, (_, i) => i % 251));
    const written = exec.write(paste);
    await expect(exec.write(paste)).rejects.toBeInstanceOf(TooLargeError);
    socket?.resume();
    await written;
    expect(exec.closeInput()).toBe(true);
    expect(await exec.ended).toMatchObject({ exitCode: 0 });
    expect(bytes.equals(paste)).toBe(true);
  });

  it('waits in the cluster while its output is paused', async () => {
    let sent = 0;
    let done = false;
    const { open, output } = await container((socket) => {
      const block = frame(1, Buffer.alloc(32 * 1024));
      const send = (): void => {
        if (sent >= 128 * 1024 * 1024) {
          done = true;
          socket.send(success);
          return;
        }
        sent += block.length;
        socket.send(block, () => setImmediate(send));
      };
      socket.once('message', send);
    });
    const exec = await open();
    exec.pause();
    await exec.write(Buffer.from('go'));
    const stuckAt = await eventually(async () => {
      const before = sent;
      await new Promise((resolve) => setTimeout(resolve, 150));
      return sent > 0 && sent === before ? sent : 0;
    });
    expect(done).toBe(false);
    expect(stuckAt).toBeLessThan(32 * 1024 * 1024);
    exec.resume();
    expect(await exec.ended).toMatchObject({ exitCode: 0 });
    expect(output.reduce((sum, { bytes }) => sum + bytes.byteLength, 0)).toBe(4096 * 32 * 1024);
  });

  it('learns the last of many sizes, and refuses impossible ones (EX-2)', async () => {
    let client: ReturnType<typeof received> | undefined;
    const { open } = await container((socket) => {
      client = received(socket);
    });
    const exec = await open({ tty: true, columns: 80, rows: 24 });
    await eventually(() => client?.on(4).length);
    for (let i = 1; i <= 1_000; i++) exec.resize(i, 40);
    await eventually(() => client?.on(4).at(-1)?.toString() === '{"Width":1000,"Height":40}');
    expect(client?.on(4)[0]?.toString()).toBe('{"Width":80,"Height":24}');
    expect(client?.on(4).length).toBeLessThan(10);
    for (const [columns, rows] of [
      [0, 0],
      [65_536, 24],
      [-1, 24],
      [80, 1.5],
      [Number.NaN, 24],
    ] as const) {
      expect(() => exec.resize(columns, rows)).toThrow(BadUserInputError);
    }
    await exec.close();
  });

  it('is interrupted and told the end of input when it is closed', async () => {
    let client: ReturnType<typeof received> | undefined;
    const { server, open } = await container((socket) => {
      client = received(socket);
      socket.on('message', (data) => {
        if ((data as Buffer)[0] === 255) socket.send(exit(130), () => socket.close(1000));
      });
    });
    const exec = await open({ tty: true });
    expect(await exec.close()).toMatchObject({ exitCode: 130, error: null });
    expect(client?.frames.map((data) => [...data])).toEqual([
      [0, 3],
      [0, 4],
      [255, 0],
    ]);
    await eventually(() => server.sockets.size === 0);
  });

  it('that does not heed being closed is left after a second, as perhaps still running', async () => {
    const { server, open } = await container((socket) => void socket.on('message', () => undefined));
    const exec = await open({ tty: true });
    expect(await exec.close()).toEqual({ exitCode: null, reason: 'closed by Meridian', error: null });
    await eventually(() => server.sockets.size === 0);
  });

  it('ends when its signal aborts, when the cluster falls silent and when it is removed (CL-15)', async () => {
    const { open, connection, server } = await container((socket) => {
      // Answers no ping.
      (
        socket as unknown as { _receiver: { removeAllListeners(name: string): void } }
      )._receiver.removeAllListeners('ping');
    });
    const client = new AbortController();
    const [aborted, silent] = [await open({ signal: client.signal }), await open({ pingMs: 50 })];
    client.abort();
    expect(await aborted.ended).toMatchObject({ exitCode: null, error: null });
    expect(await silent.ended).toMatchObject({ error: { code: 'TIMEOUT' } });
    const removed = await open();
    const reason = new NotFoundError('cluster', 'cluster_a');
    await connection.dispose(reason);
    expect(await removed.ended).toMatchObject({ exitCode: null, error: reason });
    await eventually(() => server.sockets.size === 0);
  });
});

describe('a cluster that breaks the exec protocol (EX-5)', () => {
  it.each<[string, (socket: WebSocket) => void]>([
    ['an empty message', (socket) => socket.send(Buffer.alloc(0))],
    ['a message for channel 9', (socket) => socket.send(frame(9, 'x'))],
    ['a message for channel 0', (socket) => socket.send(frame(0, 'x'))],
    ['a status that is not JSON', (socket) => socket.send(frame(3, '{{{'))],
    ['a status that says neither', (socket) => socket.send(frame(3, 'null'))],
    ['a status that says neither', (socket) => socket.send(frame(3, '[1]'))],
    ['a text message', (socket) => socket.send('hello')],
    ['broke the session', (socket) => socket.send(Buffer.alloc(100 * 1024 * 1024, 1))],
    ['broke the session', (socket) => socket.terminate()],
    ['broke the session', (socket) => socket.close(1011)],
  ])('with %s ends the session with an error, and nothing else', async (what, misbehave) => {
    const { open, text } = await container((socket) => {
      socket.on('error', () => undefined);
      socket.send(frame(1, 'before'), () => misbehave(socket));
    });
    const exec = await open();
    const end = await exec.ended;
    expect(end).toMatchObject({ exitCode: null, error: { code: 'CLUSTER_UNAVAILABLE' } });
    expect(end.error?.message).toContain(what);
    expect(text('STDOUT')).toBe('before');
    await expect(exec.write(Buffer.from('x'))).rejects.toThrow(/This session has ended/);
    exec.resize(80, 24);
    await exec.close();
  });
});

describe('a command that is refused', () => {
  const answer = (code: number, body: object | string) => {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return `HTTP/1.1 ${code} Refused\r\nContent-Length: ${Buffer.byteLength(text)}\r\nConnection: close\r\n\r\n${text}`;
  };
  const status = (code: number, reason: string, message: string, details: object = {}) =>
    answer(code, { kind: 'Status', status: 'Failure', message, reason, details, code });

  it.each([
    [
      status(404, 'NotFound', 'pods "web-1" not found', { name: 'web-1', kind: 'pods' }),
      /^pod "web-1" does not exist/,
    ],
    [
      status(400, 'BadRequest', 'container app is not valid for pod web-1'),
      /^container "app" does not exist/,
    ],
    [status(403, 'Forbidden', 'pods "web-1" is forbidden: '), /refused this|does not let Meridian/],
    [status(401, 'Unauthorized', 'Unauthorized'), /refuses Meridian's credentials/],
    [answer(403, ''), /does not let Meridian do this/],
  ])('says why', async (refusal, message) => {
    const { server, open } = await container(() => undefined);
    server.refuseUpgrades(refusal);
    await expect(open()).rejects.toThrow(message);
  });

  it.each([
    status(400, 'BadRequest', 'pod web-1 does not have a host assigned'),
    answer(500, 'container not found ("app")'),
  ])('can be asked again when the container runs', async (refusal) => {
    const { server, open } = await container(() => undefined);
    server.refuseUpgrades(refusal);
    expect(isNotStarted(await open().catch((error: unknown) => error))).toBe(true);
  });

  it('is not taken elsewhere by a redirect (CL-11)', async () => {
    const target = await FakeApiServer.start();
    stack.push(() => target.close());
    const { server, open } = await container(() => undefined);
    server.refuseUpgrades(`HTTP/1.1 302 Found\r\nLocation: ${target.origin}/\r\nContent-Length: 0\r\n\r\n`);
    await expect(open()).rejects.toThrow(/answered with a redirect, which is not followed/);
    expect(target.connections).toBe(0);
  });

  it('was not found in the container', async () => {
    const { open } = await container((socket) => {
      const message = 'OCI runtime exec failed: "zsh": executable file not found in $PATH: containerd://0123';
      socket.send(frame(3, JSON.stringify({ status: 'Failure', message, reason: 'InternalError' })));
    });
    const exec = await open({ command: ['zsh'] });
    const end = await exec.ended;
    expect(end).toMatchObject({ exitCode: null, error: { code: 'CLUSTER_REJECTED' } });
    expect(end.reason).toBe('"zsh" was not found in the container');
  });

  it.each([
    { pod: '../../kube-system/secrets/root?x=' },
    { pod: '' },
    { namespace: '..' },
    { container: 'app&command=rm' },
    { command: [] },
    { command: ['a\0b'] },
    { command: ['x'.repeat(1024 * 1024)] },
    { columns: 0, rows: 24 },
  ])('because the question is wrong never reaches the cluster: %j', async (options) => {
    const { server, open } = await container(() => undefined);
    await expect(open(options)).rejects.toBeInstanceOf(BadUserInputError);
    expect(server.connections).toBe(0);
  });
});
