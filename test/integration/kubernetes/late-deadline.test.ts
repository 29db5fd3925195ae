import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';
import { collectionPath, resources } from '../../../subgraphs/shared/kubernetes/resources.js';
import { connectTo, ended } from '../../kit/fake-api-server.js';

/**
 * An API server on a thread of its own, so that it answers while this one is busy. It counts the requests in the first
 * of the shared numbers, and answers once the second is 1.
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
      response.end('{"items":[]}');
    }, 1);
  }).listen(0, '127.0.0.1', () => parentPort.postMessage(server.address().port));`;

it('an answer that came in time counts, also when this process was too busy to read it until its deadline had passed', async () => {
  const shared = new Int32Array(new SharedArrayBuffer(8));
  const worker = new Worker(apiServer, { eval: true, workerData: shared });
  const [port] = await once(worker, 'message');
  const connection = connectTo(`http://127.0.0.1:${port}`, { limits: { callDeadlineMs: 20_000 } });
  const call = connection.request({
    method: 'GET',
    path: collectionPath(resources.pods, 'dev'),
    deadlineMs: 2_000,
  });
  try {
    while (Atomics.load(shared, 0) === 0) await new Promise((resolve) => setImmediate(resolve));
    Atomics.store(shared, 1, 1);
    const until = performance.now() + 2_500;
    while (performance.now() < until);
    expect(await call).toEqual({ items: [] });
    expect(connection.health()).toMatchObject({ circuit: 'CLOSED', lastError: null });
  } finally {
    await connection.dispose(ended);
    await worker.terminate();
  }
});
