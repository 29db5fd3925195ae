import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { answered, type ClusterState, failed, notYetAsked } from '../status/cluster-state.js';
import type { MissingRight } from './cluster-warning.js';
import { RightsMonitor } from './rights-monitor.js';

const hour = 3_600_000;
const exec: MissingRight = { group: '', resource: 'pods/exec', verbs: ['create'] };

interface Row {
  id: string;
  impersonate: boolean;
  missingRights: readonly MissingRight[] | null;
  rightsCheckedAt: Date | null;
}

const ready = answered({ kubernetesVersion: 'v1.33.0', latencyMs: 1, problem: null }, new Date(0));
const dead = failed(ready, { code: 'CLUSTER_UNAVAILABLE', message: 'dead' }, 'UNREACHABLE');

function monitored(states: Record<string, ClusterState>) {
  const rows = new Map<string, Row>(
    Object.keys(states).map((id) => [
      id,
      { id, impersonate: id === 'named', missingRights: null, rightsCheckedAt: null },
    ]),
  );
  const asked: string[] = [];
  const told: string[] = [];
  const answers: Record<string, readonly MissingRight[] | Error> = {};
  let news: (id: string) => void = () => undefined;
  const monitor = new RightsMonitor({
    clusters: {
      listUnchecked: async (before) =>
        [...rows.values()].filter(({ rightsCheckedAt }) => !rightsCheckedAt || rightsCheckedAt < before),
      setRights: async (id, fields) => void rows.set(id, { ...(rows.get(id) as Row), ...fields }),
    },
    check: {
      lookAgain: async (id, { impersonate }) => {
        asked.push(impersonate ? `${id} with impersonation` : id);
        const rights = answers[id] ?? [];
        if (rights instanceof Error) throw rights;
        return { kubernetesVersion: 'v1.33.0', account: null, latencyMs: 1, rights };
      },
    },
    monitor: {
      stateOf: (id) => states[id] ?? notYetAsked,
      subscribe: (listener) => {
        news = listener;
        return () => {
          news = () => undefined;
        };
      },
    },
    changed: async (id) => void told.push(id),
    clock: { now: () => Date.now() },
    maximumAgeMs: 6 * hour,
    logger: pino({ level: 'silent' }),
  });
  return { monitor, asked, told, rows, answers, states, tell: (id: string) => news(id) };
}

const settle = () => vi.advanceTimersByTimeAsync(0);

describe('the rights of clusters', () => {
  beforeEach(() => void vi.useFakeTimers({ now: 1_000_000 }));
  afterEach(() => void vi.useRealTimers());

  it('are asked for where they are not known, of clusters that answer only', async () => {
    const { monitor, asked, told, rows } = monitored({
      up: ready,
      down: dead,
      new: notYetAsked,
      named: ready,
    });
    monitor.start();
    await settle();
    expect(asked).toEqual(['up', 'named with impersonation']);
    expect(told).toEqual(['up', 'named']);
    expect(rows.get('up')).toMatchObject({ missingRights: [], rightsCheckedAt: new Date(1_000_000) });
    expect(rows.get('down')?.rightsCheckedAt).toBeNull();
    await monitor.dispose();
  });

  it('are asked for as soon as a cluster comes up', async () => {
    const { monitor, asked, states, tell } = monitored({ down: dead });
    monitor.start();
    await settle();
    states['down'] = ready;
    tell('down');
    await settle();
    expect(asked).toEqual(['down']);
    await monitor.dispose();
  });

  it('are asked for again when what is known is old, and told only when they are others', async () => {
    const { monitor, asked, told, answers, rows } = monitored({ up: ready });
    monitor.start();
    await vi.advanceTimersByTimeAsync(5 * hour);
    expect(asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(2 * hour);
    expect(asked).toHaveLength(2);
    expect(told).toEqual(['up']);
    answers['up'] = [exec];
    await vi.advanceTimersByTimeAsync(6.5 * hour);
    expect(asked).toHaveLength(3);
    expect(told).toEqual(['up', 'up']);
    expect(rows.get('up')?.missingRights).toEqual([exec]);
    await monitor.dispose();
  });

  it('stay as they are known when a cluster fails to answer; the others are asked all the same', async () => {
    const { monitor, asked, answers, rows } = monitored({ broken: ready, up: ready });
    answers['broken'] = new Error('no answer');
    monitor.start();
    await settle();
    expect(asked).toEqual(['broken', 'up']);
    expect(rows.get('broken')?.rightsCheckedAt).toBeNull();
    await monitor.dispose();
  });

  it('are asked for again within seconds when a check was cut off, as by another connection to the cluster', async () => {
    const { monitor, asked, answers, rows } = monitored({ up: ready });
    answers['up'] = new Error('the credentials of the cluster were changed: connect again');
    monitor.start();
    await settle();
    expect(asked).toHaveLength(1);
    answers['up'] = [exec];
    await vi.advanceTimersByTimeAsync(1_000);
    expect(rows.get('up')?.missingRights).toEqual([exec]);
    await vi.advanceTimersByTimeAsync(hour);
    expect(asked).toHaveLength(2);
    await monitor.dispose();
  });

  it('are asked for ever more rarely while the checks fail', async () => {
    const { monitor, asked, answers } = monitored({ broken: ready });
    answers['broken'] = new Error('no answer');
    monitor.start();
    await vi.advanceTimersByTimeAsync(59_000);
    expect(asked.length).toBeLessThanOrEqual(6);
    await vi.advanceTimersByTimeAsync(10 * 60_000);
    expect(asked.length).toBeLessThanOrEqual(6 + 11);
    await monitor.dispose();
  });

  it('are not asked for any more once it is disposed of', async () => {
    const { monitor, asked, tell } = monitored({ up: ready });
    monitor.start();
    await settle();
    await monitor.dispose();
    tell('up');
    await vi.advanceTimersByTimeAsync(24 * hour);
    expect(asked).toEqual(['up']);
  });
});
