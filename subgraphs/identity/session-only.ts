import type { SignedInCaller } from '../shared/caller.js';
import { ForbiddenError } from '../shared/errors.js';

/** An access token must not be able to outlive itself, or to take over its owner. */
export function requireSession(caller: SignedInCaller, doing: string): SignedInCaller {
  if (caller.credentialKind === 'SESSION') return caller;
  throw new ForbiddenError(
    'signed-in',
    `An access token can't ${doing}: sign in with login and password for that.`,
  );
}
