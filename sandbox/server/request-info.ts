import { badRequest } from '../storage/api-errors.js';
import { pathSegmentProblems } from '../storage/validation/names.js';

/** A path of the API, taken apart. Whether anything is served there is another question. */
export type RequestInfo =
  | { readonly kind: 'other'; readonly path: string }
  | {
      readonly kind: 'resource';
      readonly group: string;
      readonly version: string;
      readonly namespace?: string;
      readonly resource: string;
      readonly name?: string;
      readonly subresource?: string;
      /** The deprecated `/watch/` in front of the resource. */
      readonly isWatchPath: boolean;
    };

export const parseRequestPath = (path: string): RequestInfo => {
  const segments = path.split('/').filter((segment) => segment !== '');
  const isCore = segments[0] === 'api';
  if (!isCore && segments[0] !== 'apis') return { kind: 'other', path };
  const rest = segments.slice(isCore ? 2 : 3);
  if (rest.length === 0 || (isCore ? segments.length < 3 : segments.length < 4))
    return { kind: 'other', path };
  const group = isCore ? '' : decodeSegment(segments[1] ?? '');
  const version = decodeSegment(segments[isCore ? 1 : 2] ?? '');
  const isWatchPath = rest[0] === 'watch';
  const parts = (isWatchPath ? rest.slice(1) : rest).map(decodeSegment);
  const isInNamespace = parts[0] === 'namespaces' && parts.length > 2 && !isNamespaceSubresource(parts);
  const namespace = isInNamespace ? parts[1] : undefined;
  const [resource = '', name, subresource] = isInNamespace ? parts.slice(2) : parts;
  for (const [label, value] of [
    ['Name', name],
    ['Namespace', namespace],
  ] as const) {
    const problems = value === undefined ? [] : pathSegmentProblems(value);
    if (problems.length > 0)
      throw badRequest(`${label} parameter invalid: ${JSON.stringify(value)}: ${problems.join(',')}`);
  }
  return {
    kind: 'resource',
    group,
    version,
    resource,
    isWatchPath,
    ...(namespace === undefined ? {} : { namespace }),
    ...(name === undefined ? {} : { name }),
    ...(subresource === undefined ? {} : { subresource }),
  };
};

const isNamespaceSubresource = (parts: readonly string[]): boolean =>
  parts.length === 3 && (parts[2] === 'status' || parts[2] === 'finalize');

const decodeSegment = (segment: string): string => {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw badRequest(`invalid URL escape in ${JSON.stringify(segment)}`);
  }
};
