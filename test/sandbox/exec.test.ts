import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.js';
import { heldBytes, mebibyte } from '../kit/memory.js';
import { eventually } from '../kit/wait.js';
import { ApiClient } from './api-client.js';

const PODS = '/api/v1/namespaces/default/pods';

let sandbox: Sandbox;
let client: ApiClient;

beforeAll(async () => {
  sandbox = await startSandbox({ name: 'exec', seed: 1, pace: 0.05 });
  client = new ApiClient(sandbox);
  await client.post(PODS, {
    metadata: { name: 'listener' },
    spec: { containers: [{ name: 'main', image: 'busybox:1.36', command: ['cat'], stdin: true }] },
  });
  for (const name of ['box', 'doomed'])
    await client.post(PODS, {
      metadata: { name },
      spec: {
        terminationGracePeriodSeconds: 0,
        containers: [{ name: 'main', image: 'busybox:1.36', command: ['sleep', '3600'] }],
      },
    });
  const isRunning = async (name: string) =>
    (await client.get(`${PODS}/${name}`)).body.status.phase === 'Running';
  await eventually(
    async () => (await isRunning('box')) && (await isRunning('doomed')) && (await isRunning('listener')),
  );
});

afterAll(() => sandbox.dispose());

class Session {
  private readonly output = new Map<number, string>();
  closeCode: number | undefined;

  private constructor(readonly socket: WebSocket) {
    socket.on('message', (data: Buffer) => {
      const channel = data.readUInt8(0);
      this.output.set(channel, this.on(channel) + data.subarray(1).toString());
    });
    socket.once('close', (code) => {
      this.closeCode = code;
    });
  }

  static async open(
    pod: string,
    query: string,
    { protocol = 'v5.channel.k8s.io', verb = 'exec' } = {},
  ): Promise<Session> {
    const url = `${sandbox.url.replace('http', 'ws')}${PODS}/${pod}/${verb}?${query}`;
    const socket = new WebSocket(url, [protocol], { headers: { authorization: `Bearer ${sandbox.token}` } });
    const session = new Session(socket);
    await new Promise((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('error', reject);
    });
    return session;
  }

  on(channel: number): string {
    return this.output.get(channel) ?? '';
  }

  send(channel: number, text: string | Buffer): void {
    this.socket.send(Buffer.concat([Buffer.from([channel]), Buffer.from(text)]));
  }

  ended = (): Promise<number> =>
    eventually(() => this.closeCode, { seconds: 10, what: 'the end of the session' });
}

