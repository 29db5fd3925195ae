import { createHash } from 'node:crypto';
import DataLoader from 'dataloader';
import type { Caller, SignedInCaller } from './caller.js';
import type { Clock } from './clock.js';
import type { DomainEvents } from './domain-events.js';
import { ForbiddenError, NotFoundError, UnauthenticatedError } from './errors.js';
import type { PermissionName } from './permission-names.js';
import {
  covers,
  type DataFilter,
  denies,
  intersection,
  levelsOf,
  levelsText,
  type Scope,
} from './permission-scope.js';
import type { CredentialKey, FoundGrants, Grant } from './published/grant.js';

const isReading = (permission: PermissionName): boolean => permission.endsWith('.read');

/** An access token's own limits; null for a session. */
export type CredentialLimit = {
  readonly permissions: readonly string[] | null;
  readonly scope: Scope;
} | null;

/** The scopes of each permission, and the digest of all of it: made when first needed, once for all who ask. */
class Rules {
  #byEffect: { readonly ALLOW: Map<string, Scope[]>; readonly DENY: Map<string, Scope[]> } | undefined;
  #fingerprint: string | undefined;

  constructor(
    readonly grants: readonly Grant[],
    readonly limit: CredentialLimit,
  ) {}

  scopesOf(effect: Grant['effect']): ReadonlyMap<string, readonly Scope[]> {
    if (!this.#byEffect) {
      this.#byEffect = { ALLOW: new Map(), DENY: new Map() };
      for (const grant of this.grants) {
        const scopes = this.#byEffect[grant.effect];
        for (const permission of grant.permissions) {
          const known = scopes.get(permission);
          if (known) known.push(grant);
          else scopes.set(permission, [grant]);
        }
      }
    }
    return this.#byEffect[effect];
  }

  get fingerprint(): string {
    this.#fingerprint ??= createHash('sha256')
      .update(JSON.stringify([textsOf(this.grants), limitText(this.limit)]))
      .digest('base64url');
    return this.#fingerprint;
  }
}

/** Everything that one caller may do, as it was when it was loaded. */
export class PermissionSet {
  constructor(
    readonly caller: SignedInCaller,
    grants: readonly Grant[],
    private readonly limit: CredentialLimit,
    private readonly rules: Rules = new Rules(grants, limit),
  ) {}

  get #allow(): ReadonlyMap<string, readonly Scope[]> {
    return this.rules.scopesOf('ALLOW');
  }

  get #deny(): ReadonlyMap<string, readonly Scope[]> {
    return this.rules.scopesOf('DENY');
  }

  /** The same permissions, asked for by another request of the same credential. */
  forCaller(caller: SignedInCaller): PermissionSet {
    return caller === this.caller ? this : new PermissionSet(caller, [], this.limit, this.rules);
  }

  /** Whether it would be made of these again. */
  isOf(grants: readonly Grant[], limit: CredentialLimit): boolean {
    const before = this.rules.grants;
    return (
      grants.length === before.length &&
      grants.every((grant, index) => isSameGrant(grant, before[index])) &&
      JSON.stringify(limitText(limit)) === JSON.stringify(limitText(this.limit))
    );
  }

  /** Equal for sets that answer every question here alike, whoever the caller is. */
  get fingerprint(): string {
    return this.rules.fingerprint;
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

/** By effect and scope, in an order that does not depend on that of the grants, nor on which role gives what. */
function textsOf(grants: readonly Grant[]): unknown[] {
  const byScope = new Map<string, Set<string>>();
  for (const grant of grants) {
    const scope = `${grant.effect} ${levelsText(grant)}`;
    const permissions = byScope.get(scope) ?? new Set();
    for (const permission of grant.permissions) permissions.add(permission);
    byScope.set(scope, permissions);
  }
  return [...byScope]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([scope, permissions]) => [scope, [...permissions].sort()]);
}

