import { afterEach, beforeAll, expect, test, vi } from 'vitest';
import { Engine, engineLimits } from '../../gateway/engine.js';
import { GatewayMetrics } from '../../gateway/metrics/gateway-metrics.js';
import { localSource } from '../../gateway/sources/local.js';
import { type Generation, loadGeneration } from '../../gateway/supergraph/generation.js';
import { Generations } from '../../gateway/supergraph/generations.js';
import { startOperation } from '../../gateway/transport/start-operation.js';
import { systemClock } from '../../subgraphs/shared/clock.js';
import { RateLimitedError, TooLargeError } from '../../subgraphs/shared/errors.js';
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
  const generations = new Generations(generation, {
    load: (sdl) => loadGeneration(sdl, logger),
    sources: new Set(sources.keys()),
    logger,
  });
  const engine = new Engine({
    generations,
    sources,
    introspection,
    cost: { limit: 500_000, perMinute: 10_000_000 },
    metrics: new GatewayMetrics(),
    logger,
    clock: systemClock,
  });
  const run = (query: string, controller = new AbortController(), address: string | null = null) => {
    const asking = { ...caller, address };
    const prepared = engine.admission.prepare({ query }, asking);
    if ('errors' in prepared) throw prepared.errors[0];
    return engine.execute(prepared.operation, prepared.variables, { caller: asking, controller });
  };
  return { engine, generations, subgraphs, run };
}

test('an operation is given up with TIMEOUT when its time is over, and its work is told to stop', async () => {
  const { subgraphs, run } = makeEngine();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const running = run('{ hang whoAmI cluster(id: "1") { name } }');
  await expectSoon(() => subgraphs.calls).toEqual(['hang']);
  await vi.advanceTimersByTimeAsync(engineLimits.requestMilliseconds);
  const { data, errors } = await running;
  expect(data).toEqual({ hang: null, whoAmI: null, cluster: { name: 'cluster 1' } });
  expect(errors?.map(({ path, extensions }) => [path, extensions['code']])).toEqual([
    [['hang'], 'TIMEOUT'],
    [['whoAmI'], 'TIMEOUT'],
  ]);
  expect(subgraphs.aborted).toBe(1);
});

test('a client on a socket is told that its operation took too long', async () => {
  const { engine, subgraphs } = makeEngine();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const codes: unknown[] = [];
  const completed = new Promise<void>((resolve, reject) => {
    startOperation({ engine, logger, transport: 'websocket' }, { query: '{ hang }' }, caller, {
      next: ({ result }) =>
        void codes.push(...(result.errors ?? []).map(({ extensions }) => extensions?.['code'])),
      complete: resolve,
      fail: () => reject(new Error('it was refused')),
      room: 'free',
    });
  });
  await expectSoon(() => subgraphs.calls).toEqual(['hang']);
  await vi.advanceTimersByTimeAsync(engineLimits.requestMilliseconds);
  await completed;
  expect(codes).toEqual(['TIMEOUT']);
});

test('when too many operations wait the next is refused at once, until one has ended', async () => {
  const { subgraphs, run } = makeEngine();
  const first = new AbortController();
  const others = Array.from({ length: engineLimits.runningOperations - 1 }, () => new AbortController());
  const waiting = [
    run('{ hang }', first),
    // Each from an address of its own: what one caller asks twice at once is asked once.
    ...others.map((other, index) => run('{ hang }', other, `address ${index}`)),
  ];
  await expectSoon(() => subgraphs.calls.length).toBe(engineLimits.runningOperations);
  const refused = await run('{ whoAmI }');
  expect(refused.errors?.[0]?.extensions).toMatchObject({ code: 'RATE_LIMITED', retryAfterSeconds: 1 });
  first.abort(new Error('left'));
  await waiting[0];
  expect(await run('{ whoAmI }')).toEqual({ data: { whoAmI: null } });
  for (const other of others) other.abort(new Error('left'));
  await Promise.all(waiting);
});

