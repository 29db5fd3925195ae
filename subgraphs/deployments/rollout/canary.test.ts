import { describe, expect, it } from 'vitest';
import { type CanaryState, canaryProgress, sharesOf, stageOf } from './canary.js';

const steps = [
  { percent: 10, pauseSeconds: 60 },
  { percent: 50, pauseSeconds: null },
];
const at = new Date('2026-11-22T18:00:00Z');
const canary = (step: number, since: Date | null = null): CanaryState => ({
  baseId: 'deployment_1',
  steps,
  step,
  since,
});

describe('the shares of a canary', () => {
  it.each([
    ['start with new pods beside all old ones', canary(0), 10, { main: 10, canary: 1 }],
    ['lose the old ones once the new are available', canary(0, at), 10, { main: 9, canary: 1 }],
    ['keep those of the last step while the next begins', canary(1), 10, { main: 9, canary: 5 }],
    ['are as the step says when it is reached', canary(1, at), 10, { main: 5, canary: 5 }],
    ['stay while the main workload takes over', canary(2), 10, { main: 10, canary: 5 }],
    ['are all of the main workload in the end', canary(3), 10, { main: 10, canary: 0 }],
    ['are rounded up to a whole new pod', canary(0, at), 3, { main: 2, canary: 1 }],
    ['keep an old one beside the only pod', canary(1, at), 1, { main: 1, canary: 1 }],
    ['are nothing of nothing', canary(0), 0, { main: 0, canary: 0 }],
  ])('%s', (_, state, replicas, shares) => expect(sharesOf(state, replicas)).toEqual(shares));
});

describe('the progress of a canary', () => {
  it('says when the next step begins by itself', () => {
    expect(canaryProgress(canary(0))).toEqual({
      step: 1,
      steps: 2,
      percent: 10,
      nextStepAt: null,
      waiting: false,
    });
    expect(canaryProgress(canary(0, at)).nextStepAt).toBe('2026-11-22T18:01:00.000Z');
  });

  it('says that it waits for somebody', () => {
    expect(canaryProgress(canary(1))).toMatchObject({ waiting: false });
    expect(canaryProgress(canary(1, at))).toMatchObject({ waiting: true, nextStepAt: null });
  });

  it('stays at its last step while the main workload takes over, with all pods to be new', () => {
    expect([stageOf(canary(1)), stageOf(canary(2)), stageOf(canary(3))]).toEqual([
      'STEP',
      'TAKING_OVER',
      'LEAVING',
    ]);
    for (const state of [canary(2), canary(3)]) {
      expect(canaryProgress(state)).toMatchObject({ step: 2, steps: 2, percent: 100, waiting: false });
    }
  });
});
