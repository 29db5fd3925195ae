import { createHash } from 'node:crypto';
import type { Caller } from '../../shared/caller.js';
import { changedFields } from '../../shared/changed-fields.js';
import type { Changes } from '../../shared/changes.js';
import type { Clock } from '../../shared/clock.js';
import type { Transaction } from '../../shared/database.js';
import { BadUserInputError, NotFoundError, QuotaExceededError } from '../../shared/errors.js';
import { newId } from '../../shared/ids.js';
import { isPermissionName } from '../../shared/permission-names.js';
import type { Scope } from '../../shared/permission-scope.js';
import type { PermissionSet, Permissions } from '../../shared/permissions.js';
import { requireLine } from '../../shared/text-rules.js';
import { requireScope } from '../scope.js';
import { requireSession } from '../session-only.js';
import { type TokenIssuer, tokenPrefix } from '../token-issuer.js';
import type { AccessTokenEntity } from './access-token.entity.js';
import type { AccessTokenRepository } from './access-token.repository.js';

export interface NewAccessToken {
  readonly name: string;
  readonly permissions?: readonly string[] | null;
  readonly scope?: Scope | null;
  readonly expiresAt?: Date | null;
  readonly idempotencyKey?: string | null;
}

/** `secret` is null when an earlier attempt with the same idempotency key made the token: it is shown once. */
export interface CreatedAccessToken {
  readonly id: string;
  readonly accessToken: AccessTokenEntity;
  readonly secret: string | null;
}

export interface AccessTokenServiceParts {
  readonly tokens: AccessTokenRepository;
  readonly issuer: TokenIssuer;
  readonly permissions: Permissions;
  readonly changes: Changes;
  readonly clock: Clock;
}

const day = 86_400_000;
const defaultLifetime = 90 * day;
const longestLifetime = 366 * day;
const maximumTokens = 100;

export class AccessTokenService {
  constructor(private readonly parts: AccessTokenServiceParts) {}

  /** The caller's own that still count. An access token knows itself and no other. */
  async listOwn(caller: Caller): Promise<AccessTokenEntity[]> {
    const permissions = await this.parts.permissions.of(caller);
    const { userId } = permissions.caller;
    const active = await this.parts.tokens.listActiveOf(userId, new Date(this.parts.clock.now()));
    return active.filter((token) => isOwn(permissions, token));
  }

  /** Those of them that the caller may see: one's own, or all with users.read for the whole platform. */
  async listByIds(caller: Caller, ids: readonly string[]): Promise<AccessTokenEntity[]> {
    const permissions = await this.parts.permissions.of(caller);
    const all = permissions.allows('users.read', {});
    const found = await this.parts.tokens.listByIds(ids);
    return found.filter((token) => all || isOwn(permissions, token));
  }

  /**
   * A token never does more than its owner: what it may is looked up at every use as what both its own limits and
   * the owner's roles allow.
   */
  async create(caller: Caller, input: NewAccessToken): Promise<CreatedAccessToken> {
    const { tokens, issuer, changes, clock } = this.parts;
    const permissions = await this.parts.permissions.of(caller);
    const { userId } = requireSession(permissions.caller, 'create access tokens');
    const name = requireLine(input.name, ['input', 'name']);
    const names = input.permissions == null ? null : requireOwnPermissions(permissions, input.permissions);
    const scope = requireScope(input.scope, ['input', 'scope']);
    const now = clock.now();
    const expiresAt = requireExpiry(input.expiresAt, now);
    const idempotency = {
      key: input.idempotencyKey,
      input,
      replay: async (id: string, transaction: Transaction) => ({
        id,
        accessToken: await this.#get(id, permissions, transaction),
        secret: null,
      }),
    };
    return changes.run<CreatedAccessToken>(
      permissions.caller,
      { action: 'createAccessToken', idempotency },
      async ({ transaction, audit, notify }) => {
        if ((await tokens.countActiveOf(transaction, userId, new Date(now))) >= maximumTokens) {
          throw new QuotaExceededError(
            `You have ${maximumTokens} access tokens already: revoke some that you no longer need.`,
          );
        }
        const id = newId('token', now);
        const secret = await issuer.issue({
          userId,
          credentialId: id,
          credentialKind: 'ACCESS_TOKEN',
          expiresAt,
        });
        const accessToken: AccessTokenEntity = {
          id,
          userId,
          name,
          prefix: tokenPrefix(secret),
          secretHash: createHash('sha256').update(secret).digest('hex'),
          permissions: names,
          ...scope,
          createdAt: new Date(now),
          expiresAt,
          lastUsedAt: null,
          revokedAt: null,
        };
        await tokens.insert(transaction, accessToken);
        audit({
          ...targetOf(accessToken),
          changes: changedFields({}, { permissions: names, ...scope, expiresAt: expiresAt.toISOString() }),
        });
        notify({ type: 'identity.changed', userId });
        return { id, accessToken, secret };
      },
    );
  }

