import type { Caller, SignedInCaller } from './caller.js';
import type { Clock } from './clock.js';
import type { DomainEvents } from './domain-events.js';
import { ForbiddenError, NotFoundError, UnauthenticatedError } from './errors.js';
import type { PermissionName } from './permission-names.js';
import type { Credential, Grant } from './published/grant.js';

/** The levels that a role binding can be limited to, and a record can belong to. */
export interface Scope {
  readonly clusterId?: string | null;
  readonly projectId?: string | null;
  readonly landscapeId?: string | null;
  readonly applicationId?: string | null;
}

export const scopeLevels = ['clusterId', 'projectId', 'landscapeId', 'applicationId'] as const;
export type ScopeLevel = (typeof scopeLevels)[number];

/** What a list may show: rows within one of `allow` and none of `deny`. */
export interface DataFilter {
  readonly allow: readonly Scope[];
  readonly deny: readonly Scope[];
}

const levelsOf = (scope: Scope): ScopeLevel[] => scopeLevels.filter((level) => scope[level] != null);

/**
 * Does an allowed scope cover the record? Exactly: each level of the scope is the record's. For reading, also the
 * records above the scope are covered (who may see one environment may see its project): levels that the record
 * does not have are passed over, as long as one level agrees.
 */
function covers(scope: Scope, record: Scope, reading: boolean): boolean {
  const levels = levelsOf(scope);
  if (levels.length === 0) return true;
  const known = reading ? levels.filter((level) => record[level] != null) : levels;
  return known.length > 0 && known.every((level) => scope[level] === record[level]);
}

/** A denial concerns a record only when each of its levels is the record's. */
const denies = (scope: Scope, record: Scope): boolean =>
  levelsOf(scope).every((level) => scope[level] === record[level]);

const isReading = (permission: PermissionName): boolean => permission.endsWith('.read');

/** Everything that one caller may do, as it was when it was loaded. */
export class PermissionSet {
  #allow = new Map<string, Scope[]>();
  #deny = new Map<string, Scope[]>();

  constructor(
    readonly caller: SignedInCaller,
    grants: readonly Grant[],
    /** An access token's own limits; null for a session. */
    private readonly limit: { permissions: readonly string[] | null; scope: Scope } | null,
  ) {
    for (const grant of grants) {
      const effect = grant.effect === 'ALLOW' ? this.#allow : this.#deny;
      const scopes = effect.get(grant.permission) ?? [];
      scopes.push(grant);
      effect.set(grant.permission, scopes);
    }
  }

  /** The same permissions, asked for by another request of the same credential. */
  forCaller(caller: SignedInCaller): PermissionSet {
    if (caller === this.caller) return this;
    const set = new PermissionSet(caller, [], this.limit);
    set.#allow = this.#allow;
    set.#deny = this.#deny;
    return set;
  }

