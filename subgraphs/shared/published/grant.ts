import type { Transaction } from '../database.js';
import { notifyDomainEvent } from '../domain-events.js';
import { newId } from '../ids.js';
import type { GrantSource, Scope } from '../permissions.js';
import type { PublishedReader } from './reader.js';

/** A row of the view `identity.published_grant`: one permission that a user was given or denied, in a scope. */
export interface Grant extends Scope {
  readonly permission: string;
  readonly effect: 'ALLOW' | 'DENY';
}

/** A row of the view `identity.published_credential`: a session or access token, and whether it still counts. */
export interface Credential extends Scope {
  readonly kind: 'SESSION' | 'ACCESS_TOKEN';
  /** False when it was revoked or its user is disabled. */
  readonly active: boolean;
  readonly expiresAt: Date;
  /** An access token's own limit; null for no further limit. */
  readonly permissions: readonly string[] | null;
}

/**
 * Published by identity as
 * - `identity.published_grant (user_id, permission, effect, cluster_id, project_id, landscape_id, application_id)`,
 *   the bindings of the user and of the user's teams, one row for each permission of the role;
 * - `identity.published_credential (id, user_id, kind, active, expires_at, permissions text[], cluster_id, project_id,
 *   landscape_id, application_id)`.
 */
export class PublishedGrants implements GrantSource {
  constructor(private readonly reader: PublishedReader) {}

  async find(
    userId: string,
    credentialId: string,
  ): Promise<{ credential: Credential | undefined; grants: Grant[] }> {
    const [credentials, grants] = await Promise.all([
      this.reader.query<Credential>(
        `SELECT kind, active, expires_at AS "expiresAt", permissions, cluster_id AS "clusterId",
                project_id AS "projectId", landscape_id AS "landscapeId", application_id AS "applicationId"
         FROM identity.published_credential WHERE id = $1 AND user_id = $2`,
        [credentialId, userId],
      ),
      this.reader.query<Grant>(
        `SELECT permission, effect, cluster_id AS "clusterId", project_id AS "projectId",
                landscape_id AS "landscapeId", application_id AS "applicationId"
         FROM identity.published_grant WHERE user_id = $1`,
        [userId],
      ),
    ]);
    if (credentials[0]?.kind === 'ACCESS_TOKEN') this.#noteUse(credentialId);
    return { credential: credentials[0], grants };
  }

  /** `AccessToken.lastUsedAt`, to the minute. Nobody waits for it, and no request fails for it. */
  #noteUse(tokenId: string): void {
    this.reader.query('SELECT identity.note_token_use($1)', [tokenId]).catch(() => undefined);
  }
}

/**
 * Makes the user project-owner of a project that is being created, in the transaction that creates it (a function
 * that identity publishes). A user who is it already stays it.
 */
export async function grantProjectOwner(
  transaction: Transaction,
  { userId, projectId }: { userId: string; projectId: string },
): Promise<void> {
  await transaction.query('SELECT identity.grant_project_owner($1, $2, $3, now())', [
    userId,
    projectId,
    newId('binding'),
  ]);
  await notifyDomainEvent(transaction, { type: 'identity.changed', userId });
}

/** Takes all roles of a project that is being deleted, in the transaction that deletes it. */
export async function removeProjectBindings(transaction: Transaction, projectId: string): Promise<void> {
  await transaction.query('SELECT identity.remove_project_bindings($1)', [projectId]);
  await notifyDomainEvent(transaction, { type: 'identity.changed', userId: null });
}