describe('a command in a container', () => {
  test('gives output, errors and exit code on their channels', async () => {
    const session = await Session.open(
      'box',
      'command=sh&command=-c&command=echo+out;echo+err+>%262;exit+3&stdout=1&stderr=1',
    );
    expect(await session.ended()).toBe(1000);
    expect(session.on(1)).toBe('out\n');
    expect(session.on(2)).toBe('err\n');
    expect(JSON.parse(session.on(3))).toMatchObject({
      status: 'Failure',
      details: { causes: [{ message: '3' }] },
    });
  });

  test('reads its input until the client closes it', async () => {
    const session = await Session.open('box', 'command=cat&stdin=1&stdout=1');
    session.send(0, 'hello\n');
    await eventually(() => session.on(1) === 'hello\n');
    session.send(255, Buffer.from([0]));
    await session.ended();
    expect(JSON.parse(session.on(3))).toMatchObject({ status: 'Success' });
  });

  test('on a terminal sees the size that the client gives it', async () => {
    const session = await Session.open('box', 'command=sh&stdin=1&stdout=1&tty=1');
    session.send(4, '{"Width":101,"Height":37}');
    session.send(0, 'stty size\n');
    await eventually(() => session.on(1).includes('37 101'));
    session.send(0, 'exit 5\n');
    await session.ended();
    expect(JSON.parse(session.on(3))).toMatchObject({ details: { causes: [{ message: '5' }] } });
  });

  test('ends when its pod is deleted', async () => {
    const session = await Session.open('doomed', 'command=sleep&command=1000&stdout=1');
    await client.delete(`${PODS}/doomed`);
    expect(await session.ended()).toBe(1000);
    expect(JSON.parse(session.on(3))).toMatchObject({ status: 'Failure' });
  });

  test('survives frames that mean nothing', async () => {
    const session = await Session.open('box', 'command=cat&stdin=1&stdout=1');
    session.socket.send(Buffer.alloc(0));
    session.send(4, 'not json');
    session.send(9, 'unknown channel');
    session.send(0, 'still here\n');
    await eventually(() => session.on(1) === 'still here\n');
    session.socket.terminate();
  });

  test('is interrupted by the protocol that every client speaks: v4', async () => {
    const session = await Session.open('box', 'command=sh&stdin=1&stdout=1&tty=1', {
      protocol: 'v4.channel.k8s.io',
    });
    session.send(0, 'while true; do :; done\n');
    await eventually(() => session.on(1).includes('done\r\n'));
    session.send(0, '\u0003');
    session.send(0, 'echo code $?; exit\n');
    await eventually(() => session.on(1).includes('code 130'));
    expect(await session.ended()).toBe(1000);
  });

  test('takes 16 MB of input', async () => {
    const session = await Session.open('box', 'command=wc&command=-c&stdin=1&stdout=1');
    const piece = Buffer.alloc(1 << 20, 'x');
    for (let sent = 0; sent < 16; sent++) session.send(0, piece);
    session.send(255, Buffer.from([0]));
    await eventually(() => session.closeCode, { seconds: 30, what: 'the end of the input' });
    expect(session.on(1).trim()).toBe(String(16 << 20));
  });

  test('waits while its client does not read, and goes on when it does', async () => {
    const session = await Session.open('box', 'command=yes&stdout=1');
    await eventually(() => session.on(1).length > 1000);
    session.socket.pause();
    const before = await heldBytes();
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect((await heldBytes()) - before).toBeLessThan(100 * mebibyte);
    const seen = session.on(1).length;
    session.socket.resume();
    await eventually(() => session.on(1).length > seen + (4 << 20), { seconds: 30, what: 'more output' });
    session.socket.terminate();
  });

  test('runs beside many others', async () => {
    const query = (n: number) => `command=sh&command=-c&command=echo+${n};sleep+0.05;exit+${n}&stdout=1`;
    const sessions = await Promise.all(Array.from({ length: 50 }, (_, n) => Session.open('box', query(n))));
    await Promise.all(sessions.map((session) => session.ended()));
    for (const [n, session] of sessions.entries()) expect(session.on(1)).toBe(`${n}\n`);
  });
});

describe('attaching to a container', () => {
  const attach = () => Session.open('listener', 'stdin=1&stdout=1&stderr=1', { verb: 'attach' });

  test('joins the streams of its main process; several see the same', async () => {
    const [first, second] = [await attach(), await attach()];
    first.send(0, 'to all\n');
    await eventually(() => first.on(1) === 'to all\n' && second.on(1) === 'to all\n');
    first.socket.close();
    await first.ended();
    second.send(0, 'again\n');
    await eventually(() => second.on(1) === 'to all\nagain\n');
    second.socket.terminate();
    const log = await client.get(`${PODS}/listener/log`);
    expect(log.body).toBe('to all\nagain\n');
  });
});

describe('an ephemeral container', () => {
  const added = {
    spec: {
      ephemeralContainers: [
        { name: 'debug', image: 'busybox:1.36', stdin: true, tty: true, targetContainerName: 'main' },
      ],
    },
  };

  test('is started in the running pod, can be attached to, and is neither changed nor started again', async () => {
    const path = `${PODS}/box/ephemeralcontainers`;
    const patched = await client.patch(path, added, 'strategic-merge-patch');
    expect(patched.code).toBe(200);
    const status = async () => (await client.get(`${PODS}/box`)).body.status.ephemeralContainerStatuses?.[0];
    await eventually(async () => (await status())?.state.running);
    const session = await Session.open('box', 'container=debug&stdin=1&stdout=1&tty=1', { verb: 'attach' });
    session.send(0, 'ps; echo in $HOSTNAME; exit 4\n');
    await eventually(() => session.on(1).includes('sleep 3600'));
    await eventually(() => session.on(1).includes('in box\r\n'));
    await eventually(async () => (await status())?.state.terminated?.exitCode === 4);
    const changed = { spec: { ephemeralContainers: [{ name: 'debug', image: 'alpine:3' }] } };
    const refused = await client.patch(path, changed, 'strategic-merge-patch');
    expect(refused.code).toBe(422);
    expect((await status()).restartCount).toBe(0);
  });
});
