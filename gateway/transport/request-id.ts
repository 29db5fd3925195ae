import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

/**
 * A UUID in one piece. V8 leaves what `randomUUID` puts together as the dozen strings it was made of, 450 bytes, and
 * every subscription has an ID for as long as it runs.
 */
export const newRequestId = (): string => Buffer.from(randomUUID(), 'latin1').toString('latin1');

/**
 * The ID of a request in logs, errors, the audit log and its answer's `x-request-id`: the one that a proxy or client
 * sent when it is 16 to 64 letters, digits, `-` or `_` (a UUID, 128 bits in hexadecimal digits), else a new one. It
 * finds what belongs together; nothing relies on nobody else having used it.
 */
export function requestIdOf({ headers }: Pick<IncomingMessage, 'headers'>): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && /^[\w-]{16,64}$/.test(given) ? given : newRequestId();
}
