import { createHash } from 'node:crypto';
import { type DocumentNode, type GraphQLError, parse } from 'graphql';
import { BoundedCache } from '../../subgraphs/shared/bounded-cache.js';
import { type MeridianError, TooLargeError } from '../../subgraphs/shared/errors.js';
import { documentLimits } from './limits.js';
import { RefusedOperationError } from './refused-operation.js';

export const parseOptions = { maxTokens: documentLimits.tokens } as const;

/** Why a document could not be parsed, as a client is told. */
export const parseFailure = ({ message }: Pick<GraphQLError, 'message'>): MeridianError =>
  /more tha[nt] \d+ tokens/.test(message)
    ? new TooLargeError(`The document has more than ${documentLimits.tokens} tokens: split it.`)
    : new RefusedOperationError(message);

/** Parsed documents by the hash of their text, for both transports. */
export class Documents {
  readonly #byHash = new BoundedCache<string, DocumentNode>({ maxEntries: 2_000, maxWeight: 8_000_000 });

  /** Throws what `parseFailure` makes of a syntax error. */
  parse(query: string): DocumentNode {
    const hash = createHash('sha256').update(query).digest('hex');
    const known = this.#byHash.get(hash);
    if (known) return known;
    const document = parsed(query);
    this.add(hash, document);
    return document;
  }

  find(hash: string): DocumentNode | undefined {
    return this.#byHash.get(hash);
  }

  add(hash: string, document: DocumentNode): void {
    this.#byHash.set(hash, document, document.loc?.end ?? 0);
  }
}

function parsed(query: string): DocumentNode {
  try {
    return parse(query, parseOptions);
  } catch (error) {
    throw parseFailure(error as GraphQLError);
  }
}
