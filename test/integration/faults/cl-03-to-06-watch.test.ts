import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { When } from '../../kit/fault-proxy.js';
import {
  cutInLineAfter,
  goneEvent,
  goneInStream,
  listOf,
  refuse,
  tooManyRequests,
  watchOf,
} from '../../kit/fault-proxy-faults.js';
import type { SeededService } from '../../kit/seed.js';
import { eventually } from '../../kit/wait.js';
import { PodStream } from './pod-stream.js';
import { type ProxiedCluster, type ProxiedStack, startProxiedStack } from './proxied-stack.js';

let proxied: ProxiedStack;
let services: SeededService[];
let otherStream: PodStream;
let cluster: ProxiedCluster;
let service: SeededService;
let stream: PodStream;

const podWatch = watchOf('pods');
const podList = listOf('pods');

// One cluster for each case: pauses between attempts are reset only after two healthy minutes.
const cases = ['gone-in-stream', 'gone-by-http', 'busy', 'failing', 'cut'];

beforeAll(async () => {
  proxied = await startProxiedStack(['well', ...cases], { sandbox: { nodes: 1 } });
  const { seed } = proxied.stack;
  services = await Promise.all(
    proxied.clusters.map(async ({ id }) =>
      seed.runningService({ environment: await seed.environment({ clusterId: id }) }),
    ),
  );
  otherStream = new PodStream(proxied.stack, services[0]?.serviceId ?? '');
  await otherStream.staleness(false);
});
afterAll(async () => {
  // Whatever happened to the others, this cluster’s subscriber was told nothing of it.
  expect(otherStream.events.map(({ __typename }) => __typename)).toEqual(['PodsSnapshot']);
  expect(otherStream.ended).toBeUndefined();
  await otherStream.stop();
  await proxied?.dispose();
});

async function subscribeTo(name: string): Promise<void> {
  const index = proxied.clusters.findIndex((candidate) => candidate.name === name);
  [cluster, service] = [proxied.clusters[index], services[index]] as [ProxiedCluster, SeededService];
  stream = new PodStream(proxied.stack, service.serviceId);
  await stream.staleness(false);
  await oneWatch();
}
afterEach(async () => {
  expect(stream.ended).toBeUndefined();
  await stream.stop();
});

const oneWatch = () =>
  eventually(
    () => cluster.proxy.open((exchange) => podWatch(exchange) && exchange.status === 200).length === 1,
  );

const podsOf = () =>
  cluster.sandbox.api
    .list('pods', { namespace: service.namespace })
    .map(({ metadata }) => metadata.name)
    .sort();

/** Deletes a pod in the cluster: its ReplicaSet makes another one. Gives the name of the one that goes. */
function deleteOnePod(): string {
  const [name = ''] = podsOf();
  cluster.sandbox.api.remove('pods', service.namespace, name, { gracePeriodSeconds: 0 });
  return name;
}

/** The subscriber believes what is true. */
const agrees = () =>
  eventually(
    () => {
      const seen = stream.pods();
      return (
        JSON.stringify([...seen.keys()].sort()) === JSON.stringify(podsOf()) &&
        [...seen.values()].every((status) => status === 'RUNNING')
      );
    },
    { seconds: 40, what: 'the subscriber sees the pods that there are' },
  );

const count = (when: When) => cluster.proxy.seen(when).length;

