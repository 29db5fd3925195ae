import type { Writable } from 'node:stream';
import { expect, it } from 'vitest';
import * as ws from 'ws';
import { textFrame } from './text-frame.js';

it.each([0, 1, 124, 125, 126, 127, 65_533, 65_534, 65_535, 65_536, 200_000])(
  'is read by ws as the text that it was made of: %i bytes of a shared part',
  (length) => {
    const received: string[] = [];
    // The typings leave it out.
    const { Receiver } = ws as unknown as { Receiver: new (options: object) => Writable };
    const receiver = new Receiver({ isServer: false });
    receiver.on('message', (data: Buffer, isBinary: boolean) => received.push(`${isBinary} ${String(data)}`));
    const own = Buffer.from('é');
    receiver.write(textFrame(own, Buffer.alloc(length, 'x')));
    receiver.write(textFrame(own, Buffer.from('end')));
    expect(received).toEqual([`false é${'x'.repeat(length)}`, 'false éend']);
  },
);
