import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { BoundedQueue } from './bounded-queue.js';
import { ForbiddenError, NotFoundError } from './errors.js';
import { StreamGuard } from './stream-guard.js';

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
  let identityChanged: (userId?: string | null) => void;

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

  const guard = () =>
    new StreamGuard(
      { now: () => now },
      {
        on: (_type, listener) => {
          identityChanged = (userId = null) => (listener as (event: object) => void)({ userId });
          return () => undefined;
        },
      },
    );
  const check = async () => {
    if (permitted) throw permitted;
  };
  const open = () => guard().guard(caller, queue, check);

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

  it('is not looked at for what concerns another user', async () => {
    const look = vi.fn<() => Promise<void>>(check);
    guard().guard(caller, queue, look);
    identityChanged('user_2');
    expect(look).not.toHaveBeenCalled();
    identityChanged(caller.userId);
    expect(look).toHaveBeenCalledOnce();
  });

  it('is looked at again when something changes while it is looked at', async () => {
    const answers: (() => void)[] = [];
    const look = vi.fn<() => Promise<void>>(() => new Promise<void>((resolve) => answers.push(resolve)));
    guard().guard(caller, queue, look);
    identityChanged();
    identityChanged();
    identityChanged();
    expect(look).toHaveBeenCalledTimes(1);
    answers[0]?.();
    await vi.advanceTimersByTimeAsync(0);
    expect(look).toHaveBeenCalledTimes(2);
  });

  it('is looked at in the same moment as all others of the process, in slices', async () => {
    const streams = guard();
    const moments = new Map<number, number>();
    let moment = 0;
    for (let n = 0; n < 1_200; n += 1) {
      // They came at different times.
      if (n % 100 === 0) await vi.advanceTimersByTimeAsync(100);
      streams.guard(
        caller,
        new BoundedQueue<number>({ limit: 1, onOverflow: (items) => items }),
        async () => {
          const slice = moment;
          setImmediate(() => {
            moment = slice + 1;
          });
          moments.set(slice, (moments.get(slice) ?? 0) + 1);
        },
      );
    }
    await vi.advanceTimersByTimeAsync(2_000);
    expect([...moments.values()]).toEqual([500, 500, 200]);
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
