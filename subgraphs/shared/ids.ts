import { randomBytes } from 'node:crypto';

/**
 * Global IDs: `<kind>_<26 characters>`, where the characters are a ULID in lower case (48 bits of time, 80 random
 * bits), so that ids sort by creation and are valid Kubernetes label values. Opaque to clients.
 */
const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';

export type IdKind =
  | 'user'
  | 'team'
  | 'role'
  | 'binding'
  | 'session'
  | 'token'
  | 'event'
  | 'cluster'
  | 'drain'
  | 'landscape'
  | 'project'
  | 'environment'
  | 'application'
  | 'service'
  | 'deployment'
  | 'instance'
  | 'exec';

export function newId(kind: IdKind, now: number = Date.now()): string {
  let time = '';
  for (let rest = now, i = 0; i < 10; i++, rest = Math.floor(rest / 32))
    time = alphabet.charAt(rest % 32) + time;
  let random = '';
  for (const byte of randomBytes(16)) random += alphabet.charAt(byte & 31);
  return `${kind}_${time}${random}`;
}

/** True for text that `newId(kind)` could have made. Anything else is an id that nothing has. */
export function isId(kind: IdKind, value: string): boolean {
  return (
    value.length === kind.length + 27 &&
    value.startsWith(`${kind}_`) &&
    /^[0-9a-hjkmnp-tv-z]{26}$/.test(value.slice(-26))
  );
}