test('a document is checked and planned once, however often and for whomever it runs', async () => {
  const { engine } = makeEngine();
  const plan = vi.spyOn(generation.planner, 'plan');
  const text = '{ project(id: "p") { cluster { name } } }';
  for (let n = 0; n < 3; n++) {
    const prepared = engine.admission.prepare({ query: text }, { ...caller, requestId: String(n) });
    if ('errors' in prepared) throw prepared.errors[0];
    const result = await engine.execute(
      prepared.operation,
      {},
      { caller, controller: new AbortController() },
    );
    expect(result.data).toEqual({ project: { cluster: { name: 'cluster of p' } } });
  }
  expect(plan).toHaveBeenCalledTimes(1);
  plan.mockRestore();
});

test('an update plans the operations in use before it takes over, and those that no longer fit are refused', async () => {
  const { engine, generations, run } = makeEngine();
  await run('{ project(id: "p") { cluster { name } } }');
  await run('{ whoAmI }');
  let planned: unknown[] = [];
  const leave = generations.onChange(({ planner }) => {
    const plan = vi.spyOn(planner, 'plan');
    planned = plan.mock.calls;
  });
  await generations.update(tinySupergraph({ without: 'whoAmI: String\n' }));
  leave();
  expect((await run('{ project(id: "p") { cluster { name } } }')).data).toEqual({
    project: { cluster: { name: 'cluster of p' } },
  });
  expect(planned).toEqual([]);
  await run('{ project(id: "p") { name } }');
  expect(planned).toHaveLength(1);
  expect(engine.admission.prepare({ query: '{ whoAmI }' }, caller)).toHaveProperty('errors');
  generations.dispose();
});

test('an operation that can not be planned is refused as a whole, and may be asked again', async () => {
  const { run } = makeEngine();
  const plan = vi.spyOn(generation.planner, 'plan').mockRejectedValueOnce(new TooLargeError('too large'));
  const query = '{ project(id: "p") { cluster { id name } } }';
  const { data, errors } = await run(query);
  expect([data, errors?.map(({ message }) => message)]).toEqual([undefined, ['too large']]);
  expect((await run(query)).data).toEqual({ project: { cluster: { id: 'c-p', name: 'cluster of p' } } });
  plan.mockRestore();
});

test('a subscription whose operation can not be planned fails, and takes no place of its caller', async () => {
  const { engine, subgraphs } = makeEngine();
  const plan = vi.spyOn(generation.planner, 'plan').mockRejectedValue(new RateLimitedError('full', 1));
  const prepared = engine.admission.prepare(
    { query: 'subscription { ticks { count project { id } } }' },
    caller,
  );
  if ('errors' in prepared) throw prepared.errors[0];
  for (let n = 0; n <= engineLimits.subscriptionsPerUser; n++) {
    await expect(engine.events(prepared.operation, {}, caller).next()).rejects.toMatchObject({
      errors: [{ message: 'full', extensions: { code: 'RATE_LIMITED' } }],
    });
  }
  expect(subgraphs.streams).toEqual([]);
  plan.mockRestore();
});

test('a subscription that is left before it is planned is never opened, and takes no place', async () => {
  const { engine, subgraphs } = makeEngine();
  const { plan } = generation.planner;
  const planning: Promise<unknown>[] = [];
  const spy = vi.spyOn(generation.planner, 'plan').mockImplementation((request) => {
    const made = plan.call(generation.planner, request);
    planning.push(made);
    return made;
  });
  const prepared = engine.admission.prepare(
    { query: 'subscription { ticks { project { id name } } }' },
    caller,
  );
  if ('errors' in prepared) throw prepared.errors[0];
  const events = Array.from({ length: engineLimits.subscriptionsPerUser }, () =>
    engine.events(prepared.operation, {}, caller),
  );
  for (const each of events) await each.return?.();
  await Promise.all(planning);
  expect(engine.hub.size).toEqual({ subscriptions: 0, upstreams: 0 });
  expect(subgraphs.streams).toEqual([]);
  // Every place is free again.
  await engine.events(prepared.operation, {}, caller).return?.();
  spy.mockRestore();
});
