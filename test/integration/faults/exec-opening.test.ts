import { afterEach, describe, expect, it } from 'vitest';
import { Connections } from '../../../subgraphs/shared/kubernetes/connections.js';
import { openExec } from '../../../subgraphs/shared/kubernetes/exec-socket.js';
import { FakeApiServer, noActors, policyFor, silentLogger, tokenFor } from '../../kit/fake-api-server.js';
import { type Fault, FaultProxy } from '../../kit/fault-proxy.js';
import { anExec, drip, everything, neverAnswer, refuse } from '../../kit/fault-proxy-faults.js';
import { eventually } from '../../kit/wait.js';

const stack: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const dispose of stack.splice(0).reverse()) await dispose();
});

const begun =
  (head: string): Fault =>
  (exchange) => {
    exchange.write(head);
    drip(20)(exchange);
  };

/**
 * A cluster behind the proxy whose containers run everything; `token` is what the store holds. What is to be answered
 * has the usual deadline: a busy machine may take any shorter one to answer.
 */
async function cluster(limits: { webSockets?: number; callDeadlineMs?: number } = {}) {
  const server = await FakeApiServer.start();
  server.onExec = () => undefined;
  const proxy = await FaultProxy.start(server.origin);
  const store = { token: 'first' };
  const time = { ms: Date.now() };
  const connections = new Connections({
    actors: noActors,
    source: {
      find: async () => ({ clusterName: 'alpha', credentials: tokenFor(proxy.url, store.token) }),
    },
    addressPolicy: policyFor(proxy.url),
    logger: silentLogger,
    clock: { now: () => time.ms },
    limits,
  });
  stack.push(
    () => server.close(),
    () => proxy.dispose(),
    () => connections.dispose(),
  );
  const open = async () =>
    openExec(await connections.get('cluster_a'), {
      namespace: 'dev',
      pod: 'web-1',
      container: 'app',
      command: ['sh'],
      tty: false,
      stdin: true,
      onOutput: () => undefined,
    });
  return { proxy, store, time, connections, open };
}

describe('a session with a cluster that does not let it open', () => {
  it('because it answers something else than HTTP fails, and the socket is closed (CL-2)', async () => {
    const { proxy, open, connections } = await cluster();
    proxy.inject(anExec, drip(20));
    const code = 'CLUSTER_UNAVAILABLE';
    await expect(open()).rejects.toMatchObject({ code });
    await eventually(() => proxy.sockets.size === 0);
    expect((await connections.get('cluster_a')).health()).toMatchObject({ lastError: { code } });
  });

  it.each<[string, Fault]>([
    ['never answers', neverAnswer],
    ['drips the head of its answer', begun('HTTP/1.1 403 Forbidden\r\nx: ')],
    ['drips why it refuses', begun('HTTP/1.1 403 Forbidden\r\ncontent-length: 1000000\r\n\r\n')],
  ])('because it %s fails by its deadline, and the socket is closed (CL-2)', async (_what, fault) => {
    const { proxy, open, connections } = await cluster({ callDeadlineMs: 400 });
    proxy.inject(anExec, fault);
    const code = 'TIMEOUT';
    await expect(open()).rejects.toMatchObject({ code });
    await eventually(() => proxy.sockets.size === 0, { seconds: 5 });
    expect((await connections.get('cluster_a')).health()).toMatchObject({ lastError: { code } });
  });

  it('counts for the circuit breaker: who comes next is told at once', async () => {
    const { proxy, open } = await cluster({ callDeadlineMs: 400 });
    proxy.inject(anExec, neverAnswer);
    await expect(open()).rejects.toMatchObject({ code: 'TIMEOUT' });
    await expect(open()).rejects.toMatchObject({ code: 'CLUSTER_UNAVAILABLE' });
    expect(proxy.exchanges.length).toBeLessThanOrEqual(1);
  });

  it('because the token was replaced meanwhile finds the new one (CL-8)', async () => {
    const { proxy, open, store, connections } = await cluster();
    const { renewed } = await connections.get('cluster_a');
    proxy.inject(({ headers }) => headers.authorization === 'Bearer first', refuse(401, 'Unauthorized'));
    store.token = 'second';
    // Which of the two is told depends on whether the store or the refusal's text was read first.
    await expect(open()).rejects.toMatchObject({
      code: expect.stringMatching(/^CLUSTER_(AUTH_FAILED|UNAVAILABLE)$/),
    });
    await eventually(() => renewed.aborted);
    await (await open()).close();
    expect(proxy.seen(anExec).map(({ status }) => status)).toEqual([401, 101]);
  });

  it('because it refuses the only token asks no more than once in 30 seconds (CL-8)', async () => {
    const { proxy, open, time } = await cluster();
    proxy.inject(anExec, refuse(401, 'Unauthorized'));
    const refused = async () =>
      expect(open()).rejects.toMatchObject({
        code: 'CLUSTER_AUTH_FAILED',
        message: expect.stringContaining('rotateClusterCredentials'),
      });
    for (let i = 0; i < 20; i++) await refused();
    expect(proxy.exchanges).toHaveLength(1);
    time.ms += 30_000;
    for (let i = 0; i < 20; i++) await refused();
    expect(proxy.exchanges).toHaveLength(2);
    proxy.heal();
    time.ms += 30_000;
    await (await open()).close();
  });

  it('because too many are open already is told so, and others are not', async () => {
    const { open, proxy } = await cluster({ webSockets: 2 });
    const sessions = [await open(), await open()];
    await expect(open()).rejects.toMatchObject({ code: 'RATE_LIMITED' });
    await sessions[0]?.close();
    await eventually(() => proxy.open().length === 1);
    const next = await open();
    expect(proxy.seen(everything)).toHaveLength(3);
    await Promise.all([next.close(), sessions[1]?.close()]);
  });
});
