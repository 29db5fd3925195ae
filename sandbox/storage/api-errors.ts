import { ApiError } from './api.js';
import type { Resource } from './resource.js';

type Named = Pick<Resource, 'name' | 'group'>;

const detailsOf = ({ name: kind, group }: Named, name?: string): object => ({
  ...(name ? { name } : {}),
  ...(group ? { group } : {}),
  kind,
});

const qualified = ({ name, group }: Named): string => (group ? `${name}.${group}` : name);

export const notFound = (resource: Named, name: string): ApiError =>
  new ApiError(404, 'NotFound', `${qualified(resource)} "${name}" not found`, detailsOf(resource, name));

export const alreadyExists = (resource: Named, name: string, isTerminating = false): ApiError =>
  new ApiError(
    409,
    'AlreadyExists',
    `${isTerminating ? 'object is being deleted: ' : ''}${qualified(resource)} "${name}" already exists`,
    detailsOf(resource, name),
  );

export const conflict = (resource: Named, name: string, why: string): ApiError =>
  new ApiError(
    409,
    'Conflict',
    `Operation cannot be fulfilled on ${qualified(resource)} "${name}": ${why}`,
    detailsOf(resource, name),
  );

export const staleVersion = (resource: Named, name: string): ApiError =>
  conflict(
    resource,
    name,
    'the object has been modified; please apply your changes to the latest version and try again',
  );

export const forbidden = (resource: Named, name: string, why: string, more: object = {}): ApiError =>
  new ApiError(403, 'Forbidden', `${qualified(resource)} "${name}" is forbidden: ${why}`, {
    ...detailsOf(resource, name),
    ...more,
  });

export const badRequest = (message: string): ApiError => new ApiError(400, 'BadRequest', message);

/** What the real server answers for errors that it did not foresee: a Status without a reason. */
export const internalError = (message: string): ApiError => new ApiError(500, '', message);
