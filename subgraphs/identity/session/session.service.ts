import { appendAuditEvent } from '../../shared/audit.js';
import type { Caller, SignedInCaller } from '../../shared/caller.js';
import type { Changes } from '../../shared/changes.js';
import type { Clock } from '../../shared/clock.js';
import type { Database } from '../../shared/database.js';
import { notifyDomainEvent } from '../../shared/domain-events.js';
import { NotFoundError } from '../../shared/errors.js';
import { newId } from '../../shared/ids.js';
import type { Permissions } from '../../shared/permissions.js';
import { requireSession } from '../session-only.js';
import type { TokenIssuer } from '../token-issuer.js';
import type { PasswordHasher } from '../user/password-hasher.js';
import type { UserEntity } from '../user/user.entity.js';
import type { UserRepository } from '../user/user.repository.js';
import type { SessionEntity } from './session.entity.js';
import type { SessionRepository } from './session.repository.js';
import type { SignInThrottle } from './sign-in-throttle.js';

export interface SignedIn {
  readonly token: string;
  readonly expiresAt: Date;
  readonly user: UserEntity;
}

export interface OwnSession extends SessionEntity {
  /** It is the one that the caller uses. */
  readonly current: boolean;
}

export interface SessionServiceParts {
  readonly database: Database;
  readonly users: UserRepository;
  readonly sessions: SessionRepository;
  readonly throttle: SignInThrottle;
  readonly passwords: PasswordHasher;
  readonly tokens: TokenIssuer;
  readonly permissions: Permissions;
  readonly changes: Changes;
  readonly clock: Clock;
  readonly lifetimeMilliseconds: number;
}

export class SessionService {
  constructor(private readonly parts: SessionServiceParts) {}

  /**
   * Undefined when login and password do not belong together or the user is disabled: which of these it is, neither
   * the answer nor its time tells.
   */
  async signIn(caller: Caller, input: { login: string; password: string }): Promise<SignedIn | undefined> {
    const { users, passwords, throttle } = this.parts;
    await throttle.admit(input.login, caller.address);
    const user = await users.findByLogin(input.login);
    const matches = await passwords.verify(user?.passwordHash, input.password);
    if (!user || user.disabled || !matches) {
      await this.#auditFailure(caller, user);
      return undefined;
    }
    await throttle.succeeded(input.login, caller.address);
    return this.#open(caller, user);
  }

  async #open(caller: Caller, user: UserEntity): Promise<SignedIn> {
    const { database, sessions, tokens, clock, lifetimeMilliseconds } = this.parts;
    const createdAt = new Date(clock.now());
    // Tokens count whole seconds: session and token end at the same moment.
    const expiresAt = new Date(Math.floor((createdAt.getTime() + lifetimeMilliseconds) / 1_000) * 1_000);
    const session: SessionEntity = {
      id: newId('session', createdAt.getTime()),
      userId: user.id,
      address: caller.address,
      createdAt,
      expiresAt,
      revokedAt: null,
    };
    await database.transaction(async (transaction) => {
      await sessions.insert(transaction, session);
      const actor = { ...caller, userId: user.id, credentialId: session.id };
      await appendAuditEvent(transaction, actor, {
        ...sessionTarget(session.id, user.login),
        action: 'signIn',
        result: 'DONE',
        at: createdAt,
      });
      await notifyDomainEvent(transaction, { type: 'identity.changed', userId: user.id });
    });
    const subject = {
      userId: user.id,
      credentialId: session.id,
      credentialKind: 'SESSION',
      expiresAt,
    } as const;
    return { token: await tokens.issue(subject), expiresAt, user };
  }

  /** A login that nobody has is left out: it may be a password in the wrong field. */
  async #auditFailure(caller: Caller, user: UserEntity | null): Promise<void> {
    const actor = { requestId: caller.requestId, address: caller.address, userId: null };
    await appendAuditEvent(this.parts.database.manager, actor, {
      targetType: 'User',
      targetId: user?.id ?? '',
      targetName: user?.login ?? '',
      action: 'signIn',
      result: 'REFUSED',
      reason: user?.disabled ? 'The user is disabled.' : 'Login and password do not belong together.',
      at: new Date(this.parts.clock.now()),
    });
  }

  /** The caller's own that still count, newest first. None for an access token: where its owner is, is not for it. */
  async listOwn(caller: Caller): Promise<OwnSession[]> {
    const { sessions, clock } = this.parts;
    const { userId, credentialId, credentialKind } = (await this.parts.permissions.of(caller)).caller;
    if (credentialKind === 'ACCESS_TOKEN') return [];
    const found = await sessions.listActiveOf(userId, new Date(clock.now()));
    return found.map((session) => ({ ...session, current: session.id === credentialId }));
  }

  /** Ends the session that the caller uses. */
  async signOut(caller: Caller): Promise<void> {
    const permissions = await this.parts.permissions.of(caller);
    const { credentialId } = requireSession(permissions.caller, 'sign out');
    await this.#revoke(permissions.caller, 'signOut', credentialId);
  }

  /** Ends one of the caller's own. Gives its id. */
  async revoke(
    caller: Caller,
    input: { sessionId: string; idempotencyKey?: string | null },
  ): Promise<string> {
    const permissions = await this.parts.permissions.of(caller);
    requireSession(permissions.caller, 'end sessions');
    return this.#revoke(permissions.caller, 'revokeSession', input.sessionId, input);
  }

  async #revoke(
    caller: SignedInCaller,
    action: string,
    sessionId: string,
    input: { idempotencyKey?: string | null } = {},
  ): Promise<string> {
    const { changes, sessions, users, clock } = this.parts;
    const idempotency = { key: input.idempotencyKey, input, replay: async (id: string) => ({ id }) };
    const { id } = await changes.run(caller, { action, idempotency }, async (change) => {
      const { transaction } = change;
      const session = await sessions.findOf(caller.userId, sessionId, transaction);
      if (!session) throw new NotFoundError('Session', sessionId, ['input', 'sessionId']);
      const user = await users.get(caller.userId, [], transaction);
      await sessions.revoke(transaction, session.id, new Date(clock.now()));
      change.audit(sessionTarget(session.id, user.login));
      change.notify({ type: 'identity.changed', userId: user.id });
      return { id: session.id };
    });
    return id;
  }
}

const sessionTarget = (id: string, login: string) => ({
  targetType: 'Session',
  targetId: id,
  targetName: login,
});
