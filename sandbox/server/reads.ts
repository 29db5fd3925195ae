import type { KubernetesObject } from '../storage/api.js';
import { badRequest, internalError, notFound } from '../storage/api-errors.js';
import { sendObject } from './answer.js';
import { listPage, parseVersion, tooLargeVersion } from './list.js';
import { presentList, presentObject } from './presentation.js';
import { readListQuery } from './query-options.js';
import type { ResourceRequest } from './resource-request.js';
import { parseSelectors } from './selectors.js';
import { FUTURE_WAIT_MS, streamWatch } from './watch.js';

export const getExisting = ({ context, kind, namespace, name }: ResourceRequest): KubernetesObject => {
  const object = context.registry.get(kind.resource.name, namespace, name);
  if (!object)
    throw notFound(
      kind.resource.name === 'events' ? { ...kind.resource, group: kind.group } : kind.resource,
      name,
    );
  return object;
};

export const handleGet = async (request: ResourceRequest): Promise<void> => {
  const version = request.query.get('resourceVersion') ?? '';
  await reach(request, parseVersion(version, invalidVersion) ?? 0);
  sendOne(request, getExisting(request), 200);
};

export const sendOne = (request: ResourceRequest, object: KubernetesObject, code: number): void => {
  const { response, kind, accepted, query, context } = request;
  sendObject(response, code, presentObject(kind, object, accepted, query, context.now()), accepted.format);
};

const invalidVersion = (message: string) => badRequest(`invalid resource version: ${message}`);

export const handleList = async (request: ResourceRequest): Promise<void> => {
  const { context, response, kind, namespace, accepted, query } = request;
  const options = readListQuery(query, false);
  await reach(request, parseVersion(options.resourceVersion, invalidVersion) ?? 0);
  const { objects, metadata } = listPage(context.registry.store, kind, namespace, options);
  sendObject(
    response,
    200,
    presentList(kind, objects, metadata, accepted, query, context.now()),
    accepted.format,
  );
};

/** Waits a while for a revision that is not there yet. */
const reach = async ({ context, response }: ResourceRequest, version: number): Promise<void> => {
  const { store } = context.registry;
  if (version <= store.revision) return;
  await new Promise<void>((resolve) => {
    const timer = context.clock.setTimeout(resolve, FUTURE_WAIT_MS);
    response.once('close', () => context.clock.clear(timer));
  });
  if (version > store.revision) throw tooLargeVersion(version, store.revision);
};

export const handleWatch = (request: ResourceRequest): void => {
  const { context, response, kind, namespace, query, name, accepted } = request;
  const options = readListQuery(query, true);
  const narrowed = name ? { ...options, fieldSelector: `metadata.name=${name}` } : options;
  // Before the first byte: what is wrong with the request is answered as a Status.
  parseSelectors(kind.resource, narrowed.labelSelector, narrowed.fieldSelector);
  streamWatch(response, {
    store: context.registry.store,
    kind,
    namespace,
    query: narrowed,
    version: parseVersion(options.resourceVersion, internalError),
    accepted,
    parameters: query,
    clock: context.clock,
  });
};
