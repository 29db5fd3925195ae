import { describe, expect, it } from 'vitest';
import { LevelStream } from './level-stream.js';

function counter(doneAt = Number.POSITIVE_INFINITY, ahead = 0) {
  let value = 0;
  let closed = 0;
  let mark: () => void = () => undefined;
  const stream = new LevelStream<number>(
    (changed) => {
      mark = changed;
      return {
        read: () => ({ events: [value], done: value >= doneAt }),
        close: () => {
          closed += 1;
        },
      };
    },
    { ahead },
  );
  return {
    stream,
    set(next: number) {
      value = next;
      mark();
    },
    closed: () => closed,
  };
}

describe('a level stream', () => {
  it('begins with the state as it is', async () => {
    const { stream } = counter();
    expect(await stream.next()).toEqual({ value: 0, done: false });
  });

  it('gives a slow reader the newest state alone', async () => {
    const { stream, set } = counter();
    await stream.next();
    for (let i = 1; i <= 1_000; i++) set(i);
    expect(await stream.next()).toEqual({ value: 1_000, done: false });
  });

  it('reads ahead what a quick reader may want, up to its limit', async () => {
    const { stream, set } = counter(Number.POSITIVE_INFINITY, 3);
    expect((await stream.next()).value).toBe(0);
    for (let i = 1; i <= 10; i++) {
      set(i);
      await new Promise((resolve) => setImmediate(resolve));
    }
    const seen = [];
    for (let i = 0; i < 4; i++) seen.push((await stream.next()).value);
    expect(seen).toEqual([1, 2, 3, 10]);
  });

  it('ends after the last events and closes its source once', async () => {
    const { stream, set, closed } = counter(2);
    await stream.next();
    set(2);
    expect(await stream.next()).toEqual({ value: 2, done: false });
    expect(await stream.next()).toEqual({ value: undefined, done: true });
    await stream.return();
    expect(closed()).toBe(1);
  });

  it('ends at once when the reader leaves while nothing happens', async () => {
    const { stream, closed } = counter();
    await stream.next();
    const waiting = stream.next();
    await stream.return();
    expect(await waiting).toEqual({ value: undefined, done: true });
    expect(closed()).toBe(1);
  });

  it('throws what reading throws, and is over then', async () => {
    const stream = new LevelStream<number>(() => ({
      read: () => Promise.reject(new Error('gone')),
      close: () => undefined,
    }));
    await expect(stream.next()).rejects.toThrow('gone');
    expect(await stream.next()).toEqual({ value: undefined, done: true });
  });
});
