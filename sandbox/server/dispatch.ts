import { ApiError } from '../storage/api.js';
import type { Subresource } from '../storage/resource.js';
import { addWarning } from './answer.js';
import { handlePatch } from './patches/handle-patch.js';
import { handleGet, handleList, handleWatch } from './reads.js';
import type { ResourceRequest } from './resource-request.js';
import { handleEviction } from './subresources/eviction.js';
import { handleLog } from './subresources/log.js';
import { handleScale } from './subresources/scale.js';
import { handleToken } from './subresources/token.js';
import { handleCreate, handleDelete, handleDeleteCollection, handleUpdate } from './writes.js';

/** The verb of an HTTP method on an object or a collection; undefined when there is none. */
export const verbOf = (method: string, hasName: boolean, isWatch: boolean): string | undefined => {
  switch (method) {
    case 'GET':
    case 'HEAD':
      if (isWatch) return 'watch';
      return hasName ? 'get' : 'list';
    case 'POST':
      return 'create';
    case 'PUT':
      return 'update';
    case 'PATCH':
      return 'patch';
    case 'DELETE':
      return hasName ? 'delete' : 'deletecollection';
    default:
      return undefined;
  }
};

export const methodNotAllowed = (): ApiError =>
  new ApiError(
    405,
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
    {},
  );

const ON_COLLECTIONS = new Set(['list', 'watch', 'create', 'deletecollection']);

/** Answers a request for a stored resource. */
export const dispatch = async (request: ResourceRequest, verb: string, method: string): Promise<void> => {
  const { kind, name, subresource, response } = request;
  if (kind.resource.warning) addWarning(response, kind.resource.warning);
  if (subresource !== undefined) {
    await dispatchSubresource(
      request,
      verb,
      kind.resource.subresources.find((each) => each.name === subresource),
    );
    return;
  }
  const fits = name === '' ? ON_COLLECTIONS.has(verb) : verb === 'watch' || !ON_COLLECTIONS.has(verb);
  if (!fits || method === 'HEAD' || !kind.resource.verbs.includes(verb)) throw methodNotAllowed();
  switch (verb) {
    case 'get':
      return handleGet(request);
    case 'list':
      return handleList(request);
    case 'watch':
      return handleWatch(request);
    case 'create':
      return handleCreate(request);
    case 'update':
      return handleUpdate(request);
    case 'patch':
      return handlePatch(request);
    case 'delete':
      return handleDelete(request);
    default:
      return handleDeleteCollection(request);
  }
};

const dispatchSubresource = async (
  request: ResourceRequest,
  verb: string,
  subresource: Subresource | undefined,
): Promise<void> => {
  if (!subresource)
    throw new ApiError(404, 'NotFound', 'the server could not find the requested resource', {});
  if (!subresource.verbs.includes(verb)) throw methodNotAllowed();
  switch (subresource.name) {
    case 'scale':
      return handleScale(request, verb);
    case 'log':
      return handleLog(request);
    case 'token':
      return handleToken(request);
    case 'eviction':
      return handleEviction(request);
    case 'exec':
    case 'attach':
      throw new ApiError(400, 'BadRequest', 'Upgrade request required');
    case 'status':
    case 'ephemeralcontainers':
    case 'finalize':
      if (verb === 'get') return handleGet(request);
      return verb === 'update' ? handleUpdate(request) : handlePatch(request);
    default:
      throw new ApiError(
        501,
        'NotImplemented',
        `the sandbox does not serve the subresource ${subresource.name}`,
      );
  }
};