describe('a subscriber to pods whose cluster', () => {
  it.each([
    ['says in the stream', 'STREAM'],
    ['answers by HTTP', 'HTTP'],
  ])(
    '%s that its version is forgotten (CL-3) sees one list’s differences, and nothing twice',
    async (_what, how) => {
      await subscribeTo(how === 'HTTP' ? 'gone-by-http' : 'gone-in-stream');
      const lists = count(podList);
      const heard = stream.events.length;
      // Nothing passes while the change is made, so that only the list can tell of it.
      const release = cluster.proxy.inject(
        podWatch,
        how === 'HTTP' ? refuse(410, 'Expired') : goneInStream,
        1,
      );
      for (const exchange of cluster.proxy.open(podWatch)) exchange.goHalfOpen();
      const gone = deleteOnePod();
      await eventually(() => podsOf().length === 2 && !podsOf().includes(gone));
      cluster.sandbox.compact();
      for (const exchange of cluster.proxy.open(podWatch)) {
        if (how === 'HTTP') exchange.cut();
        else {
          release();
          exchange.write(goneEvent);
          exchange.end();
        }
      }
      await agrees();
      await oneWatch();
      expect(count(podList) - lists).toBe(1);
      expect(stream.events.slice(heard).filter(({ name }) => name === gone).length).toBeLessThanOrEqual(1);
      expect(stream.pods().has(gone)).toBe(false);
      expect(stream.repeated('PodAdded', heard)).toEqual([]);
    },
  );

  it('asks to wait (CL-4) is left alone for so long, by the watch; a query is told RATE_LIMITED, a mutation is not repeated', async () => {
    await subscribeTo('busy');
    const refused = cluster.proxy.inject(podWatch, tooManyRequests(3), 1);
    for (const exchange of cluster.proxy.open(podWatch)) exchange.cut();
    await eventually(() => count((exchange) => podWatch(exchange) && exchange.status === 429) > 0);
    await stream.staleness(true);
    await oneWatch();
    refused();
    const watches = cluster.proxy.seen(podWatch);
    const [before, after] = watches.slice(-2);
    expect(before?.status).toBe(429);
    expect((after?.at ?? 0) - (before?.at ?? 0)).toBeGreaterThanOrEqual(2_990);

    const writes: When = ({ method }) => method !== 'GET';
    const asked = count(writes);
    const stop = cluster.proxy.inject(writes, tooManyRequests(7));
    const { data, errors } = await proxied.stack.admin.send(
      'mutation ($input: DeployInput!) { deploy(input: $input) { userErrors { code } } }',
      { input: { serviceId: service.serviceId, image: 'nginx:1.29' } },
    );
    stop();
    expect([errors?.[0]?.extensions.code, data?.deploy?.userErrors[0]?.code]).toContain('RATE_LIMITED');
    const sent = cluster.proxy.seen(writes).slice(asked);
    const paths = sent.map(({ method, url }) => `${method} ${url.pathname}`);
    expect(new Set(paths).size).toBe(paths.length);
  });

  it('fails every watch for a while (CL-5) is asked ever more rarely, and delivers afterwards what happened, once', async () => {
    await subscribeTo('failing');
    const lists = count(podList);
    const heard = stream.events.length;
    const failing: When = (exchange) => podWatch(exchange) && exchange.status === 500;
    const failed = count(failing);
    const stop = cluster.proxy.inject(podWatch, refuse(500, 'InternalError'));
    for (const exchange of cluster.proxy.open(podWatch)) exchange.cut();
    await stream.staleness(true, heard);
    const gone = deleteOnePod();
    await eventually(() => count(failing) - failed >= 3);
    const [first = 0, second = 0] = cluster.proxy.intervals(failing).slice(failed);
    // 0.8 s and its double, each give or take a quarter; on a busy machine it may be more.
    expect(first).toBeGreaterThanOrEqual(595);
    expect(second).toBeGreaterThanOrEqual(1_195);
    stop();
    await stream.staleness(false, heard + 1);
    await agrees();
    expect(count(podList)).toBe(lists);
    expect(stream.pods().has(gone)).toBe(false);
    expect(stream.repeated('PodAdded', heard)).toEqual([]);
    expect(stream.repeated('PodRemoved', heard)).toEqual([]);
  });

  it('breaks off inside a line, again and again (CL-6) loses nothing and repeats nothing', async () => {
    await subscribeTo('cut');
    const lists = count(podList);
    const heard = stream.events.length;
    cluster.proxy.inject(podWatch, cutInLineAfter(1), 3);
    for (const exchange of cluster.proxy.open(podWatch)) exchange.cut();
    const gone = deleteOnePod();
    await eventually(() => count((exchange) => podWatch(exchange) && !exchange.open) > 0);
    await agrees();
    expect(count(podList)).toBe(lists);
    expect(stream.pods().has(gone)).toBe(false);
    expect(stream.repeated('PodAdded', heard)).toEqual([]);
    expect(stream.repeated('PodRemoved', heard)).toEqual([]);
  });
});
