import { expect, test } from 'vitest';
import type { Caller } from '../../subgraphs/shared/caller.js';
import type { SubgraphFetch, SubgraphResult, SubgraphSource } from '../sources/source.js';
import { InFlight } from './in-flight.js';

const ada = {
  userId: 'ada',
  requestId: 'r1',
  address: '10.0.0.1',
  credentialId: 's1',
  credentialKind: 'SESSION',
  expiresAt: 1_000,
} as const;

interface Asked {
  readonly caller: Caller;
  readonly signal: AbortSignal;
  answer(result: SubgraphResult): void;
  fail(error: Error): void;
}

function setUp() {
  const asked: Asked[] = [];
  const source = {
    name: 'projects',
    execute: (_, { caller, signal }) =>
      new Promise((answer, fail) => {
        asked.push({ caller, signal, answer, fail });
        signal.addEventListener('abort', () => fail(signal.reason));
      }),
  } as Pick<SubgraphSource, 'name' | 'execute'> as SubgraphSource;
  const inFlight = new InFlight();
  const ask = (
    caller: Caller = ada,
    request: Partial<SubgraphFetch> = {},
    signal = new AbortController().signal,
  ) => inFlight.execute(source, { query: '{ a }', repeatable: true, ...request }, { caller, signal });
  return { asked, ask };
}

test('what one caller asks twice at once is asked once, and each reader may write into its answer', async () => {
  const { asked, ask } = setUp();
  const both = [ask(), ask({ ...ada, requestId: 'r2' })];
  expect(asked).toHaveLength(1);
  asked[0]?.answer({ data: { a: { b: [1, null, 'c'] } } });
  const [first, second] = await Promise.all(both);
  expect(second).toEqual(first);
  expect(second?.data?.['a']).not.toBe(first?.data?.['a']);
  // Nothing is kept of an answer.
  void ask();
  expect(asked).toHaveLength(2);
});

test.each<[string, Caller, Partial<SubgraphFetch>]>([
  ['another user', { ...ada, userId: 'grace' }, {}],
  ['another session of the user', { ...ada, credentialId: 's2' }, {}],
  ['a token of the session that ends later', { ...ada, expiresAt: 2_000 }, {}],
  ['another address', { ...ada, address: '10.0.0.2' }, {}],
  ['nobody who is signed in', { userId: null, requestId: 'r1', address: '10.0.0.1' }, {}],
  ['other variables', ada, { variables: { id: 1 } }],
  ['another operation of the text', ada, { operationName: 'other' }],
  ['another text', ada, { query: '{ a b }' }],
  ['a mutation of the same text', ada, { repeatable: false }],
])('%s is asked for itself', (_, caller, request) => {
  const { asked, ask } = setUp();
  void ask();
  void ask(caller, request);
  expect(asked).toHaveLength(2);
});

test('a mutation is never merged with another', () => {
  const { asked, ask } = setUp();
  void ask(ada, { repeatable: false });
  void ask(ada, { repeatable: false });
  expect(asked).toHaveLength(2);
});

test('who has changed something does not get what was asked before that', async () => {
  const { asked, ask } = setUp();
  void ask();
  const mutation = ask(ada, { repeatable: false });
  asked[1]?.answer({ data: { changed: true } });
  await mutation;
  void ask();
  expect(asked).toHaveLength(3);
});

test('a reader that leaves takes nothing from the one whose fetch it read', async () => {
  const { asked, ask } = setUp();
  const leaving = new AbortController();
  const staying = ask();
  const left = ask(ada, {}, leaving.signal);
  leaving.abort(new Error('the client left'));
  await expect(left).rejects.toThrow('the client left');
  expect(asked[0]?.signal.aborted).toBe(false);
  asked[0]?.answer({ data: { a: 1 } });
  expect(await staying).toEqual({ data: { a: 1 } });
  expect(asked).toHaveLength(1);
});

test('when the one leaves for whom it was asked, it is asked once more for those who are left', async () => {
  const { asked, ask } = setUp();
  const [leaving, alsoLeaving] = [new AbortController(), new AbortController()];
  const first = ask(ada, {}, leaving.signal);
  const second = ask(ada, {}, alsoLeaving.signal);
  const others = [ask(), ask()];
  alsoLeaving.abort(new Error('this one first'));
  await expect(second).rejects.toThrow('this one first');
  leaving.abort(new Error('the client left'));
  await expect(first).rejects.toThrow('the client left');
  await expect.poll(() => asked).toHaveLength(2);
  expect(asked[0]?.signal.aborted).toBe(true);
  expect(asked[1]?.signal.aborted).toBe(false);
  asked[1]?.answer({ data: { a: 1 } });
  expect(await Promise.all(others)).toEqual([{ data: { a: 1 } }, { data: { a: 1 } }]);
});

test('nobody joins what was given up', async () => {
  const { asked, ask } = setUp();
  const leaving = new AbortController();
  const first = ask(ada, {}, leaving.signal);
  leaving.abort(new Error('the client left'));
  void ask();
  expect(asked).toHaveLength(2);
  await expect(first).rejects.toThrow('the client left');
});

test('a failure reaches every reader', async () => {
  const { asked, ask } = setUp();
  const both = Promise.allSettled([ask(), ask()]);
  asked[0]?.fail(new Error('refused'));
  expect((await both).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});
