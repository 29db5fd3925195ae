import type { IncomingHttpHeaders } from 'node:http';
import { badRequest } from '../../storage/api-errors.js';
import { AUTHENTICATED, forbiddenResource, type ResourceAttributes, type User } from './user.js';

/** What has to be known to let somebody act as somebody else. */
export interface Rights {
  decide(user: User, attributes: ResourceAttributes): { readonly allowed: boolean };
  /** Whether any rule at all lets this user act as somebody else. */
  mayImpersonate(user: User): boolean;
}

const EXTRA = 'impersonate-extra-';
const SERVICE_ACCOUNT = /^system:serviceaccount:([^:]+):([^:]+)$/;

/** The user that a caller wants to act as, after checking that they may; the caller itself otherwise. */
export const impersonatedUser = (
  access: Rights,
  caller: User,
  headers: IncomingHttpHeaders,
  attributes: ResourceAttributes | undefined,
): User => {
  const name = headers['impersonate-user']?.toString();
  const uid = headers['impersonate-uid']?.toString();
  const groups = (headers['impersonate-group']?.toString() ?? '').split(', ').filter((group) => group !== '');
  const extra = Object.entries(headers)
    .filter(([key]) => key.startsWith(EXTRA))
    .map(([key, value]) => [key.slice(EXTRA.length), [value].flat().map(String)] as const);
  if (!name) {
    if (groups.length === 0 && uid === undefined) return caller;
    throw badRequest(`requested ${goUser(uid, groups)} without impersonating a user name`);
  }
  requireImpersonation(access, caller, name, groups, attributes);
  return {
    name,
    groups: [...(groups.length > 0 ? groups : groupsOf(name)), AUTHENTICATED],
    ...(uid ? { uid } : {}),
    ...(extra.length > 0 ? { extra: Object.fromEntries(extra) } : {}),
  };
};

const groupsOf = (name: string): string[] => {
  const namespace = SERVICE_ACCOUNT.exec(name)?.[1];
  return namespace ? ['system:serviceaccounts', `system:serviceaccounts:${namespace}`] : [];
};

const requireImpersonation = (
  access: Rights,
  caller: User,
  name: string,
  groups: readonly string[],
  attributes: ResourceAttributes | undefined,
): void => {
  const [, namespace, account] = SERVICE_ACCOUNT.exec(name) ?? [];
  const wanted: ResourceAttributes[] = [
    account
      ? { verb: 'impersonate', group: '', resource: 'serviceaccounts', namespace, name: account }
      : { verb: 'impersonate', group: '', resource: 'users', name },
    ...groups.map((group) => ({ verb: 'impersonate', group: '', resource: 'groups', name: group })),
  ];
  const refused = wanted.find((each) => !access.decide(caller, each).allowed);
  if (!refused) return;
  // Callers with no right to impersonate at all get another message than those who asked for too much.
  if (!access.mayImpersonate(caller) && attributes)
    throw forbiddenResource(caller, { ...attributes, verb: `impersonate-on:user-info:${attributes.verb}` });
  throw forbiddenResource(caller, refused);
};

const goUser = (uid: string | undefined, groups: readonly string[]): string => {
  const list =
    groups.length > 0 ? `[]string{${groups.map((group) => `"${group}"`).join(', ')}}` : '[]string(nil)';
  return `&user.DefaultInfo{Name:"", UID:"${uid ?? ''}", Groups:${list}, Extra:map[string][]string(nil)}`;
};
