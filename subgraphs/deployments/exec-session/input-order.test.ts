import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { NotFoundError, TooLargeError } from '../../shared/errors.js';
import { InputOrder, inputOrderLimits } from './input-order.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const { gapMilliseconds } = inputOrderLimits;

/** A session that notes what was typed. */
function typing() {
  const order = new InputOrder<string>();
  const typed: string[] = [];
  /** What the process refuses. */
  const refused = new Set<string>();
  const send = (sequence: number, text = `<${sequence}>`, writer = 'tab') =>
    order.take({ writer, sequence }, { bytes: Buffer.from(text), isLast: false }, async () => {
      if (refused.has(text)) throw new TooLargeError('Too much waits.');
      typed.push(text);
      return text;
    });
  return { order, typed, refused, send };
}

const refusal = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => 'not refused',
    (error: unknown) => error,
  );

describe('numbered input', () => {
  it('is typed in the order of its numbers and once, in whichever order and however often it comes', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 60 }).chain((count) => {
          const numbers = Array.from({ length: count }, (_, index) => index + 1);
          const again = fc.array(fc.constantFrom(...numbers), { maxLength: 20 });
          return again.chain((twice) =>
            fc.shuffledSubarray([...numbers, ...twice], { minLength: count + twice.length }),
          );
        }),
        async (sent) => {
          const { typed, send } = typing();
          const count = Math.max(...sent);
          const answers = await Promise.all(sent.map((n) => send(n)));
          expect(typed).toEqual(Array.from({ length: count }, (_, index) => `<${index + 1}>`));
          expect(Math.max(...answers.map(({ next }) => next))).toBe(count + 1);
        },
      ),
      { seed: 5 },
    );
  });

  it('is answered at once with what is missing, and with what its writer is to send next when it was typed', async () => {
    const { typed, send } = typing();
    expect(await send(1)).toEqual({ next: 2, applied: '<1>' });
    expect(await send(4)).toEqual({ next: 2 });
    expect(await send(3)).toEqual({ next: 2 });
    expect(await send(2)).toEqual({ next: 5, applied: '<2>' });
    expect(typed).toEqual(['<1>', '<2>', '<3>', '<4>']);
  });

  it('is answered and not typed again when it comes a second time, at any moment', async () => {
    const { order, typed, send } = typing();
    await send(1);
    expect(await send(1)).toEqual({ next: 2 });
    await send(3);
    expect(await send(3)).toEqual({ next: 2 });
    let taken: () => void = () => undefined;
    const slow = vi.fn(
      () =>
        new Promise<string>((resolve) => {
          taken = () => resolve('slow');
        }),
    );
    const piece = { bytes: Buffer.from('slow'), isLast: false };
    const applied = [1, 2].map(() => order.take({ writer: 'tab', sequence: 2 }, piece, slow));
    expect(await applied[1]).toEqual({ next: 2 });
    taken();
    expect(await applied[0]).toEqual({ next: 4, applied: 'slow' });
    expect(slow).toHaveBeenCalledTimes(1);
    expect(typed).toEqual(['<1>', '<3>']);
  });

  it('keeps its number when it is refused, and what comes after it waits for it', async () => {
    const { typed, refused, send } = typing();
    await send(2);
    refused.add('<1>');
    expect(await refusal(send(1))).toMatchObject({ code: 'TOO_LARGE' });
    expect(typed).toEqual([]);
    refused.clear();
    expect(await send(1)).toMatchObject({ next: 3 });
    expect(typed).toEqual(['<1>', '<2>']);
  });

  it('is given up with all after it when it is refused once it is its turn, which the next one is told', async () => {
    const { typed, refused, send } = typing();
    refused.add('<2>');
    await Promise.all([send(2), send(3)]);
    expect(await send(1)).toMatchObject({ next: 2 });
    expect(typed).toEqual(['<1>']);
    expect(await refusal(send(4))).toMatchObject({
      code: 'CONFLICT',
      message:
        'Input 2 of writer "tab" was not typed, nor what came after it: Too much waits. Send again from 2 on, with the same numbers.',
    });
    refused.clear();
    for (const sequence of [2, 3, 4]) await send(sequence);
    expect(typed).toEqual(['<1>', '<2>', '<3>', '<4>']);
  });

  it('is given up when what is missing does not come, by its number, and can be sent again', async () => {
    const { typed, send } = typing();
    await send(1);
    await send(4);
    await vi.advanceTimersByTimeAsync(gapMilliseconds - 1);
    // Progress: what is missing now has its own time.
    await send(2);
    await vi.advanceTimersByTimeAsync(gapMilliseconds - 1);
    expect(await send(4)).toEqual({ next: 3 });
    await vi.advanceTimersByTimeAsync(1);
    expect(await send(2)).toEqual({ next: 3 });
    expect(await refusal(send(3))).toMatchObject({
      code: 'CONFLICT',
      field: ['input', 'sequence'],
      message:
        'Input 3 of writer "tab" was not typed, nor what came after it: it has not come within 10 s. Send again from 3 on, with the same numbers.',
    });
    expect(await send(3)).toMatchObject({ next: 4 });
    expect(await send(4)).toMatchObject({ next: 5 });
    expect(typed).toEqual(['<1>', '<2>', '<3>', '<4>']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is refused when its number was something else, also while that waits', async () => {
    const { order, typed, send } = typing();
    await send(1);
    await send(3);
    for (const sequence of [1, 3]) {
      expect(await refusal(send(sequence, 'other'))).toMatchObject({
        code: 'CONFLICT',
        field: ['input', 'sequence'],
      });
    }
    const ends = { bytes: Buffer.from('<1>'), isLast: true };
    expect(await refusal(order.take({ writer: 'tab', sequence: 1 }, ends, vi.fn()))).toMatchObject({
      code: 'CONFLICT',
    });
    await send(2);
    expect(typed).toEqual(['<1>', '<2>', '<3>']);
  });

  it('waits for its own writer only', async () => {
    const { typed, send } = typing();
    await send(2, 'a2', 'a');
    await send(1, 'b1', 'b');
    await send(1, 'a1', 'a');
    expect(typed).toEqual(['b1', 'a1', 'a2']);
  });

  it('waits within bounds: of inputs, of bytes, of writers', async () => {
    const { heldInputs, heldBytes, writers } = inputOrderLimits;
    const many = typing();
    for (let n = 0; n < heldInputs; n += 1) await many.send(n + 2);
    expect(await refusal(many.send(heldInputs + 2))).toMatchObject({
      code: 'TOO_LARGE',
      message: expect.stringMatching(/came before input 1.*Send again from 1 on/),
    });
    // What the others wait for is never one too many.
    expect(await many.send(1)).toMatchObject({ next: heldInputs + 2 });
    await many.send(heldInputs + 2);
    expect(many.typed).toHaveLength(heldInputs + 2);

    const large = typing();
    const half = 'x'.repeat(heldBytes / 2);
    await large.send(2, half);
    await large.send(3, half);
    expect(await refusal(large.send(4, 'x'))).toMatchObject({ code: 'TOO_LARGE' });
    await large.send(1);
    expect(await large.send(5, 'x')).toEqual({ next: 4 });

    const { send } = typing();
    for (let n = 0; n < writers; n += 1) await send(1, 'x', `writer ${n}`);
    expect(await refusal(send(1, 'x', 'one more'))).toMatchObject({
      code: 'TOO_LARGE',
      field: ['input', 'writer'],
    });
  });

  it('is not typed any more when the session ends', async () => {
    const { order, typed, send } = typing();
    await send(2);
    const end = new NotFoundError('Session', 'exec_1');
    order.end(end);
    expect(await refusal(send(1))).toBe(end);
    expect(typed).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
