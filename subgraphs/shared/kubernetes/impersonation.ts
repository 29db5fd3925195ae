import type { Actor } from '../published/actor.js';

/**
 * Who a call is made as, when not as Meridian's own account; that account needs the right `impersonate` in the cluster
 * (https://kubernetes.io/docs/reference/access-authn-authz/authentication/#user-impersonation).
 */
export interface Impersonation {
  readonly user: string;
  readonly uid: string;
  readonly groups: readonly string[];
}

/** Begins all names, so that nobody becomes somebody whom the cluster knows already, such as `system:masters`. */
const prefix = 'meridian:';

/** `meridian:<login>` in `meridian:users` and one `meridian:team:<team>` for each team. */
export const impersonationOf = ({ userId, login, teams }: Actor): Impersonation => ({
  user: `${prefix}${inHeader(login)}`,
  uid: userId,
  groups: [`${prefix}users`, ...teams.map((team) => `${prefix}team:${inHeader(team)}`)],
});

/**
 * Percent-encodes what could end a header or a value in it, or be read differently by a proxy on the way (line breaks,
 * commas, spaces, what isn't ASCII), and the percent sign, so that two names never become one.
 */
const inHeader = (name: string): string =>
  name
    .toWellFormed()
    .replace(/[^\w.@+-]/gu, (character) =>
      [...Buffer.from(character)]
        .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
        .join(''),
    );

/** The headers; throws for a value that isn't visible ASCII, whoever made it: nothing of it reaches the wire. */
export function impersonationHeaders({
  user,
  uid,
  groups,
}: Impersonation): Record<string, string | string[]> {
  for (const value of [user, uid, ...groups]) {
    if (!/^[!-+\--~]+$/.test(value)) throw new Error('a name to impersonate is not fit for a header');
  }
  return { 'impersonate-user': user, 'impersonate-uid': uid, 'impersonate-group': [...groups] };
}
