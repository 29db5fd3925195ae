import type { SignedInCaller } from '../caller.js';
import type { Clock } from '../clock.js';
import type { DomainEvents } from '../domain-events.js';
import { UnauthenticatedError } from '../errors.js';
import type { PublishedReader } from './reader.js';

/** A row of the view `identity.published_actor`: by what names a user is known outside Meridian. */
export interface Actor {
  readonly userId: string;
  readonly login: string;
  /** Names of the teams that the user is in. */
  readonly teams: readonly string[];
}

/** A change elsewhere is seen after this at the latest, even when its event was lost. */
const cacheMilliseconds = 2_000;
const cacheEntries = 10_000;

/** Published by identity as `identity.published_actor (user_id, login, teams text[])`; disabled users are not in it. */
export class PublishedActors {
  readonly #cache = new Map<string, { loadedAt: number; actor: Promise<Actor> }>();

  constructor(
    private readonly reader: PublishedReader,
    private readonly clock: Clock,
    events: Pick<DomainEvents, 'on' | 'onResynced'>,
  ) {
    events.on('identity.changed', ({ userId }) => {
      if (userId === null) this.#cache.clear();
      else this.#cache.delete(userId);
    });
    events.onResynced(() => this.#cache.clear());
  }

  /** UnauthenticatedError when the user is gone or disabled. */
  get({ userId }: Pick<SignedInCaller, 'userId'>): Promise<Actor> {
    const cached = this.#cache.get(userId);
    if (cached && this.clock.now() - cached.loadedAt < cacheMilliseconds) return cached.actor;
    if (this.#cache.size >= cacheEntries) this.#cache.clear();
    const actor = this.#load(userId);
    this.#cache.set(userId, { loadedAt: this.clock.now(), actor });
    // A failure is not remembered.
    actor.catch(() => this.#cache.get(userId)?.actor === actor && this.#cache.delete(userId));
    return actor;
  }

  async #load(userId: string): Promise<Actor> {
    const [actor] = await this.reader.query<Actor>(
      'SELECT user_id AS "userId", login, teams FROM identity.published_actor WHERE user_id = $1',
      [userId],
    );
    if (!actor) throw new UnauthenticatedError('Your account is disabled or was removed.');
    return actor;
  }
}
