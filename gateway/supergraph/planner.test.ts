import type { QueryPlan } from '@apollo/query-planner';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createLogger } from '../../subgraphs/shared/logger.js';
import { Planner, type PlanningThread, planningLimits } from './planner.js';
import { PlannerThreadEndedError } from './planner-thread.js';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** What it is asked is answered by the test; the plan of `{ a }` says so. */
class FakeThread implements PlanningThread {
  ended = false;
  readonly asked: string[] = [];
  #settle: { resolve: (plan: QueryPlan) => void; reject: (error: Error) => void } | undefined;

  constructor(readonly number: number) {}

  plan(document: string): Promise<QueryPlan> {
    this.asked.push(document);
    return new Promise((resolve, reject) => {
      this.#settle = { resolve, reject };
    });
  }

  answer(): void {
    this.#settle?.resolve({ kind: 'QueryPlan', made: `${this.asked.at(-1)} by ${this.number}` } as never);
  }

  fail(message: string): void {
    this.#settle?.reject(new Error(message));
  }

  end(): void {
    this.ended = true;
    this.#settle?.reject(new PlannerThreadEndedError());
  }

  async terminate(): Promise<void> {
    this.end();
  }
}

function make() {
  const threads = [new FakeThread(0)];
  const givenBack: FakeThread[] = [];
  const clock = { now: 0 };
  const replace = vi.fn(async () => {
    const thread = new FakeThread(threads.length);
    threads.push(thread);
    return thread;
  });
  const planner = new Planner(threads[0] as FakeThread, {
    replace,
    giveBack: (thread) => void givenBack.push(thread),
    logger: createLogger({ level: 'silent' }),
    now: () => clock.now,
  });
  const plan = (document: string, caller: string | null = 'ada', operationName?: string) =>
    planner.plan({ document, operationName, caller });
  return { planner, plan, threads, givenBack, clock, replace };
}

/** Until everything that waits for nothing but other promises has run. */
const settled = () => new Promise((resolve) => setImmediate(resolve));
const made = (text: string) => ({ kind: 'QueryPlan', made: text });

test('operations are planned one after the other, in their order', async () => {
  const { planner, plan, threads } = make();
  const [a, b] = [plan('{ a }'), plan('{ b }')];
  await settled();
  expect(threads[0]?.asked).toEqual(['{ a }']);
  expect(planner.waiting).toBe(2);
  threads[0]?.answer();
  await settled();
  expect(threads[0]?.asked).toEqual(['{ a }', '{ b }']);
  threads[0]?.answer();
  expect(await Promise.all([a, b])).toEqual([made('{ a } by 0'), made('{ b } by 0')]);
  expect(planner.waiting).toBe(0);
});

test('an operation that several ask for at once is planned once, and one of another name for itself', async () => {
  const { plan, threads } = make();
  const text = 'query A { a } query B { b }';
  const asked = [plan(text, 'ada', 'A'), plan(text, 'bob', 'A'), plan(text, 'ada', 'B')];
  await settled();
  threads[0]?.answer();
  await settled();
  threads[0]?.answer();
  const [one, two, other] = await Promise.all(asked);
  expect(two).toBe(one);
  expect(other).not.toBe(one);
  expect(threads[0]?.asked).toHaveLength(2);
});

test('what the planner says of an operation is said to who asked for it, and the next is planned', async () => {
  const { plan, threads } = make();
  const [a, b] = [plan('{ a }'), plan('{ b }')];
  await settled();
  threads[0]?.fail('no plan');
  await expect(a).rejects.toThrow('no plan');
  await settled();
  threads[0]?.answer();
  expect(await b).toEqual(made('{ b } by 0'));
});

