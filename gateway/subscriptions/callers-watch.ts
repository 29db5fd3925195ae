import type { Clock } from '../../subgraphs/shared/clock.js';
import { UnauthenticatedError } from '../../subgraphs/shared/errors.js';
import { credentialsAtOnce } from '../../subgraphs/shared/permissions.js';
import type { SharingScopes } from './sharing-scopes.js';
import { credentialOf, type Subscriber } from './subscriber.js';

/** How often tokens are looked at. */
const expiryMilliseconds = 500;
/** How often it is asked again who may share; the subgraphs themselves take 2 s to see a change at the latest. */
const scopeMilliseconds = 2_500;
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** What a subscription ends with when its token expires, whoever notices that first. */
export const tokenExpired = (): UnauthenticatedError =>
  new UnauthenticatedError('Your token has expired. Sign in again, and resume with the last cursor.');

/**
 * Looks after the callers of all subscriptions, whether or not anything is sent: their tokens expire, and the
 * permissions change by which they share streams with others (reliability.md, SU-5 and SU-6).
 */
export class CallersWatch {
  #timers: NodeJS.Timeout[] = [];
  #stopListening: () => void = () => undefined;
  #checking = false;

  constructor(
    private readonly subscribers: ReadonlySet<Subscriber>,
    private readonly parts: {
      readonly scopes: SharingScopes;
      readonly clock: Clock;
      readonly onExpired: (subscriber: Subscriber) => void;
      /** It may no longer share with those that it shares with. */
      readonly onOtherScope: (subscriber: Subscriber) => void;
    },
  ) {}

  start(): void {
    if (this.#timers.length > 0) return;
    this.#timers = [
      setInterval(() => this.#checkTokens(), expiryMilliseconds).unref(),
      setInterval(() => void this.#checkAll(), scopeMilliseconds).unref(),
    ];
    this.#stopListening = this.parts.scopes.onChanged((userId) => void this.#checkScopes(userId));
  }

  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers = [];
    this.#stopListening();
  }

  #checkTokens(): void {
    const now = this.parts.clock.now();
    for (const subscriber of this.subscribers) {
      const { caller } = subscriber;
      if (caller.userId !== null && caller.expiresAt <= now) this.parts.onExpired(subscriber);
    }
  }

  async #checkAll(): Promise<void> {
    if (this.#checking) return;
    this.#checking = true;
    await this.#checkScopes(null);
    this.#checking = false;
  }

  /** Of one user, or of all: as many in one go as the source of permissions asks about with one question. */
  async #checkScopes(userId: string | null): Promise<void> {
    const callers = this.#sharingByPermissions(userId);
    const checks: Promise<void>[] = [];
    for (let from = 0; from < callers.length; from += credentialsAtOnce) {
      if (from > 0) await turn();
      const some = callers.slice(from, from + credentialsAtOnce);
      // Not one go after the other: a source that does not answer holds up nobody's look for longer than one.
      checks.push(...some.map((subscribers) => this.#checkScope(subscribers)));
    }
    await Promise.all(checks);
  }

  /** Lists of one caller each. */
  #sharingByPermissions(userId: string | null): Subscriber[][] {
    const byCredential = new Map<string, Subscriber[]>();
    for (const subscriber of this.subscribers) {
      const { operation, request, caller, feed } = subscriber;
      if (userId !== null && caller.userId !== userId) continue;
      if (!feed || !this.parts.scopes.isByPermissions(operation, request, caller)) continue;
      const key = credentialOf(caller);
      const known = byCredential.get(key);
      if (known) known.push(subscriber);
      else byCredential.set(key, [subscriber]);
    }
    return [...byCredential.values()];
  }

  async #checkScope(subscribers: readonly Subscriber[]): Promise<void> {
    const [first] = subscribers;
    if (!first) return;
    const scope = await this.parts.scopes.of(first.operation, first.request, first.caller);
    for (const subscriber of subscribers) {
      if (!subscriber.ended && subscriber.feed && subscriber.scope !== scope)
        this.parts.onOtherScope(subscriber);
    }
  }
}
