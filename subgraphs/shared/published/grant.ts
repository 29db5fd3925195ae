import { BoundedCache } from '../bounded-cache.js';
import type { Transaction } from '../database.js';
import { newId } from '../ids.js';
import type { Scope } from '../permission-scope.js';
import type { GrantSource } from '../permissions.js';
import type { PublishedReader } from './reader.js';

/** A row of the view `identity.published_role_grant`: what one role gives or denies a user, in a scope. */
export interface Grant extends Scope {
  readonly permissions: readonly string[];
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

interface GrantRow extends Required<Scope> {
  readonly userId: string;
  /** Permissions, with a blank between them. */
  readonly names: string;
  readonly effect: Grant['effect'];
}

/** Which credential, and whose. */
export interface CredentialKey {
  readonly userId: string;
  readonly credentialId: string;
}

/** What is known of a credential, and what its user was granted. */
export interface FoundGrants {
  /** Undefined when there is none, or it is another user's. */
  readonly credential: Credential | undefined;
  readonly grants: readonly Grant[];
}

/**
 * Published by identity as
 * - `identity.published_role_grant (user_id, permissions text[], effect, cluster_id, project_id, landscape_id,
 *   application_id)`, the bindings of the user and of the user's teams, each with the permissions of its role;
 * - `identity.published_credential (id, user_id, kind, active, expires_at, permissions text[], cluster_id, project_id,
 *   landscape_id, application_id)`.
 */
export class PublishedGrants implements GrantSource {
  /** Permissions of the roles by their text: ten thousand users have a handful of roles. */
  readonly #roles = new BoundedCache<string, readonly string[]>({ maxEntries: 1_000, maxWeight: 1_000_000 });

  constructor(
    private readonly reader: PublishedReader,
    private readonly options: {
      /** Looking is no use of an access token (`AccessToken.lastUsedAt`): for who only looks, and may not write. */
      readonly looksOnly?: boolean;
    } = {},
  ) {}

  async find(keys: readonly CredentialKey[]): Promise<FoundGrants[]> {
    const [credentials, grants] = await Promise.all([this.#credentials(keys), this.#grants(keys)]);
    return keys.map(({ userId, credentialId }) => {
      const credential = credentials.get(credentialId);
      return {
        credential: credential?.userId === userId ? credential : undefined,
        grants: grants.get(userId) ?? [],
      };
    });
  }

  async #credentials(keys: readonly CredentialKey[]): Promise<Map<string, Credential & { userId: string }>> {
    const rows = await this.reader.query<Credential & { id: string; userId: string }>(
      `SELECT id, user_id AS "userId", kind, active, expires_at AS "expiresAt", permissions,
              cluster_id AS "clusterId", project_id AS "projectId", landscape_id AS "landscapeId",
              application_id AS "applicationId"
       FROM identity.published_credential WHERE id = ANY($1)`,
      [[...new Set(keys.map(({ credentialId }) => credentialId))]],
    );
    if (!this.options.looksOnly) this.#noteUse(rows.filter(({ kind }) => kind === 'ACCESS_TOKEN'));
    return new Map(rows.map((row) => [row.id, row]));
  }

  async #grants(keys: readonly CredentialKey[]): Promise<Map<string, Grant[]>> {
    // As one text: parsing an array for each of thousands of rows takes longer than all the rest.
    const rows = await this.reader.query<GrantRow>(
      `SELECT user_id AS "userId", array_to_string(permissions, ' ') AS names, effect, cluster_id AS "clusterId",
              project_id AS "projectId", landscape_id AS "landscapeId", application_id AS "applicationId"
       FROM identity.published_role_grant WHERE user_id = ANY($1)`,
      [[...new Set(keys.map(({ userId }) => userId))]],
    );
    const roles = new Map<string, readonly string[]>();
    const byUser = new Map<string, Grant[]>();
    for (const { userId, names, effect, clusterId, projectId, landscapeId, applicationId } of rows) {
      let permissions = roles.get(names);
      if (!permissions) {
        permissions = this.#namesOf(names);
        roles.set(names, permissions);
      }
      let grants = byUser.get(userId);
      if (!grants) {
        grants = [];
        byUser.set(userId, grants);
      }
      grants.push({ permissions, effect, clusterId, projectId, landscapeId, applicationId });
    }
    return byUser;
  }

  #namesOf(text: string): readonly string[] {
    let names = this.#roles.get(text);
    if (!names) {
      names = text.split(' ').filter(Boolean);
      this.#roles.set(text, names, text.length);
    }
    return names;
  }

  /** `AccessToken.lastUsedAt`, to the minute. Nobody waits for it, and no request fails for it. */
  #noteUse(tokens: readonly { id: string }[]): void {
    if (tokens.length === 0) return;
    this.reader
      .query('SELECT identity.note_token_use(id) FROM unnest($1::text[]) AS id', [tokens.map(({ id }) => id)])
      .catch(() => undefined);
  }
}

/**
 * Makes the user project-owner of a project that is being created, in the transaction that creates it (a function
 * that identity publishes). A user who is it already stays it. The change notifies `identity.changed`.
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
}

/**
 * Takes all roles of a project that is being deleted, in the transaction that deletes it. The change notifies
 * `identity.changed`.
 */
export async function removeProjectBindings(transaction: Transaction, projectId: string): Promise<void> {
  await transaction.query('SELECT identity.remove_project_bindings($1)', [projectId]);
}
