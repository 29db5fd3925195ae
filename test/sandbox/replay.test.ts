import { expect, test } from 'vitest';
import { leftOut } from './left-out.js';
import { loadRecording } from './replay/recording.js';
import { replay } from './replay/replayer.js';
import { scenarios } from './replay/scenarios.js';

/** REPLAY=06 replays one recording. */
const only = process.env['REPLAY'] ?? '';

const reasonFor = (scenario: string, index: number): string | undefined =>
  leftOut.find((entry) => entry.scenario === scenario && entry.exchanges.includes(index))?.reason;

for (const scenario of scenarios.filter(({ name }) => name.startsWith(only))) {
  const recording = loadRecording(scenario.name);
  const wanted = recording.filter((_exchange, index) => !reasonFor(scenario.name, index)).length;
  test(`the sandbox answers ${scenario.name} as a real API server did, in ${wanted} of ${recording.length} exchanges`, async () => {
    const outcomes = await replay(scenario, recording);
    const different = outcomes.filter(({ difference }) => difference !== undefined);
    const unexpected = different.filter(({ index }) => !reasonFor(scenario.name, index));
    const agreeing = outcomes.filter(
      ({ index, difference }) => !difference && reasonFor(scenario.name, index),
    );

    expect(outcomes.map(({ index }) => index)).toEqual(recording.map((_exchange, index) => index));
    expect(unexpected.map(({ index, note, difference }) => `${index} ${note}: ${difference}`)).toEqual([]);
    expect(
      agreeing.map(({ index, note }) => `${index} ${note}: agrees now; take it out of left-out.ts`),
    ).toEqual([]);
  });
}

test('nothing is left out of a recording that does not exist', () => {
  const known = new Map(scenarios.map(({ name }) => [name, loadRecording(name).length]));
  const stray = leftOut.filter(({ scenario, exchanges }) =>
    exchanges.some((index) => index >= (known.get(scenario) ?? 0)),
  );
  expect(stray).toEqual([]);
});
