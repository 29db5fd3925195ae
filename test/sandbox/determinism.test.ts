import { expect, test } from 'vitest';
import { ManualClock } from '../../sandbox/controllers/manual-clock.js';
import { createWorkload, nodesFor, planWorkloads } from '../../sandbox/sample-workloads.js';
import { startSandbox } from '../../sandbox/sandbox.js';
import { resources } from '../../sandbox/storage/resources.js';

const START = Date.parse('2026-11-22T18:00:00.000Z');
const PODS = 60;

/** Everything that is in a cluster after two minutes. */
const objectsAfterRun = async (seed: number): Promise<Record<string, unknown[]>> => {
  const clock = new ManualClock(START);
  const plan = planWorkloads(PODS, 20, seed);
  const sandbox = await startSandbox({ name: 'same', seed, clock, nodes: nodesFor(3, plan) });
  try {
    for (const workload of plan) createWorkload(sandbox.api, workload);
    await clock.advance(120_000);
    return Object.fromEntries(resources.map(({ name }) => [name, sandbox.api.list(name)]));
  } finally {
    await sandbox.dispose();
  }
};

test('two runs with the same seed have the same names, uids, faults and placements', async () => {
  const first = await objectsAfterRun(7);
  const second = await objectsAfterRun(7);
  expect(first['pods']?.length).toBeGreaterThanOrEqual(PODS);
  for (const [resource, objects] of Object.entries(first))
    expect(second[resource], resource).toEqual(objects);
});

test('another seed gives other ones', async () => {
  const uids = async (seed: number): Promise<unknown[]> =>
    ((await objectsAfterRun(seed))['pods'] ?? []).map(({ metadata }: any) => metadata.uid);
  expect(await uids(7)).not.toEqual(await uids(8));
});
