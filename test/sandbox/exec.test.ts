import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.js';
import { eventually } from '../kit/wait.js';
import { ApiClient } from './api-client.js';

const PODS = '/api/v1/namespaces/default/pods';

let sandbox: Sandbox;
let client: ApiClient;

beforeAll(async () => {
  sandbox = await startSandbox({ name: 'exec', seed: 1, pace: 0.05 });
  client = new ApiClient(sandbox);
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
  await eventually(async () => (await isRunning('box')) && (await isRunning('doomed')));
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

  static async open(pod: string, query: string, protocol = 'v5.channel.k8s.io'): Promise<Session> {
    const url = `${sandbox.url.replace('http', 'ws')}${PODS}/${pod}/exec?${query}`;
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
});
