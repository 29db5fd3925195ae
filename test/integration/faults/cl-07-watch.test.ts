import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { anyWatch, watchOf, withBookmarks } from '../../kit/fault-proxy-faults.js';
import type { SeededService } from '../../kit/seed.js';
import { eventually } from '../../kit/wait.js';
import { PodStream } from './pod-stream.js';
import { type ProxiedStack, startProxiedStack } from './proxied-stack.js';

let proxied: ProxiedStack;
let services: SeededService[];

beforeAll(async () => {
  // A silent watch is noticed after three seconds instead of ninety.
  proxied = await startProxiedStack(['faulty', 'well'], {
    informerTimes: { silenceLimitMs: 3_000 },
    always: (proxy) => proxy.inject(anyWatch, withBookmarks(300)),
  });
  services = await Promise.all(
    proxied.clusters.map(async ({ id }) =>
      proxied.stack.seed.runningService({
        environment: await proxied.stack.seed.environment({ clusterId: id }),
      }),
    ),
  );
});
afterAll(() => proxied?.dispose());

describe('a subscriber to pods whose watch falls silent without closing (CL-7)', () => {
  it('is told that what it sees is stale, then the change behind the silence; one of another cluster hears nothing of it', async () => {
    const [faulty] = proxied.clusters;
    const [stream, other] = services.map(({ serviceId }) => new PodStream(proxied.stack, serviceId));
    const [service] = services;
    if (!faulty || !stream || !other || !service) throw new Error('not set up');
    await Promise.all([stream.staleness(false), other.staleness(false)]);
    const { api } = faulty.sandbox;
    const names = () =>
      api.list('pods', { namespace: service.namespace }).map(({ metadata }) => metadata.name);
    const heard = stream.events.length;
    const silent = faulty.proxy.open(watchOf('pods'));
    const silentAt = performance.now();
    for (const exchange of silent) exchange.goHalfOpen();
    const [gone = ''] = names();
    api.remove('pods', service.namespace, gone, { gracePeriodSeconds: 0 });

    const marked = await stream.staleness(true, heard);
    expect(marked.observed.error).toMatchObject({ code: 'TIMEOUT' });
    const noticedMs = performance.now() - silentAt;
    expect(noticedMs).toBeGreaterThan(2_000);
    await eventually(
      () => !stream.pods().has(gone) && [...stream.pods().keys()].sort().join() === names().sort().join(),
      { seconds: 30, what: 'the change behind the silence' },
    );
    await stream.staleness(false, heard + 1);
    // Closed from our side, and no list was needed.
    expect(silent.every(({ open }) => !open)).toBe(true);
    expect(stream.repeated('PodAdded', heard)).toEqual([]);
    expect(other.snapshots().map(({ observed }) => observed.stale)).toEqual([false]);
    await Promise.all([stream.stop(), other.stop()]);
  });
});
