import type { SignedInCaller } from '../../subgraphs/shared/caller.js';
import type { Clock } from '../../subgraphs/shared/clock.js';
import { DomainEvents } from '../../subgraphs/shared/domain-events.js';
import { MeridianError } from '../../subgraphs/shared/errors.js';
import type { Logger } from '../../subgraphs/shared/logger.js';
import { Permissions } from '../../subgraphs/shared/permissions.js';
import { PublishedGrants } from '../../subgraphs/shared/published/grant.js';
import { PublishedViews } from '../../subgraphs/shared/published/reader.js';
import type { PermissionFingerprints } from './sharing-scopes.js';

/**
 * What users may do, for a gateway that is a process of its own: read from the views that identity publishes, by the
 * very code by which subgraphs decide, so that who counts as having the same permissions never differs from what the
 * permissions are. It reads and listens only, and decides nothing but who shares a stream: where it can't be read each
 * credential has streams of its own. A database user who may use the schema `identity` and select from
 * `identity.published_credential` and `identity.published_role_grant` is enough.
 */
export class PublishedPermissions implements PermissionFingerprints {
  readonly #published: PublishedViews;
  readonly #events: DomainEvents;
  readonly #permissions: Permissions;
  #readable = true;

  /** Waits for nothing: a database that does not answer yet is tried again. */
  constructor(
    databaseUrl: string,
    private readonly logger: Logger,
    clock: Clock,
  ) {
    this.#published = new PublishedViews(databaseUrl, logger, { readOnly: true });
    this.#events = DomainEvents.start(databaseUrl, logger);
    this.#permissions = new Permissions(
      new PublishedGrants(this.#published, { looksOnly: true }),
      clock,
      this.#events,
    );
  }

  /** Rejects when nobody can tell: the credential has ended, or the database does not answer. */
  async fingerprint(caller: SignedInCaller): Promise<string> {
    try {
      const fingerprint = await this.#permissions.fingerprint(caller);
      this.#note(true);
      return fingerprint;
    } catch (error) {
      if (!(error instanceof MeridianError)) this.#note(false, error);
      throw error;
    }
  }

  onChanged(listener: (userId: string | null) => void): () => void {
    return this.#permissions.onChanged(listener);
  }

  async dispose(): Promise<void> {
    await this.#events.dispose();
    await this.#published.dispose();
  }

  #note(readable: boolean, error?: unknown): void {
    if (readable === this.#readable) return;
    this.#readable = readable;
    if (readable) this.logger.info('permissions can be read again: users share streams by them');
    else this.logger.warn({ error }, 'permissions cannot be read: users share no streams with others');
  }
}