/** Written out: it is asked of every grant of everybody who is watching, every two seconds. */
const isSameGrant = (one: Grant, other: Grant | undefined): boolean =>
  // Of the same role they are the same list.
  one.permissions === other?.permissions &&
  one.effect === other.effect &&
  one.clusterId === other.clusterId &&
  one.projectId === other.projectId &&
  one.landscapeId === other.landscapeId &&
  one.applicationId === other.applicationId;

const limitText = (limit: CredentialLimit): unknown =>
  limit && [limit.permissions && [...limit.permissions].sort(), levelsText(limit.scope)];

/** Where grants come from: identity's published views. */
export interface GrantSource {
  /** Of many at once, in the order in which they were asked for. */
  find(keys: readonly CredentialKey[]): Promise<readonly FoundGrants[]>;
}

/** A change elsewhere is seen after this at the latest, even when its event was lost. */
const cacheMilliseconds = 2_000;
const cacheEntries = 20_000;
/** Credentials that are asked about in one go. */
export const credentialsAtOnce = 500;

interface Known {
  /** Milliseconds since the epoch; long ago when it may have changed since. */
  loadedAt: number;
  readonly userId: string;
  readonly set: Promise<PermissionSet>;
  /** The newest that has come. */
  last: PermissionSet | undefined;
}

/**
 * Loads and caches what callers may do: those who ask at one moment together. Fails closed: when grants can't be loaded
 * nobody gets in.
 */
export class Permissions {
  readonly #cache = new Map<string, Known>();
  readonly #find: DataLoader<CredentialKey, FoundGrants>;
  readonly #listeners = new Set<(userId: string | null) => void>();

  constructor(
    source: GrantSource,
    private readonly clock: Clock,
    events: Pick<DomainEvents, 'on' | 'onResynced'>,
  ) {
    this.#find = new DataLoader((keys) => source.find(keys), {
      cache: false,
      maxBatchSize: credentialsAtOnce,
    });
    events.on('identity.changed', ({ userId }) => this.#changed(userId));
    events.onResynced(() => this.#changed(null));
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
    const set = this.#load(caller, cached?.last);
    const known: Known = { loadedAt: this.clock.now(), userId: caller.userId, set, last: cached?.last };
    this.#cache.delete(key);
    this.#cache.set(key, known);
    // Looked for only then: the first of a map from which much was deleted is far away.
    if (this.#cache.size > cacheEntries) this.#cache.delete(this.#cache.keys().next().value ?? '');
    set.then(
      (loaded) => {
        known.last = loaded;
      },
      // A failure is not remembered.
      () => this.#cache.get(key) === known && this.#cache.delete(key),
    );
    return set;
  }

  /** As `PermissionSet.fingerprint`, of what the caller may do now. Throws what `of` throws. */
  async fingerprint(caller: SignedInCaller): Promise<string> {
    return (await this.of(caller)).fingerprint;
  }

  /** Tells at once whose permissions may have changed (null: anybody's), besides what `of` finds out by itself. */
  onChanged(listener: (userId: string | null) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #changed(userId: string | null): void {
    for (const known of this.#cache.values()) {
      if (userId === null || known.userId === userId) known.loadedAt = Number.NEGATIVE_INFINITY;
    }
    for (const listener of this.#listeners) listener(userId);
  }

  async #load(caller: SignedInCaller, before: PermissionSet | undefined): Promise<PermissionSet> {
    const { userId, credentialId } = caller;
    const { credential, grants } = await this.#find.load({ userId, credentialId });
    if (!credential?.active || credential.expiresAt.getTime() <= this.clock.now()) {
      throw new UnauthenticatedError('Your session or access token has ended: sign in again.');
    }
    const limit =
      credential.kind === 'ACCESS_TOKEN' ? { permissions: credential.permissions, scope: credential } : null;
    // What was made of them before, the fingerprint above all, is still right.
    return before?.isOf(grants, limit) ? before.forCaller(caller) : new PermissionSet(caller, grants, limit);
  }
}
