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
    return { credential: credentials[0], grants };
  }
}
