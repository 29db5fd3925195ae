import type { IncomingMessage } from 'node:http';
import { TooLargeError } from './errors.js';

/**
 * The whole request body, or TooLargeError when it has more than `limit` bytes. The rest of one that is too large is
 * read and dropped, within reason: a client that is still sending would not see the answer otherwise.
 */
export function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const tooLarge = (): void =>
      reject(
        new TooLargeError(
          `The request body is larger than ${limit} bytes: send less, or in several requests.`,
        ),
      );
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= limit) chunks.push(chunk);
      else chunks.length = 0;
      if (size > limit * 32) tooLarge();
    });
    request.once('end', () => (size > limit ? tooLarge() : resolve(Buffer.concat(chunks, size))));
    request.once('error', reject);
    request.once('close', () => {
      // Also after every whole request, and an error costs more than reading a small one.
      if (!request.complete) reject(new Error('the client went away before its request was complete'));
    });
  });
}
