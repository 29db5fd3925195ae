import type { IncomingMessage } from 'node:http';
import { TooLargeError } from './errors.js';

/** The whole request body. Rejects with TooLargeError as soon as more than `limit` bytes came or were announced. */
export async function readBody(request: IncomingMessage, limit: number): Promise<Buffer> {
  const tooLarge = (): TooLargeError =>
    new TooLargeError(`The request body is larger than ${limit} bytes: send less, or in several requests.`);
  if (Number(request.headers['content-length'] ?? 0) > limit) throw tooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    size += (chunk as Buffer).length;
    if (size > limit) throw tooLarge();
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks, size);
}
