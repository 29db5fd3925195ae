import { expect, test } from 'vitest';
import { loadRecording } from './replay/recording.js';
import { replay } from './replay/replayer.js';
import { scenarios } from './replay/scenarios.js';

const only = process.env['REPLAY'];
for (const scenario of scenarios.filter(({ name }) => !only || name.startsWith(only))) {
  test(`the sandbox answers ${scenario.name} as a real API server did`, async () => {
    const outcomes = await replay(scenario, loadRecording(scenario.name));
    const bad = outcomes.filter(({ difference }) => difference);
    console.log(`${scenario.name}: ${outcomes.length - bad.length} of ${outcomes.length}\n${bad.map((o) => `  ${o.index} ${o.note}\n      ${o.difference}`).join('\n')}`);
    expect(outcomes.length).toBeGreaterThan(0);
  });
}
