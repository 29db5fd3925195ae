import { describe, expect, it } from 'vitest';
import { Bulkhead } from './bulkhead.js';

const never = new AbortController().signal;

describe('a bulkhead', () => {
  it('lets as many in as it may, queues in order and refuses the rest', async () => {
    const bulkhead = new Bulkhead(1, 2);
    const order: string[] = [];
    const first = await bulkhead.enter(never);
    const second = bulkhead.enter(never)?.then((leave) => {
      order.push('second');
      leave();
    });
    const third = bulkhead.enter(never)?.then((leave) => {
      order.push('third');
      leave();
    });
    expect(bulkhead.enter(never)).toBeUndefined();
    expect(order).toEqual([]);
    first?.();
    first?.();
    await Promise.all([second, third]);
    expect(order).toEqual(['second', 'third']);
    expect(bulkhead.enter(never)).toBeDefined();
    expect(bulkhead.enter(never)).toBeDefined();
    expect(bulkhead.enter(never)).toBeDefined();
    expect(bulkhead.enter(never)).toBeUndefined();
  });

  it('forgets a waiter whose caller left', async () => {
    const bulkhead = new Bulkhead(1, 1);
    const leave = await bulkhead.enter(never);
    const caller = new AbortController();
    const waiting = bulkhead.enter(caller.signal);
    caller.abort(new Error('left'));
    await expect(waiting).rejects.toThrow('left');
    const next = bulkhead.enter(never);
    leave?.();
    await expect(next).resolves.toBeTypeOf('function');
  });
});
