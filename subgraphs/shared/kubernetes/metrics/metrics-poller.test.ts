import { describe, expect, it, vi } from 'vitest';
import { ClusterUnavailableError } from '../../errors.js';
import { toMeridianError } from '../errors.js';
import { type Measurement, measurementsOf } from './measurement.js';
import { MetricsPoller } from './metrics-poller.js';

const label = 'meridian.dev/service';

/** A poller whose pauses end when the test says, by moving the clock as far as it would have waited. */
function setup(answers: (() => readonly Measurement[])[]) {
  const clock = { time: 1_000_000, now: () => clock.time };
  const waits: number[] = [];
  let proceed: (() => void) | undefined;
  const read = vi.fn(async () => (answers.length > 1 ? answers.shift() : answers[0])?.() ?? []);
  const poller = new MetricsPoller({
    intervalMs: 15_000,
    keepMs: 300_000,
    recheckMs: 180_000,
    samples: 4,
    clock,
    random: () => 0.5,
    read,
    wait: (ms, signal) =>
      new Promise((resolve) => {
        waits.push(ms);
        signal.addEventListener('abort', () => resolve());
        proceed = () => {
          clock.time += ms;
          resolve();
        };
      }),
  });
  const next = async (): Promise<void> => {
    const before = waits.length;
    proceed?.();
    await expect.poll(() => waits.length).toBeGreaterThan(before);
  };
  return { clock, waits, read, poller, next, proceed: () => proceed?.() };
}

const pod = (key: string, at: number, cpuCores: number, service?: string): Measurement => ({
  key,
  at,
  cpuCores,
  memoryBytes: cpuCores * 1_000,
  labels: service ? { [label]: service } : {},
});
const status = (code: number) =>
  toMeridianError(
    { code, reason: '', message: '', details: {}, retryAfterSeconds: undefined },
    { clusterId: 'cluster_a', clusterName: 'alpha' },
  );
const fail = (error: Error) => () => {
  throw error;
};

describe('a poller of metrics', () => {
  it('asks once for all who read, then at its interval, and gives the history of each', async () => {
    const { poller, read, next, waits } = setup([
      () => [pod('a/x', 1, 0.5), pod('a/y', 1, 0.25)],
      () => [pod('a/x', 2, 1)],
    ]);
    await Promise.all([poller.read({ limitMs: 1_000 }), poller.read({ limitMs: 1_000 })]);
    expect(read).toHaveBeenCalledTimes(1);
    expect(poller.unavailable).toBeNull();
    expect(poller.find('a/x')).toMatchObject({ cpuCores: 0.5, memoryBytes: 500, at: new Date(1) });
    await next();
    expect(waits[0]).toBe(15_000);
    expect(poller.find('a/x')?.history.map(({ cpuCores }) => cpuCores)).toEqual([0.5, 1]);
    // It is not running any more, or not measured any more.
    expect(poller.find('a/y')).toBeUndefined();
    await poller.dispose();
  });

  it('sums up by label, with the share of those that are gone', async () => {
    const { poller, next } = setup([
      () => [pod('a/x', 1, 1, 's'), pod('a/y', 1, 2, 's'), pod('a/z', 1, 4, 't'), pod('a/other', 1, 8)],
      () => [pod('a/x', 2, 1, 's')],
    ]);
    await poller.read({ limitMs: 1_000, groupBy: label });
    await next();
    expect(poller.findGroup(label, 's')?.history.map(({ cpuCores }) => cpuCores)).toEqual([3, 1]);
    expect(poller.findGroup(label, 't')).toBeUndefined();
    expect(poller.findTotal()?.history.map(({ cpuCores }) => cpuCores)).toEqual([15, 1]);
    await poller.dispose();
  });

  it('stops some minutes after the last reader, forgets, and starts anew for the next', async () => {
    const { poller, read, next, clock, proceed } = setup([() => [pod('a/x', 1, 1)]]);
    await poller.read({ limitMs: 1_000 });
    clock.time += 280_000;
    await next();
    expect(read).toHaveBeenCalledTimes(2);
    clock.time += 10_000;
    proceed();
    await expect.poll(() => poller.find('a/x')).toBeUndefined();
    expect(read).toHaveBeenCalledTimes(2);
    await poller.read({ limitMs: 1_000 });
    expect(read).toHaveBeenCalledTimes(3);
    await poller.dispose();
  });

  it.each([
    [404, 'NOT_INSTALLED'],
    [403, 'NOT_ALLOWED'],
    [503, 'NOT_WORKING'],
  ])('that is answered %i says %s, and asks again only after minutes', async (code, reason) => {
    const { poller, read, next, waits } = setup([fail(status(code)), () => [pod('a/x', 1, 1)]]);
    await poller.read({ limitMs: 1_000 });
    for (let reader = 0; reader < 20; reader++) await poller.read({ limitMs: 1_000 });
    expect(poller.unavailable).toMatchObject({ reason });
    expect(poller.find('a/x')).toBeUndefined();
    expect(read).toHaveBeenCalledTimes(1);
    expect(waits).toEqual([180_000]);
    await next();
    expect(poller.unavailable).toBeNull();
    expect(poller.find('a/x')?.cpuCores).toBe(1);
    await poller.dispose();
  });

  it('keeps its figures through one poll that fails, and gives none when they are old', async () => {
    const down = new ClusterUnavailableError('cluster_a', 'It does not answer.');
    const { poller, next, clock } = setup([() => [pod('a/x', 1, 1)], fail(down)]);
    await poller.read({ limitMs: 1_000 });
    await next();
    expect(poller.find('a/x')?.cpuCores).toBe(1);
    clock.time += 60_000;
    expect(poller.find('a/x')).toBeUndefined();
    expect(poller.unavailable).toEqual({ reason: 'CLUSTER_UNAVAILABLE', message: 'It does not answer.' });
    await poller.dispose();
  });
});

describe('what a cluster says of its metrics', () => {
  it('is read with whatever nonsense is in it', () => {
    const items = [
      null,
      { metadata: null },
      { metadata: { name: 7 } },
      { metadata: { name: 'n' }, usage: { cpu: 'many', memory: '1Gi' }, timestamp: 'yesterday' },
      {
        metadata: { name: 'p', namespace: 'a', labels: null },
        timestamp: '2026-11-22T18:00:00Z',
        containers: [null, { usage: { cpu: '250m' } }, { usage: { cpu: '1n', memory: '2Ki' } }],
      },
    ];
    expect(measurementsOf({ items } as never, 5)).toEqual([
      { key: 'n', labels: {}, at: 5, cpuCores: 0, memoryBytes: 1024 ** 3 },
      {
        key: 'a/p',
        labels: {},
        at: Date.parse('2026-11-22T18:00:00Z'),
        cpuCores: 0.250000001,
        memoryBytes: 2048,
      },
    ]);
    for (const list of [undefined, {}, { items: null }, { items: 'x' }]) {
      expect(measurementsOf(list as never, 5)).toEqual([]);
    }
  });
});
