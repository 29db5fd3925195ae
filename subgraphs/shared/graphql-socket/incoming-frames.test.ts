import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import * as ws from 'ws';
import { IncomingFrames } from './incoming-frames.js';

// The typings leave it out.
const { Sender } = ws as unknown as {
  Sender: new (
    wire: PassThrough,
  ) => { ping(data: Buffer, mask: boolean): void; send(data: Buffer, options: object): void };
};

interface SentFrame {
  readonly opcode: 'message' | 'ping';
  readonly length: number;
  readonly fin: boolean;
}

/** The bytes that a client of ws sends. */
function bytesOf({ opcode, length, fin }: SentFrame): Buffer {
  const wire = new PassThrough({ highWaterMark: 1_000_000 });
  const sender = new Sender(wire);
  const data = Buffer.alloc(length, 'x');
  if (opcode === 'ping') sender.ping(data, true);
  else sender.send(data, { fin, mask: true, binary: false, compress: false });
  return wire.read() as Buffer;
}

const read = (frames: IncomingFrames, bytes: Uint8Array): boolean => {
  frames.read(bytes);
  return frames.isMessageUnfinished;
};

describe('a message that a peer sends', () => {
  it.each([0, 1, 125, 126, 65_535, 65_536, 70_000])(
    'is unfinished until its last of %i bytes is there',
    (length) => {
      const bytes = bytesOf({ opcode: 'message', length, fin: true });
      const whole = new IncomingFrames();
      expect(whole.isMessageUnfinished).toBe(false);
      expect(read(whole, bytes)).toBe(false);
      for (const end of [1, 2, 3, 6, 8, bytes.length - 1]) {
        if (end < bytes.length) expect(read(new IncomingFrames(), bytes.subarray(0, end))).toBe(true);
      }
      const inParts = new IncomingFrames();
      expect(read(inParts, bytes.subarray(0, -1))).toBe(true);
      expect(read(inParts, bytes.subarray(-1))).toBe(false);
    },
  );

  it('is unfinished until its last fragment is there, whatever pings come between', () => {
    const frames = new IncomingFrames();
    const message = (fin: boolean) => bytesOf({ opcode: 'message', length: 5, fin });
    const ping = bytesOf({ opcode: 'ping', length: 3, fin: true });
    expect(read(frames, ping)).toBe(false);
    expect(read(frames, message(false))).toBe(true);
    expect(read(frames, ping)).toBe(true);
    expect(read(frames, message(false))).toBe(true);
    expect(read(frames, message(true))).toBe(false);
  });

  it('may be cut into pieces anywhere', () => {
    const frame = fc.record({
      opcode: fc.constantFrom('message' as const, 'ping' as const),
      length: fc.integer({ min: 0, max: 125 }).chain((short) => fc.constantFrom(short, 300 + short)),
      fin: fc.boolean(),
    });
    fc.assert(
      fc.property(
        fc.array(frame, { maxLength: 8 }),
        fc.array(fc.integer({ min: 1, max: 90 })),
        (sent, cuts) => {
          const legal = sent.map((one) =>
            one.opcode === 'ping' ? { ...one, length: one.length % 126, fin: true } : one,
          );
          const bytes = Buffer.concat(legal.map(bytesOf));
          const frames = new IncomingFrames();
          let at = 0;
          for (let n = 0; at < bytes.length; n += 1) {
            const end = at + (cuts[n % Math.max(1, cuts.length)] ?? 90);
            frames.read(bytes.subarray(at, end));
            at = end;
          }
          const last = legal.findLast(({ opcode }) => opcode === 'message');
          expect(frames.isMessageUnfinished).toBe(last ? !last.fin : false);
        },
      ),
      { seed: 5 },
    );
  });
});
