import { type DocumentNode, type GraphQLError, parse } from 'graphql';
import { BoundedCache } from '../../subgraphs/shared/bounded-cache.js';
import {
  type MeridianError,
  PersistedQueryNotFoundError,
  TooLargeError,
} from '../../subgraphs/shared/errors.js';
import { documentLimits } from './limits.js';
import { hashOf, PersistedQueries, persistedQueryHash } from './persisted-queries.js';
import { RefusedOperationError } from './refused-operation.js';
import { notTrusted, type TrustedDocuments } from './trusted-documents.js';

/** How a client says which document it means: by its text, by an identifier, or by both. */
export interface DocumentRequest {
  readonly query?: string | null | undefined;
  /** Of a persisted document (GraphQL over HTTP, appendix A): `sha256:` and the hash of its text, or its own name. */
  readonly documentId?: unknown;
  readonly extensions?: Readonly<Record<string, unknown>> | null | undefined;
}

export interface DocumentsOptions {
  /** When given, no others may be run, or they are told of. */
  readonly trusted?: TrustedDocuments | undefined;
  /** Told of each document that runs only because the mode is `warn`. */
  readonly onUntrusted?: ((text: string) => void) | undefined;
  /** Told of each look into a cache. */
  readonly onLookup?: ((cache: 'documents' | 'persisted-queries', hit: boolean) => void) | undefined;
}

/** Finds the document that a request means, parsed. Every transport asks here. */
export class Documents {
  /** By their text: hashing it would cost more than comparing it. */
  readonly #parsed = new BoundedCache<string, DocumentNode>({ maxEntries: 2_000, maxWeight: 8_000_000 });
  readonly #persisted = new PersistedQueries();

  constructor(private readonly options: DocumentsOptions = {}) {}

  /**
   * Throws RefusedOperationError or TooLargeError for what can't be parsed, PersistedQueryNotFoundError for a hash
   * that is not known, ForbiddenError for a document that is not trusted.
   */
  find({ query, documentId, extensions }: DocumentRequest): DocumentNode {
    const id = persistedQueryHash(extensions) ?? identifierIn(documentId);
    if (id === undefined) {
      if (!query) throw new RefusedOperationError('The request has no query: send the text of an operation.');
      return this.#trusted(query);
    }
    if (!query) return this.#trusted(this.#textOf(id));
    if (hashOf(query) !== id && this.options.trusted?.find(id) !== query) {
      throw new RefusedOperationError(
        'The hash is not that of the query: send the SHA-256 of its exact text.',
      );
    }
    const document = this.#trusted(query);
    this.#persisted.add(id, query);
    return document;
  }

  /** Those in use, that which was asked for last first. */
  get recent(): readonly DocumentNode[] {
    return this.#parsed.values;
  }

  /** A document of the gateway's own. */
  parse(text: string): DocumentNode {
    const known = this.#parsed.get(text);
    this.options.onLookup?.('documents', known !== undefined);
    if (known) return known;
    const document = parsed(text);
    this.#parsed.set(text, document, text.length);
    return document;
  }

  #textOf(id: string): string {
    const { trusted } = this.options;
    const text = trusted?.find(id);
    if (text !== undefined) return text;
    // No text with this hash could be run: to ask for it would be in vain.
    if (trusted?.mode === 'enforce') throw notTrusted();
    if (!isHash(id)) {
      throw new RefusedOperationError(`There is no document ${JSON.stringify(id.slice(0, 100))} here.`);
    }
    const known = this.#persisted.find(id);
    this.options.onLookup?.('persisted-queries', known !== undefined);
    if (known === undefined) throw new PersistedQueryNotFoundError();
    return known;
  }

  #trusted(text: string): DocumentNode {
    const { trusted, onUntrusted } = this.options;
    if (trusted && !trusted.has(text)) {
      if (trusted.mode === 'enforce') throw notTrusted();
      onUntrusted?.(text);
    }
    return this.parse(text);
  }
}

const isHash = (id: string): boolean => /^[0-9a-f]{64}$/.test(id);

function identifierIn(documentId: unknown): string | undefined {
  if (documentId === undefined || documentId === null) return undefined;
  const [, prefix, id] =
    /^(?:([\w.~-]+):)?([\w.~-]+)$/.exec(typeof documentId === 'string' ? documentId : '') ?? [];
  if (id === undefined || (prefix === 'sha256' && !isHash(id))) {
    throw new RefusedOperationError(
      'documentId is no identifier of a document: send "sha256:" and the SHA-256 of its text, in 64 hexadecimal digits.',
    );
  }
  return prefix === undefined || prefix === 'sha256' ? id : `${prefix}:${id}`;
}

function parsed(text: string): DocumentNode {
  try {
    return parse(text, { maxTokens: documentLimits.tokens });
  } catch (error) {
    throw parseFailure(error as GraphQLError);
  }
}

const parseFailure = ({ message }: GraphQLError): MeridianError =>
  /more tha[nt] \d+ tokens/.test(message)
    ? new TooLargeError(`The document has more than ${documentLimits.tokens} tokens: split it.`)
    : new RefusedOperationError(message);
