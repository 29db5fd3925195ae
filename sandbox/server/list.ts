import { ApiError, type KubernetesObject } from '../storage/api.js';
import { badRequest } from '../storage/api-errors.js';
import { CompactedError, keyOf, type Store } from '../storage/store.js';
import type { ListQuery } from './query-options.js';
import { parseSelectors } from './selectors.js';
import type { ServedKind } from './served-kinds.js';

export interface ListPage {
  readonly objects: readonly KubernetesObject[];
  readonly metadata: { resourceVersion: string; continue?: string; remainingItemCount?: number };
}

const TOKEN_VERSION = 'meta.k8s.io/v1';
/** Going on at whatever is there now, after a token expired. */
const INCONSISTENT = -1;

/** One page of a list, consistent with the pages before it. */
export const listPage = (
  store: Store,
  kind: ServedKind,
  wantedNamespace: string | undefined,
  query: ListQuery,
): ListPage => {
  const { resource } = kind;
  const namespace = wantedNamespace ?? selectedNamespace(query.fieldSelector);
  const match = parseSelectors(resource, query.labelSelector, query.fieldSelector);
  const position = query.continue === '' ? undefined : decodeToken(query.continue);
  if (position && query.resourceVersion !== '' && query.resourceVersion !== '0')
    throw badRequest('specifying resource version is not allowed when using continue');
  const revision = position ? revisionOfToken(position, store) : revisionToRead(query);
  const all = readAt(store, resource.name, namespace, revision, position);
  const isCached = query.resourceVersion === '0' && !position;

  const relativeKey = ({ metadata }: KubernetesObject): string =>
    namespace === undefined ? keyOf(metadata.namespace, metadata.name) : metadata.name;
  const rest = position ? all.filter((object) => `${relativeKey(object)}` >= position.start) : all;
  const matching = match ? rest.filter(match) : rest;
  const page = query.limit > 0 && !isCached ? matching.slice(0, query.limit) : matching;
  const resourceVersion = String(revision ?? store.revision);
  const last = page.at(-1);
  if (page.length === matching.length || !last) return { objects: page, metadata: { resourceVersion } };
  return {
    objects: page,
    metadata: {
      resourceVersion,
      continue: encodeToken({
        rv: Number(resourceVersion),
        // Events are read from etcd, the others from a cache, whose tokens begin with a slash.
        start: `${resource.name === 'events' ? '' : '/'}${relativeKey(last)}\u0000`,
      }),
      // How many of the rest match is not known to a server that reads page by page.
      ...(match ? {} : { remainingItemCount: matching.length - page.length }),
    },
  };
};

/** A list over all namespaces that selects one is a list of that one. */
const selectedNamespace = (fieldSelector: string): string | undefined =>
  /(?:^|,)metadata\.namespace==?([^,=]+)(?:,|$)/.exec(fieldSelector)?.[1];

interface Position {
  readonly rv: number;
  /** The key from which on to read, relative to the list. */
  readonly start: string;
}

const encodeToken = ({ rv, start }: Position): string =>
  Buffer.from(JSON.stringify({ v: TOKEN_VERSION, rv, start })).toString('base64url');

const decodeToken = (token: string): Position => {
  const fail = (why: string): ApiError =>
    badRequest(`invalid continue token: continue key is not valid: ${why}`);
  const bytes = Buffer.from(token, 'base64url');
  let read: { v?: string; rv?: number; start?: string };
  try {
    read = JSON.parse(bytes.toString('utf8'));
  } catch {
    throw fail(`invalid character ${goCharacter(bytes[0] ?? 0)} looking for beginning of value`);
  }
  if (read.v !== TOKEN_VERSION) throw fail(`server does not recognize this encoded version ${read.v}`);
  if (!read.start || read.rv === undefined)
    throw fail('incorrect encoded start resourceVersion (version meta.k8s.io/v1)');
  return { rv: read.rv, start: read.start.replace(/^\//, '') };
};

const goCharacter = (byte: number): string =>
  byte >= 0x20 && byte < 0x7f
    ? `'${String.fromCharCode(byte)}'`
    : `'\\u${byte.toString(16).padStart(4, '0')}'`;

const revisionOfToken = ({ rv }: Position, store: Store): number =>
  rv === INCONSISTENT ? store.revision : rv;

/** The revision to read at; undefined for the newest. */
const revisionToRead = ({ resourceVersion, resourceVersionMatch, limit }: ListQuery): number | undefined => {
  if (resourceVersion === '' || resourceVersion === '0') return undefined;
  if (resourceVersionMatch === 'Exact' || (resourceVersionMatch === '' && limit > 0))
    return Number(resourceVersion);
  return undefined;
};

const readAt = (
  store: Store,
  resource: string,
  namespace: string | undefined,
  revision: number | undefined,
  position: Position | undefined,
): KubernetesObject[] => {
  try {
    return store.list(resource, namespace, revision);
  } catch (error) {
    if (!(error instanceof CompactedError)) throw error;
    if (!position)
      throw new ApiError(410, 'Expired', 'The resourceVersion for the provided list is too old.');
    throw new ApiError(
      410,
      'Expired',
      'The provided continue parameter is too old to display a consistent list result. You can start a new list without the continue parameter, or use the continue token in this response to retrieve the remainder of the results. Continuing with the provided token results in an inconsistent list - objects that were created, modified, or deleted between the time the first chunk was returned and now may show up in the list.',
      undefined,
      { continue: encodeToken({ rv: INCONSISTENT, start: position.start }) },
    );
  }
};

/** What the server says after it has waited for a revision that did not come. */
export const tooLargeVersion = (wanted: number, current: number): ApiError =>
  new ApiError(504, 'Timeout', `Timeout: Too large resource version: ${wanted}, current: ${current}`, {
    causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }],
    retryAfterSeconds: 1,
  });

/** Undefined when none is given. Throws what `fail` makes of anything that is no version. */
export const parseVersion = (given: string, fail: (message: string) => ApiError): number | undefined => {
  if (given === '') return undefined;
  if (!/^\d+$/.test(given))
    throw fail(
      `resourceVersion: Invalid value: ${JSON.stringify(given)}: strconv.ParseUint: parsing ${JSON.stringify(given)}: invalid syntax`,
    );
  return Number(given);
};