  /** One's own; anybody's with users.manage. An access token can revoke itself and no other. */
  async revoke(
    caller: Caller,
    input: { accessTokenId: string; idempotencyKey?: string | null },
  ): Promise<AccessTokenEntity> {
    const { tokens, changes, clock } = this.parts;
    const permissions = await this.parts.permissions.of(caller);
    const idempotency = {
      key: input.idempotencyKey,
      input,
      replay: (id: string, transaction: Transaction) => this.#get(id, permissions, transaction),
    };
    return changes.run(
      permissions.caller,
      { action: 'revokeAccessToken', idempotency },
      async ({ transaction, audit, notify }) => {
        const token = await this.#get(input.accessTokenId, permissions, transaction);
        const revokedAt = token.revokedAt ?? new Date(clock.now());
        await tokens.revoke(transaction, token.id, revokedAt);
        audit(targetOf(token));
        notify({ type: 'identity.changed', userId: token.userId });
        return { ...token, revokedAt };
      },
    );
  }

  async #get(id: string, permissions: PermissionSet, transaction: Transaction): Promise<AccessTokenEntity> {
    const token = await this.parts.tokens.find(id, transaction);
    if (token && mayRevoke(permissions, token)) return token;
    throw new NotFoundError('AccessToken', id, ['input', 'accessTokenId']);
  }
}

/** A user's every token is theirs; of an access token's it is only itself: it may be limited to far less. */
function isOwn({ caller }: PermissionSet, token: AccessTokenEntity): boolean {
  return caller.credentialKind === 'ACCESS_TOKEN'
    ? token.id === caller.credentialId
    : token.userId === caller.userId;
}

function mayRevoke(permissions: PermissionSet, token: AccessTokenEntity): boolean {
  if (isOwn(permissions, token)) return true;
  return permissions.caller.credentialKind === 'SESSION' && permissions.allows('users.manage', {});
}

function requireOwnPermissions(permissions: PermissionSet, names: readonly string[]): string[] {
  const problems = names.flatMap((name, index) => {
    if (isPermissionName(name) && permissions.has(name)) return [];
    const text = JSON.stringify(name.slice(0, 80));
    const field = ['input', 'permissions', String(index)];
    const message = isPermissionName(name)
      ? `You do not hold ${text} yourself.`
      : `${text} is no permission.`;
    return [{ field, message }];
  });
  if (problems.length > 0) throw new BadUserInputError(problems);
  return [...new Set(names)].sort();
}

/** In whole seconds, as the token counts them. */
function requireExpiry(expiresAt: Date | null | undefined, now: number): Date {
  const field = ['input', 'expiresAt'];
  const time = Math.floor((expiresAt?.getTime() ?? now + defaultLifetime) / 1_000) * 1_000;
  if (time <= now) throw BadUserInputError.at(field, 'expiresAt is not in the future: give a later time.');
  if (time > now + longestLifetime) {
    throw BadUserInputError.at(field, 'expiresAt is more than a year away: give an earlier time.');
  }
  return new Date(time);
}

const targetOf = (token: AccessTokenEntity) => ({
  targetType: 'AccessToken',
  targetId: token.id,
  targetName: token.name,
});
