import { BadUserInputError } from '../errors.js';
import { isLabelName, isValidName, quoted, requireLabelName, requireName } from './names.js';

declare const checked: unique symbol;
/** A path of an API server whose every part was validated and encoded. Only this file makes one. */
export type ApiPath = string & { readonly [checked]: true };

export interface ApiPathParts {
  /** Absent for the core group. */
  readonly group?: string | undefined;
  readonly version: string;
  /** Plural name, such as `pods`. */
  readonly resource: string;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
  readonly subresource?: string | undefined;
}

/**
 * `/api/v1/namespaces/<namespace>/pods/<name>/<subresource>` and its like. Throws BadUserInputError naming the part
 * that is not valid; an empty string is not "absent".
 */
export function apiPath(parts: ApiPathParts): ApiPath {
  const { group, version, resource, namespace, name, subresource } = parts;
  const segments =
    group === undefined ? ['api'] : ['apis', requirePart(isValidName, group, 'group', 'API group')];
  segments.push(
    requirePart(
      (value): value is string => /^v[0-9]+((alpha|beta)[0-9]+)?$/.test(value),
      version,
      'version',
      'API version',
    ),
  );
  if (namespace !== undefined)
    segments.push('namespaces', requireLabelName(namespace, ['namespace'], 'namespace'));
  segments.push(requirePart(isLabelName, resource, 'resource', 'resource'));
  if (name !== undefined) segments.push(requireName(name, ['name'], singular(resource)));
  if (subresource !== undefined) {
    if (name === undefined)
      throw BadUserInputError.at(['name'], `${subresource} needs the name of an object.`);
    segments.push(requirePart(isLabelName, subresource, 'subresource', 'subresource'));
  }
  return `/${segments.map(encodeURIComponent).join('/')}` as ApiPath;
}

/** Paths that name no object. */
export const serverPath = (path: '/version' | '/livez' | '/readyz' | '/api' | '/apis'): ApiPath =>
  path as ApiPath;

function requirePart(
  accepts: (value: string) => value is string,
  value: string,
  field: string,
  what: string,
): string {
  if (accepts(value)) return value;
  throw BadUserInputError.at([field], `${quoted(value)} is not a Kubernetes ${what}.`);
}

const singular = (resource: string): string =>
  resource.endsWith('sses') ? resource.slice(0, -2) : resource.replace(/ies$/, 'y').replace(/s$/, '');
