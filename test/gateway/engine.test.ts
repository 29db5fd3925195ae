import { executeQueryPlan } from '@apollo/gateway';
import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { Engine, engineLimits } from '../../gateway/engine.js';
import { localSource } from '../../gateway/sources/local.js';
import { type Generation, loadGeneration } from '../../gateway/supergraph/generation.js';
import { sharedAbortController } from '../../subgraphs/shared/abortable.js';
import { systemClock } from '../../subgraphs/shared/clock.js';
import { createLogger } from '../../subgraphs/shared/logger.js';
import { expectSoon } from './tiny-gateway.js';
import { TinySubgraphs, tinySupergraph } from './tiny-subgraphs.js';

const logger = createLogger({ level: 'silent' });
const caller = { userId: null, requestId: 'r', address: null };

let generation: Generation;
beforeAll(async () => {
  generation = await loadGeneration(tinySupergraph(), logger);
});
afterEach(() => {
  vi.useRealTimers();
});

function makeEngine() {
  const subgraphs = new TinySubgraphs();
  const sources = new Map(subgraphs.all.map((subgraph) => [subgraph.name as string, localSource(subgraph)]));
  const introspection = 'everyone';
  const engine = new Engine({
    generation,
    sources,
    introspection,
    executeQueryPlan,
    logger,
    clock: systemClock,
  });
  const run = (query: string, signal = new AbortController().signal) => {
    const prepared = engine.prepare({ document: engine.documents.parse(query) }, caller);
    if ('errors' in prepared) throw prepared.errors[0];
    return engine.execute(prepared.operation, prepared.variables, { caller, signal });
  };
  return { engine, subgraphs, run };
}

test('an operation is given up with TIMEOUT when its time is over, and its work is told to stop', async () => {
  const { subgraphs, run } = makeEngine();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const running = run('{ hang whoAmI cluster(id: "1") { name } }');
  await vi.waitFor(() => expect(subgraphs.calls).toEqual(['hang']));
  await vi.advanceTimersByTimeAsync(engineLimits.requestMilliseconds);
  const { data, errors } = await running;
  expect(data).toEqual({ hang: null, whoAmI: null, cluster: { name: 'cluster 1' } });
  expect(errors?.map(({ path, extensions }) => [path, extensions['code']])).toEqual([
    [['hang'], 'TIMEOUT'],
    [['whoAmI'], 'TIMEOUT'],
  ]);
  expect(subgraphs.aborted).toBe(1);
});

test('when too many operations wait the next is refused at once, until one has ended', async () => {
  const { subgraphs, run } = makeEngine();
  const first = new AbortController();
  const others = sharedAbortController();
  const waiting = [
    run('{ hang }', first.signal),
    ...Array.from({ length: engineLimits.runningOperations - 1 }, () => run('{ hang }', others.signal)),
  ];
  await expectSoon(() => subgraphs.calls.length).toBe(engineLimits.runningOperations);
  const refused = await run('{ whoAmI }');
  expect(refused.errors?.[0]?.extensions).toMatchObject({ code: 'RATE_LIMITED', retryAfterSeconds: 1 });
  first.abort(new Error('left'));
  await waiting[0];
  expect(await run('{ whoAmI }')).toEqual({ data: { whoAmI: null } });
  others.abort(new Error('left'));
  await Promise.all(waiting);
});

test('a document is checked and planned once, however often and for whomever it runs', async () => {
  const { engine } = makeEngine();
  const plan = vi.spyOn(generation.queryPlanner, 'buildQueryPlan');
  const text = '{ project(id: "p") { cluster { name } } }';
  for (let n = 0; n < 3; n++) {
    const document = engine.documents.parse(text);
    const prepared = engine.prepare({ document }, { ...caller, requestId: String(n) });
    if ('errors' in prepared) throw prepared.errors[0];
    const result = await engine.execute(
      prepared.operation,
      {},
      { caller, signal: new AbortController().signal },
    );
    expect(result.data).toEqual({ project: { cluster: { name: 'cluster of p' } } });
  }
  expect(plan).toHaveBeenCalledTimes(1);
  plan.mockRestore();
});