  /** Functional permissions held anywhere. */
  get names(): string[] {
    return [...this.#allow.keys()].filter((name) => this.has(name as PermissionName)).sort();
  }

  /** Does the caller hold this functional permission anywhere at all? */
  has(permission: PermissionName): boolean {
    if (this.limit?.permissions && !this.limit.permissions.includes(permission)) return false;
    const everywhereDenied =
      this.#deny.get(permission)?.some((scope) => levelsOf(scope).length === 0) ?? false;
    return !everywhereDenied && this.#allow.has(permission);
  }

  /** Functional and data permission together. An empty record stands for the platform. */
  allows(permission: PermissionName, record: Scope): boolean {
    if (!this.has(permission)) return false;
    const reading = isReading(permission);
    if (this.limit && !covers(this.limit.scope, record, reading)) return false;
    if (this.denies(permission, record)) return false;
    return this.#allow.get(permission)?.some((scope) => covers(scope, record, reading)) ?? false;
  }

  /** Is it taken from the caller for the record as a whole, whatever else allows it? */
  denies(permission: PermissionName, record: Scope): boolean {
    return this.#deny.get(permission)?.some((scope) => denies(scope, record)) ?? false;
  }

  /** Throws ForbiddenError. Only for records that the caller may know of: see `requireOn`. */
  require(permission: PermissionName, record: Scope = {}): void {
    if (!this.allows(permission, record)) throw new ForbiddenError(permission);
  }

  /** Throws ForbiddenError when the caller holds the permission nowhere: before anything is looked up. */
  requireFunctional(permission: PermissionName): void {
    if (!this.has(permission)) throw new ForbiddenError(permission);
  }

  /**
   * The check for an operation on one record. A record that is absent, or that the caller may not read, is
   * NOT_FOUND with the very same message; one that may be read but not so used is FORBIDDEN.
   */
  requireOn<T extends Scope>(
    permission: PermissionName,
    record: T | undefined,
    what: { kind: string; id: string; readPermission: PermissionName; field?: readonly string[] },
  ): T {
    this.requireFunctional(permission);
    if (!record || !this.allows(what.readPermission, record))
      throw new NotFoundError(what.kind, what.id, what.field);
    this.require(permission, record);
    return record;
  }

  /** Which rows a list may hold. */
  filter(permission: PermissionName): DataFilter {
    if (!this.has(permission)) return { allow: [], deny: [] };
    const allow = this.#allow.get(permission) ?? [];
    const limit = this.limit;
    return {
      allow: limit ? allow.flatMap((scope) => intersection(scope, limit.scope)) : allow,
      deny: this.#deny.get(permission) ?? [],
    };
  }
}

/** The scope within both; none when they name different records. */
function intersection(one: Scope, other: Scope): Scope[] {
  const merged: Record<string, string> = {};
  for (const level of scopeLevels) {
    const [a, b] = [one[level], other[level]];
    if (a != null && b != null && a !== b) return [];
    const value = a ?? b;
    if (value != null) merged[level] = value;
  }
  return [merged];
}

/** Where grants come from: identity's published views. */
export interface GrantSource {
  find(
    userId: string,
    credentialId: string,
  ): Promise<{ credential: Credential | undefined; grants: Grant[] }>;
}

/** A change elsewhere is seen after this at the latest, even when its event was lost. */
const cacheMilliseconds = 2_000;
const cacheEntries = 10_000;

/** Loads and caches what callers may do. Fails closed: when grants can't be loaded nobody gets in. */
export class Permissions {
  readonly #cache = new Map<string, { loadedAt: number; set: Promise<PermissionSet> }>();

  constructor(
    private readonly source: GrantSource,
    private readonly clock: Clock,
    events: Pick<DomainEvents, 'on' | 'onResynced'>,
  ) {
    events.on('identity.changed', () => this.forget());
    events.onResynced(() => this.forget());
  }

  /** What is asked from now on is loaded anew: for who has just committed a change and can't wait for its event. */
  forget(): void {
    this.#cache.clear();
  }

  /** Throws UnauthenticatedError for nobody, for an ended session or token, and for a disabled user. */
  async of(caller: Caller): Promise<PermissionSet> {
    if (caller.userId === null) throw new UnauthenticatedError();
    if (caller.expiresAt <= this.clock.now())
      throw new UnauthenticatedError('Your token has expired: sign in again.');
    const key = `${caller.userId} ${caller.credentialId}`;
    const cached = this.#cache.get(key);
    if (cached && this.clock.now() - cached.loadedAt < cacheMilliseconds)
      return (await cached.set).forCaller(caller);
    if (this.#cache.size >= cacheEntries) this.#cache.clear();
    const set = this.#load(caller);
    this.#cache.set(key, { loadedAt: this.clock.now(), set });
    // A failure is not remembered.
    set.catch(() => this.#cache.get(key)?.set === set && this.#cache.delete(key));
    return set;
  }

  async #load(caller: SignedInCaller): Promise<PermissionSet> {
    const { credential, grants } = await this.source.find(caller.userId, caller.credentialId);
    if (!credential?.active || credential.expiresAt.getTime() <= this.clock.now()) {
      throw new UnauthenticatedError('Your session or access token has ended: sign in again.');
    }
    const limit =
      credential.kind === 'ACCESS_TOKEN' ? { permissions: credential.permissions, scope: credential } : null;
    return new PermissionSet(caller, grants, limit);
  }
}