test('an operation that takes too long is refused and its thread replaced; the others are served', async () => {
  const { plan, threads, clock } = make();
  const [slow, next] = [plan('{ slow }'), plan('{ next }')];
  const refused = expect(slow).rejects.toMatchObject({
    message: expect.stringContaining('To plan the operation takes longer than 10 s'),
    extensions: { code: 'TOO_LARGE' },
  });
  await settled();
  await vi.advanceTimersByTimeAsync(planningLimits.planMilliseconds);
  await refused;
  expect(threads[0]?.ended).toBe(true);
  await settled();
  threads[1]?.answer();
  expect(await next).toEqual(made('{ next } by 1'));

  // For a minute it costs nobody another thread.
  clock.now = planningLimits.refusedMilliseconds - 1;
  await expect(plan('{ slow }')).rejects.toMatchObject({ extensions: { code: 'TOO_LARGE' } });
  expect(threads[1]?.asked).toEqual(['{ next }']);
  clock.now += 1;
  const again = plan('{ slow }');
  await settled();
  threads[1]?.answer();
  expect(await again).toEqual(made('{ slow } by 1'));
});

test('when too many wait the next is refused until there is room, whoever asks but the gateway itself', async () => {
  const { plan, threads } = make();
  const waiting = Array.from({ length: planningLimits.waiting + 1 }, (_, n) =>
    plan(`{ f${n} }`, `user ${n}`),
  );
  await settled();
  const refusal = { extensions: { code: 'RATE_LIMITED', retryAfterSeconds: 1 } };
  await expect(plan('{ more }', 'user more')).rejects.toMatchObject(refusal);
  waiting.push(plan('{ own }', null));
  // Who asks for what is under way takes no place.
  expect(plan('{ f7 }', 'user more')).toBe(waiting[7]);
  for (const _ of waiting) {
    threads[0]?.answer();
    await settled();
  }
  await Promise.all(waiting);
  const after = plan('{ more }', 'user more');
  await settled();
  threads[0]?.answer();
  expect(await after).toEqual(made('{ more } by 0'));
});

test('one caller can not take all places', async () => {
  const { plan, threads } = make();
  const waiting = Array.from({ length: planningLimits.waitingOfCaller + 1 }, (_, n) => plan(`{ f${n} }`));
  await settled();
  await expect(plan('{ more }')).rejects.toMatchObject({ extensions: { code: 'RATE_LIMITED' } });
  waiting.push(plan('{ other }', 'bob'));
  for (const _ of waiting) {
    threads[0]?.answer();
    await settled();
  }
  expect(await waiting.at(-1)).toEqual(made('{ other } by 0'));
});

test('when the thread ends, what it was at is tried once more by another, and who waits is served', async () => {
  const { plan, threads } = make();
  const [deadly, next] = [plan('{ deadly }'), plan('{ next }')];
  const refused = expect(deadly).rejects.toThrow(PlannerThreadEndedError);
  await settled();
  threads[0]?.end();
  await settled();
  expect(threads[1]?.asked).toEqual(['{ deadly }']);
  threads[1]?.end();
  await refused;
  await settled();
  threads[2]?.answer();
  expect(await next).toEqual(made('{ next } by 2'));
});

test('a thread that ended while nobody asked is replaced by the first who does', async () => {
  const { plan, threads } = make();
  threads[0]?.end();
  const asked = plan('{ a }');
  await settled();
  threads[1]?.answer();
  expect(await asked).toEqual(made('{ a } by 1'));
});

test('when no other thread can be had, who waits is told, and the next ask tries again', async () => {
  const { plan, threads, replace } = make();
  threads[0]?.end();
  replace.mockRejectedValueOnce(new Error('no memory'));
  await expect(plan('{ a }')).rejects.toThrow('no memory');
  const asked = plan('{ a }');
  await settled();
  threads[1]?.answer();
  expect(await asked).toEqual(made('{ a } by 1'));
});

test('at rest it keeps its thread until nobody waits, and serves a latecomer with another', async () => {
  const { planner, plan, threads, givenBack } = make();
  const first = plan('{ first }');
  await settled();
  planner.rest();
  expect(givenBack).toEqual([]);
  threads[0]?.answer();
  await first;
  await settled();
  expect(givenBack).toEqual([threads[0]]);

  const late = plan('{ late }');
  await settled();
  threads[1]?.answer();
  expect(await late).toEqual(made('{ late } by 1'));
  await settled();
  expect(givenBack).toEqual([threads[0], threads[1]]);
});
