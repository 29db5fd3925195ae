import { expect, test } from 'vitest';
import { abortable, whileNotAborted } from './abortable.js';
import { UnauthenticatedError } from './errors.js';

const never = new Promise<never>(() => undefined);

test('rejects with the reason of the signal while the promise is still open', async () => {
  const controller = new AbortController();
  const waiting = abortable(never, controller.signal);
  controller.abort(new Error('the client left'));
  await expect(waiting).rejects.toThrow('the client left');
});

test('hands over what comes too late, so that it can be closed', async () => {
  const controller = new AbortController();
  controller.abort(new Error('gone'));
  const late: string[] = [];
  await expect(
    abortable(Promise.resolve('x'), controller.signal, (value) => late.push(value)),
  ).rejects.toThrow();
  await expect.poll(() => late).toEqual(['x']);
});

test('ends a silent stream at once when the signal is aborted, and tells the source', async () => {
  const controller = new AbortController();
  const returned: boolean[] = [];
  const source = {
    next: () => never,
    return: async () => {
      returned.push(true);
      return { value: undefined, done: true as const };
    },
    [Symbol.asyncIterator]() {
      return this;
    },
  };
  const stream = whileNotAborted(source, controller.signal, (item) => item);
  const reading = stream.next();
  controller.abort();
  expect(await reading).toEqual({ value: undefined, done: true });
  expect(returned).toEqual([true]);
});

test('passes on what the source throws, once, and is done afterwards', async () => {
  const source = (async function* () {
    yield 1;
    throw new Error('revoked');
  })();
  const stream = whileNotAborted(source, new AbortController().signal, (item) => item * 2);
  expect(await stream.next()).toEqual({ value: 2, done: false });
  await expect(stream.next()).rejects.toThrow('revoked');
  expect(await stream.next()).toEqual({ value: undefined, done: true });
});

test('throws one of our errors to the reader when it is the reason, whether or not one waits', async () => {
  for (const waits of [true, false]) {
    const controller = new AbortController();
    const silent = { next: () => never, [Symbol.asyncIterator]: () => silent };
    const stream = whileNotAborted(silent, controller.signal, (item) => item);
    const reading = waits ? stream.next() : undefined;
    controller.abort(new UnauthenticatedError('expired'));
    await expect(reading ?? stream.next()).rejects.toThrow('expired');
    expect(await stream.next()).toEqual({ value: undefined, done: true });
  }
});
