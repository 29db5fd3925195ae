import { afterEach, describe, expect, it } from 'vitest';
import { collectionPath, resources } from '../../../subgraphs/shared/kubernetes/resources.js';
import { connectTo, ended, FakeApiServer } from '../../kit/fake-api-server.js';
import { FaultProxy } from '../../kit/fault-proxy.js';
import { drip, everything, flood, neverAnswer } from '../../kit/fault-proxy-faults.js';
import { eventually } from '../../kit/wait.js';

const stack: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const dispose of stack.splice(0).reverse()) await dispose();
});

const pods = { method: 'GET', path: collectionPath(resources.pods, 'dev') } as const;

async function behindProxy(limits: object) {
  const server = await FakeApiServer.start((_request, response) => void response.end('{}'));
  const proxy = await FaultProxy.start(server.origin);
  const connection = connectTo(proxy.url, { limits });
  stack.push(
    () => server.close(),
    () => proxy.dispose(),
    () => connection.dispose(ended),
  );
  return { proxy, connection };
}

describe('an answer without end', () => {
  it('that pours is cut when it is larger than any answer may be, long before its deadline', async () => {
    const { proxy, connection } = await behindProxy({ answerBytes: 1024 * 1024, callDeadlineMs: 60_000 });
    proxy.inject(everything, flood);
    await expect(connection.request(pods)).rejects.toMatchObject({ code: 'TOO_LARGE' });
    await eventually(() => proxy.open().length === 0, { seconds: 5 });
    proxy.heal();
    await expect(connection.request(pods)).resolves.toEqual({});
  });

  it('that drips is cut by the deadline of the call, bytes or no bytes', async () => {
    const { proxy, connection } = await behindProxy({ callDeadlineMs: 400 });
    proxy.inject(everything, drip(20));
    await expect(connection.request(pods)).rejects.toMatchObject({ code: 'TIMEOUT' });
    await eventually(() => proxy.open().length === 0, { seconds: 5 });
  });

  it('that drips why a stream is refused is cut as well', async () => {
    const { proxy, connection } = await behindProxy({ streamOpenDeadlineMs: 400 });
    proxy.inject(everything, neverAnswer);
    await expect(connection.stream(pods)).rejects.toMatchObject({ code: 'TIMEOUT' });
    await eventually(() => proxy.open().length === 0, { seconds: 5 });
  });
});
