import { afterEach, describe, expect, it } from 'vitest';
import { Connections } from '../../../subgraphs/shared/kubernetes/connections.js';
import { Informers } from '../../../subgraphs/shared/kubernetes/informers.js';
import { resources } from '../../../subgraphs/shared/kubernetes/resources.js';
import { FakeApiServer, policyFor, silentLogger, tokenFor } from '../../kit/fake-api-server.js';
import { FakeCollection } from '../../kit/fake-collection.js';
import { type Fault, FaultProxy } from '../../kit/fault-proxy.js';
import { anyWatch, drip } from '../../kit/fault-proxy-faults.js';
import { eventually } from '../../kit/wait.js';

const stack: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const dispose of stack.splice(0).reverse()) await dispose();
});

const nonsense: Fault = (exchange) => exchange.answer(200, {}, '{"kind":"Cheese"}\n');
const nothing: Fault = (exchange) => exchange.answer(200);
const endless: Fault = (exchange) => {
  exchange.write('{"type":"ADDED","object":"');
  drip(10)(exchange);
};

describe('a cluster that answers watches, though not as an API server does (CL-12)', () => {
  it.each([
    ['with nonsense', nonsense],
    ['with nothing', nothing],
    ['with a line that never ends', endless],
  ])('%s is stale, whatever changed behind that, until an answer can be read', async (_how, fault) => {
    const collection = new FakeCollection();
    collection.put('a', { v: '1' });
    const server = await FakeApiServer.start(collection.handler);
    const proxy = await FaultProxy.start(server.origin);
    const connections = new Connections({
      source: { find: async () => ({ clusterName: 'alpha', credentials: tokenFor(proxy.url) }) },
      actors: { get: () => Promise.reject(new Error('nobody')) },
      addressPolicy: policyFor(proxy.url),
      logger: silentLogger,
    });
    const informers = new Informers({
      connections,
      logger: silentLogger,
      random: () => 0.5,
      silenceLimitMs: 200,
      wait: () => new Promise((resolve) => setTimeout(resolve, 5)),
    });
    stack.push(
      () => server.close(),
      () => proxy.dispose(),
      () => connections.dispose(),
      () => informers.dispose(),
    );
    const { informer } = informers.acquire({ clusterId: 'cluster_a', resource: resources.configMaps });
    await informer.synced();
    await eventually(() => collection.open.size === 1);

    const stale: boolean[] = [];
    informer.subscribe((event) => {
      if (event.type === 'STALENESS_CHANGED') stale.push(event.stale);
    });
    const stop = proxy.inject(anyWatch, fault);
    for (const exchange of proxy.open(anyWatch)) exchange.cut();
    const before = proxy.seen(anyWatch).length;
    collection.put('a', { v: '2' });
    await eventually(() => proxy.seen(anyWatch).length >= before + 4);
    await eventually(() => informer.observation().stale);
    // After the break of the connection an answer is believed once.
    expect(stale.filter((isStale) => !isStale).length).toBeLessThanOrEqual(1);
    expect(informer.get('dev/a')?.data).toEqual({ v: '1' });

    stop();
    for (const exchange of proxy.open(anyWatch)) exchange.cut();
    await eventually(() => informer.get('dev/a')?.data?.['v'] === '2');
    expect(informer.observation()).toMatchObject({ stale: false });
  });
});
