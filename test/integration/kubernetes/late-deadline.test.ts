import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { collectionPath, resources } from '../../../subgraphs/shared/kubernetes/resources.js';
import { connectTo, ended } from '../../kit/fake-api-server.js';

/**
 * An API server on a thread of its own, so that it answers while this one is busy. It counts the requests in the first
 * of the shared numbers, answers once the second is 1, and counts what it has answered in the third.
 */
const apiServer = `
  const { createServer } = require('node:http');
  const { parentPort, workerData } = require('node:worker_threads');
  const server = createServer((request, response) => {
    Atomics.add(workerData, 0, 1);
    const timer = setInterval(() => {
      if (Atomics.load(workerData, 1) === 0) return;
      clearInterval(timer);
      response.setHeader('content-type', 'application/json');
      response.end('{"items":[]}', () => Atomics.add(workerData, 2, 1));
    }, 1);
  }).listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));`;

it('an answer that came in time counts, also when this process was too busy to read it until its deadline had passed', async () => {
  const shared = new Int32Array(new SharedArrayBuffer(12));
  const worker = new Worker(apiServer, { eval: true, workerData: shared });
  const [port] = await once(worker, 'message');
  const connection = connectTo(`http://127.0.0.1:${port}`, { limits: { callDeadlineMs: 20_000 } });
  const pods = { method: 'GET', path: collectionPath(resources.pods, 'dev') } as const;
  try {
    // The next one has a connection, and is there in a moment.
    Atomics.store(shared, 1, 1);
    await connection.request(pods);
    Atomics.store(shared, 1, 0);
    const until = performance.now() + 2_500;
    const call = connection.request({ ...pods, deadlineMs: 2_000 });
    while (Atomics.load(shared, 0) === 1) await new Promise((resolve) => setImmediate(resolve));
    Atomics.store(shared, 1, 1);
    // Half a minute for the other thread to get a processor.
    while (performance.now() < until || (Atomics.load(shared, 2) < 2 && performance.now() < until + 30_000));
    expect(await call).toEqual({ items: [] });
    expect(connection.health()).toMatchObject({ circuit: 'CLOSED', lastError: null });
  } finally {
    await connection.dispose(ended);
    await worker.terminate();
  }
});
