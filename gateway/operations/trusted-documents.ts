import { parse } from 'graphql';
import { ForbiddenError } from '../../subgraphs/shared/errors.js';
import { hashOf } from './persisted-queries.js';

export const trustedDocumentsModes = ['enforce', 'warn'] as const;
/** What happens to a document that is not registered: it is refused, or run and told of in the log. */
export type TrustedDocumentsMode = (typeof trustedDocumentsModes)[number];

/** A file by its path: a manifest (`*.json`), or one document. */
export type DocumentFile = readonly [path: string, text: string];

/**
 * The documents that may be run here: those that the builds of the front ends registered. Found by any of their
 * identifiers, or by their exact text.
 */
export class TrustedDocuments {
  #byId = new Map<string, string>();
  #texts = new Set<string>();

  constructor(readonly mode: TrustedDocumentsMode) {}

  /**
   * Knows the documents of these files and no others. `*.graphql` and `*.gql` hold a document each. `*.json` are
   * manifests: Apollo's persisted query manifest (`{"format": "apollo-persisted-query-manifest", "operations":
   * [{"id", "body"}]}`), or text by identifier, as Relay's compiler and GraphQL Code Generator write it. Throws with
   * the file at fault, and leaves everything as it was.
   */
  replaceWith(files: readonly DocumentFile[]): void {
    const next = new TrustedDocuments(this.mode);
    for (const [path, text] of files) {
      try {
        if (path.endsWith('.json')) next.#addManifest(JSON.parse(text));
        else next.add(text);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new Error(`${path}: ${reason}`, { cause: error });
      }
    }
    this.#byId = next.#byId;
    this.#texts = next.#texts;
  }

  get size(): number {
    return this.#texts.size;
  }

  /** Throws for what is no GraphQL, and for an identifier that stands for another text already. */
  add(text: string, id?: string): void {
    parse(text, { noLocation: true });
    // Editors end a file with a line break that no client sends.
    for (const exact of new Set([text, text.trim()])) {
      this.#texts.add(exact);
      this.#byId.set(hashOf(exact), exact);
    }
    if (id === undefined || hashOf(text) === id) return;
    const known = this.#byId.get(id);
    if (known !== undefined && known !== text)
      throw new Error(`the identifier ${id} stands for two documents`);
    this.#byId.set(id, text);
  }

  /** @param id a SHA-256 in hexadecimal digits, or whatever a manifest calls a document */
  find(id: string): string | undefined {
    return this.#byId.get(id);
  }

  has(text: string): boolean {
    return this.#texts.has(text);
  }

  #addManifest(manifest: unknown): void {
    for (const [id, text] of entriesOf(manifest)) this.add(text, id);
  }
}

export const notTrusted = (): ForbiddenError =>
  new ForbiddenError(
    null,
    'Only registered operations may be run here, and this is none of them: add it to the trusted documents.',
  );

function entriesOf(manifest: unknown): [id: string, text: string][] {
  const { format, operations } = (manifest ?? {}) as { format?: unknown; operations?: unknown };
  const entries =
    format === 'apollo-persisted-query-manifest' && Array.isArray(operations)
      ? operations.map((operation: { id?: unknown; body?: unknown }) => [operation?.id, operation?.body])
      : Object.entries(manifest ?? {});
  return entries.map(([id, text]) => {
    if (typeof id !== 'string' || typeof text !== 'string') {
      throw new Error('is neither a persisted query manifest of Apollo nor an object of texts by identifier');
    }
    return [id.replace(/^sha256:/, ''), text];
  });
}
