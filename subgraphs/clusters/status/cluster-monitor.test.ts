import { afterEach, describe, expect, it, vi } from 'vitest';
import { ClusterAuthFailedError, ClusterUnavailableError } from '../../shared/errors.js';
import type { DropReason } from '../../shared/kubernetes/connections.js';
import { CircuitOpenError } from '../../shared/kubernetes/errors.js';
import { createLogger } from '../../shared/logger.js';
import { ClusterMonitor } from './cluster-monitor.js';
import type { ProbeAnswer } from './cluster-state.js';

const well: ProbeAnswer = { kubernetesVersion: 'v1.36.2', latencyMs: 3, problem: null };

function setup(probe: (clusterId: string) => Promise<ProbeAnswer>, registered = new Set(['a'])) {
  const listeners: Record<string, (event: { clusterId: string }) => void> = {};
  let dropped: (clusterId: string, reason: DropReason) => void = () => undefined;
  const versions: string[] = [];
  const spy = vi.fn(probe);
  const monitor = new ClusterMonitor({
    clusters: {
      listIds: async () => [...registered],
      isRegistered: async (id) => registered.has(id),
      setKubernetesVersion: async (_id, version) => void versions.push(version),
    },
    probe: { probe: spy },
    connections: {
      onDropped: (listener) => {
        dropped = listener;
        return () => undefined;
      },
    },
    events: {
      on: (type: string, listener: never) => {
        listeners[type] = listener;
        return () => undefined;
      },
      onResynced: () => () => undefined,
    } as never,
    clock: { now: () => 1_000 },
    random: () => 0.5,
    intervalMs: 100,
    logger: createLogger({ level: 'silent' }),
  });
  const news: string[] = [];
  monitor.subscribe((id) => news.push(id));
  return {
    monitor,
    spy,
    news,
    versions,
    registered,
    changed: (clusterId: string) => listeners['cluster.changed']?.({ clusterId }),
    drop: (clusterId: string) => dropped(clusterId, 'CREDENTIALS_CHANGED'),
  };
}

describe('the monitor of clusters', () => {
  afterEach(() => vi.useRealTimers());

  it('knows nothing of a cluster before its first answer', async () => {
    const { monitor } = setup(() => new Promise(() => undefined));
    await monitor.start();
    expect(monitor.stateOf('a')).toMatchObject({ status: 'UNKNOWN', lastSeenAt: null });
    monitor.dispose();
  });

  it('asks again about every interval, and tells only what is news', async () => {
    vi.useFakeTimers();
    const answers: (() => Promise<ProbeAnswer>)[] = [
      async () => well,
      async () => ({ ...well, latencyMs: 9 }),
      async () => Promise.reject(new ClusterUnavailableError('a', 'It refuses connections.')),
      async () => Promise.reject(new ClusterAuthFailedError('a', 'It refuses the credentials.')),
      async () => ({ ...well, problem: 'etcd is down' }),
    ];
    const { monitor, spy, news, versions } = setup(() => (answers.shift() ?? (async () => well))());
    await monitor.start();
    await vi.advanceTimersByTimeAsync(0);
    expect(monitor.stateOf('a')).toMatchObject({ status: 'READY', lastSeenAt: new Date(1_000) });
    await vi.advanceTimersByTimeAsync(100);
    expect(monitor.stateOf('a').latencyMs).toBe(9);
    expect(news).toEqual(['a']);
    await vi.advanceTimersByTimeAsync(100);
    expect(monitor.stateOf('a')).toMatchObject({
      status: 'UNREACHABLE',
      statusReason: 'It refuses connections.',
      kubernetesVersion: 'v1.36.2',
      lastSeenAt: new Date(1_000),
      latencyMs: null,
      error: { code: 'CLUSTER_UNAVAILABLE' },
    });
    await vi.advanceTimersByTimeAsync(100);
    expect(monitor.stateOf('a').status).toBe('CREDENTIALS_REJECTED');
    await vi.advanceTimersByTimeAsync(100);
    expect(monitor.stateOf('a')).toMatchObject({
      status: 'DEGRADED',
      statusReason: 'etcd is down',
      error: null,
    });
    expect(news).toEqual(['a', 'a', 'a', 'a']);
    expect(spy).toHaveBeenCalledTimes(5);
    expect(versions).toEqual(['v1.36.2']);
    monitor.dispose();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(spy).toHaveBeenCalledTimes(5);
  });

  it('keeps saying why a cluster does not answer while it is not asked', async () => {
    vi.useFakeTimers();
    const expired = new ClusterUnavailableError(
      'a',
      'It has an expired certificate.',
      Object.assign(new Error(), { code: 'CERT_HAS_EXPIRED' }),
    );
    const answers = [
      expired,
      new CircuitOpenError('a', expired),
      expired,
      new CircuitOpenError('a', expired),
    ];
    const { monitor, news, spy } = setup(async () => {
      throw answers.shift() ?? expired;
    });
    await monitor.start();
    for (let looks = 1; looks <= 4; looks++) {
      await vi.advanceTimersByTimeAsync(looks === 1 ? 0 : 100);
      expect(spy).toHaveBeenCalledTimes(looks);
      expect(monitor.stateOf('a')).toMatchObject({
        status: 'UNREACHABLE',
        problem: 'TLS_EXPIRED',
        statusReason: 'It has an expired certificate.',
      });
    }
    expect(news).toEqual(['a']);
    monitor.dispose();
  });

  it('asks one question at a time, and an answer from before new credentials does not count', async () => {
    const waiting: ((answer: ProbeAnswer) => void)[] = [];
    const { monitor, drop } = setup(() => new Promise((resolve) => waiting.push(resolve)));
    await monitor.start();
    drop('a');
    drop('a');
    expect(waiting).toHaveLength(1);
    waiting[0]?.({ ...well, kubernetesVersion: 'old' });
    await expect.poll(() => waiting).toHaveLength(2);
    expect(monitor.stateOf('a').status).toBe('UNKNOWN');
    waiting[1]?.(well);
    await expect.poll(() => monitor.stateOf('a').kubernetesVersion).toBe('v1.36.2');
    monitor.dispose();
  });

  it('begins with a cluster that is registered, and forgets one that is not any more', async () => {
    const { monitor, changed, registered, news } = setup(async () => well, new Set());
    await monitor.start();
    registered.add('b');
    changed('b');
    await expect.poll(() => monitor.stateOf('b').status).toBe('READY');
    const before = monitor.sequence;
    registered.delete('b');
    changed('b');
    await expect.poll(() => monitor.stateOf('b').status).toBe('UNKNOWN');
    expect(monitor.changedSince(before)).toEqual(['b']);
    expect(news.at(-1)).toBe('b');
    monitor.dispose();
  });
});
