import { hash } from 'node:crypto';
import { BoundedCache } from '../../subgraphs/shared/bounded-cache.js';
import { RefusedOperationError } from './refused-operation.js';

/** Texts that may be kept, and their characters altogether. */
const kept = { maxEntries: 10_000, maxWeight: 16_000_000 } as const;

export const hashOf = (text: string): string => hash('sha256', text, 'hex');

/**
 * Automatic persisted queries, Apollo's protocol: a client sends `extensions.persistedQuery { version: 1, sha256Hash }`
 * without the text; when the hash is not known it gets PERSISTED_QUERY_NOT_FOUND and sends both once. Whoever
 * registers a text: it is found by its own hash only, so nobody can put another one in its place.
 */
export class PersistedQueries {
  readonly #texts = new BoundedCache<string, string>(kept);

  find(hash: string): string | undefined {
    return this.#texts.get(hash);
  }

  /** To be called with a text that can be parsed; the hash is known to be its own. */
  add(hash: string, text: string): void {
    this.#texts.set(hash, text, text.length);
  }
}

/** The hash that `extensions.persistedQuery` names, if there is one. */
export function persistedQueryHash(
  extensions: Readonly<Record<string, unknown>> | null | undefined,
): string | undefined {
  const given = extensions?.['persistedQuery'];
  if (given === undefined || given === null) return undefined;
  const { version, sha256Hash } = given as { version?: unknown; sha256Hash?: unknown };
  if (version !== 1) throw new RefusedOperationError('extensions.persistedQuery: only version 1 is known.');
  if (typeof sha256Hash !== 'string' || !/^[0-9a-f]{64}$/i.test(sha256Hash)) {
    throw new RefusedOperationError(
      'extensions.persistedQuery.sha256Hash is not the SHA-256 of a text, in 64 hexadecimal digits.',
    );
  }
  return sha256Hash.toLowerCase();
}
