import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { type Sandbox, startSandbox } from '../../../sandbox/sandbox.js';
import { type Stack, startStack } from '../../kit/stack.js';
import { eventually } from '../../kit/wait.js';
import { ApiClient } from '../../sandbox/api-client.js';
import { register } from '../faults/proxied-stack.js';
import { addPod, consecutive, counting, Reading, serviceLogs } from './logs-pods.js';

let sandbox: Sandbox;
let cluster: ApiClient;
let first: Stack;
let env: Record<string, string>;
beforeAll(async () => {
  sandbox = await startSandbox({ name: 'outside', pace: 0.1 });
  cluster = new ApiClient(sandbox);
  env = {
    MERIDIAN_CLUSTER_ORIGINS: sandbox.url,
    MERIDIAN_SECRET_KEY: randomBytes(32).toString('base64'),
    MERIDIAN_ADMIN_PASSWORD: randomBytes(12).toString('base64url'),
  };
  first = await startStack({ sandboxes: 0, env });
  await register(first, { name: 'outside', server: sandbox.url, token: sandbox.token });
});
afterAll(async () => {
  await first?.dispose();
  await sandbox?.dispose();
});

describe('a reader whose Meridian is another one after a while', () => {
  it('goes on after its cursor without loss or repetition', async () => {
    const service = await first.seed.service();
    for (const name of ['one', 'two']) await addPod(cluster, service, name, { script: counting });
    const before = await new Reading(first.admin, { serviceId: service.serviceId, tail: 3 }).until(
      (all) => Math.min(all.numbers('one').length, all.numbers('two').length) > 3,
    );
    const second = await startStack({ sandboxes: 0, env: { ...env, DATABASE_URL: first.databaseUrl } });
    try {
      await before.stop();
      const after = await new Reading(second.admin, {
        serviceId: service.serviceId,
        tail: 3,
        after: before.cursor,
      }).until(({ lines }) => lines.length > 8);
      await after.stop();
      for (const name of ['one', 'two']) {
        const numbers = [...before.numbers(name), ...after.numbers(name)];
        expect(numbers.length).toBeGreaterThan(4);
        expect(consecutive(numbers)).toBe(true);
      }
      expect([...after.of('LogGap'), ...after.of('LogPodJoined')]).toEqual([]);
    } finally {
      await second.dispose();
    }
  });
});

describe('a reader that is too slow', () => {
  it('is told how many lines it missed', async () => {
    const service = await first.seed.service();
    await addPod(cluster, service, 'flood', {
      annotations: { 'sandbox.meridian.dev/log-lines-per-second': '20000' },
    });
    const socket = new WebSocket(first.url.replace(/^http/, 'ws'), 'graphql-transport-ws');
    const received: any[] = [];
    socket.on('message', (data) => received.push(JSON.parse(String(data))));
    await new Promise((resolve) => socket.once('open', resolve));
    socket.send(
      JSON.stringify({ type: 'connection_init', payload: { authorization: `Bearer ${first.admin.token}` } }),
    );
    await eventually(() => received.some(({ type }) => type === 'connection_ack'));
    const payload = { query: serviceLogs, variables: { input: { serviceId: service.serviceId, tail: 1 } } };
    socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload }));
    const events = (): any[] =>
      received.filter(({ type }) => type === 'next').map((message) => message.payload.data.serviceLogs);
    try {
      await eventually(() => events().some(({ __typename }) => __typename === 'LogLines'));
      // Reads a little now and then: far less than is written.
      const reads = setInterval(() => {
        socket.resume();
        socket.once('message', () => socket.pause());
      }, 250);
      const gap = await eventually(() => events().find(({ __typename }) => __typename === 'LogGap'), {
        seconds: 50,
        what: 'a gap',
      }).finally(() => clearInterval(reads));
      expect(gap).toMatchObject({ dropped: expect.any(Number), reason: expect.stringContaining('faster') });
      expect(gap.dropped).toBeGreaterThan(0);
    } finally {
      socket.terminate();
    }
  });
});
