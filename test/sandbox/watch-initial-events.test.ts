import { expect, onTestFinished, test } from 'vitest';
import { startSandbox } from '../../sandbox/sandbox.js';
import { eventually } from '../kit/wait.js';
import { ApiClient } from './api-client.js';

const MIB = 1024 * 1024;

test('a watch that starts with more than its buffer holds tells everything', async () => {
  const sandbox = await startSandbox({ name: 'large', seed: 1, controllers: false });
  onTestFinished(() => sandbox.dispose());
  for (let i = 0; i < 24; i += 1)
    sandbox.api.create('configmaps', {
      metadata: { name: `large-${i}`, namespace: 'default' },
      data: { text: 'x'.repeat(MIB) },
    });
  const seen: string[] = [];
  const stop = await new ApiClient(sandbox).watch(
    '/api/v1/namespaces/default/configmaps?watch=1&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan',
    ({ type }) => seen.push(type),
  );
  onTestFinished(() => stop());
  await eventually(() => seen.includes('BOOKMARK'));
  expect(seen).toEqual([...Array.from({ length: 24 }, () => 'ADDED'), 'BOOKMARK']);
});
