import { ApiError } from '../../storage/api.js';

export interface User {
  readonly name: string;
  readonly groups: readonly string[];
  readonly uid?: string;
  readonly extra?: Readonly<Record<string, readonly string[]>>;
}

export interface ResourceAttributes {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string | undefined;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
}

export const MASTERS = 'system:masters';
export const AUTHENTICATED = 'system:authenticated';

export const forbiddenResource = (user: User, attributes: ResourceAttributes): ApiError => {
  const { verb, group, resource, subresource, namespace, name } = attributes;
  const qualified = group ? `${resource}.${group}` : resource;
  const what = name ? `${qualified} "${name}"` : qualified;
  const full = subresource ? `${resource}/${subresource}` : resource;
  const where = namespace === undefined ? 'at the cluster scope' : `in the namespace "${namespace}"`;
  return new ApiError(
    403,
    'Forbidden',
    `${what} is forbidden: User "${user.name}" cannot ${verb} resource "${full}" in API group "${group}" ${where}`,
    { ...(name ? { name } : {}), ...(group ? { group } : {}), kind: resource },
  );
};
