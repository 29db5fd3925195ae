import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { whileAuthorized } from './authorized-stream.js';
import { BoundedQueue } from './bounded-queue.js';
import { ForbiddenError, NotFoundError } from './errors.js';

const caller = {
  userId: 'user_1',
  credentialId: 'session_1',
  credentialKind: 'SESSION',
  expiresAt: 100_000,
  requestId: 'r1',
  address: null,
} as const;

describe('a stream that is checked while it runs', () => {
  let closed: boolean;
  let queue: BoundedQueue<number>;
  let now: number;
  let permitted: Error | undefined;
  let identityChanged: () => void;

  beforeEach(() => {
    vi.useFakeTimers();
    closed = false;
    now = 0;
    permitted = undefined;
    queue = new BoundedQueue<number>({
      limit: 10,
      onOverflow: (items) => items.slice(1),
      onClose: () => {
        closed = true;
      },
    });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const open = () =>
    whileAuthorized(queue, {
      caller,
      clock: { now: () => now },
      check: async () => {
        if (permitted) throw permitted;
      },
      events: {
        on: (_type, listener) => {
          identityChanged = listener as () => void;
          return () => undefined;
        },
      },
    });

  it('passes what comes while the permission holds', async () => {
    const stream = open();
    queue.push(1);
    await vi.advanceTimersByTimeAsync(10_000);
    queue.push(2);
    expect([(await stream.next()).value, (await stream.next()).value]).toEqual([1, 2]);
  });

  it('ends a silent stream with the reason at the next check, and closes the source', async () => {
    const next = open().next();
    next.catch(() => undefined);
    permitted = new ForbiddenError('logs.read');
    await vi.advanceTimersByTimeAsync(2_000);
    await expect(next).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(closed).toBe(true);
  });

  it('ends at once when identity says that something changed', async () => {
    const next = open().next();
    next.catch(() => undefined);
    permitted = new ForbiddenError('logs.read');
    identityChanged();
    await expect(next).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('says FORBIDDEN of what the reader has seen and may not see any more', async () => {
    const next = open().next();
    next.catch(() => undefined);
    permitted = new NotFoundError('Service', 'service_1');
    identityChanged();
    await expect(next).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });

  it('passes nothing that waited when it was refused', async () => {
    const stream = open();
    permitted = new ForbiddenError('logs.read');
    identityChanged();
    await vi.advanceTimersByTimeAsync(0);
    queue.push(1);
    await expect(stream.next()).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(await stream.next()).toEqual({ value: undefined, done: true });
  });

  it('ends when the token expires', async () => {
    const next = open().next();
    next.catch(() => undefined);
    now = caller.expiresAt;
    await vi.advanceTimersByTimeAsync(2_000);
    await expect(next).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('ends when the permission cannot be checked', async () => {
    const next = open().next();
    next.catch(() => undefined);
    permitted = new Error('the database is down');
    await vi.advanceTimersByTimeAsync(2_000);
    await expect(next).rejects.toMatchObject({ code: 'TIMEOUT' });
  });

  it('stops checking when the reader leaves', async () => {
    const stream = open();
    await stream.return?.();
    expect(closed).toBe(true);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a bounded queue', () => {
  const numbers = () => new BoundedQueue<number>({ limit: 2, onOverflow: (items) => items.slice(1) });

  it('drops by its rule when the reader is slow', async () => {
    const queue = numbers();
    for (const number of [1, 2, 3, 4]) queue.push(number);
    queue.end();
    const got: number[] = [];
    for await (const number of queue) got.push(number);
    expect(got).toEqual([3, 4]);
  });

  it('tells an error once, after what waits, to a reader that waits or comes later', async () => {
    const late = numbers();
    late.push(1);
    late.fail(new Error('gone'));
    expect((await late.next()).value).toBe(1);
    await expect(late.next()).rejects.toThrow('gone');
    expect((await late.next()).done).toBe(true);

    const waiting = numbers();
    const next = waiting.next();
    waiting.fail(new Error('gone'));
    await expect(next).rejects.toThrow('gone');
    expect((await waiting.next()).done).toBe(true);
  });
});
