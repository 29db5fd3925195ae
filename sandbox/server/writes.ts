import type { Draft, KubernetesObject } from '../storage/api.js';
import { badRequest } from '../storage/api-errors.js';
import { decode, decodeKind } from '../storage/decode.js';
import type { FieldErrors } from '../storage/field-errors.js';
import { addWarning, sendObject } from './answer.js';
import { mediaTypeOf, parseObject, readBody } from './body.js';
import { listPage } from './list.js';
import { presentList } from './presentation.js';
import { readListQuery, readWriteQuery, reportFields, type WriteQuery } from './query-options.js';
import { sendOne } from './reads.js';
import type { ResourceRequest } from './resource-request.js';

const readDraft = async (request: ResourceRequest, options: WriteQuery): Promise<Draft> => {
  const { kind, response } = request;
  const expected = { kind: kind.resource.kind, group: kind.group, version: kind.version };
  const { draft, duplicates } = parseObject(
    await readBody(request.request),
    mediaTypeOf(request.request),
    expected,
  );
  const { unknown } = decodeKind(kind.resource.kind, kind.version, kind.model, draft);
  const subject = `${kind.resource.kind} in version "${kind.version}" cannot be handled as a ${kind.resource.kind}`;
  reportFields(unknown, duplicates, options.fieldValidation, subject, response);
  return kind.store(draft);
};

/** The namespace comes from the path; a different one in the body is a mistake. */
export const placeDraft = (draft: Draft, { kind, namespace, name }: ResourceRequest): Draft => {
  const given = draft.metadata['namespace'];
  if (kind.resource.namespaced && given && given !== namespace)
    throw badRequest('the namespace of the provided object does not match the namespace sent on the request');
  if (name && draft.metadata.name && draft.metadata.name !== name)
    throw badRequest(
      `the name of the object (${draft.metadata.name}) does not match the name on the URL (${name})`,
    );
  return {
    ...draft,
    metadata: {
      ...draft.metadata,
      ...(name ? { name } : {}),
      ...(kind.resource.namespaced ? { namespace } : {}),
    },
  };
};

export const handleCreate = async (request: ResourceRequest): Promise<void> => {
  const { context, kind, query } = request;
  const options = readWriteQuery(query, 'CreateOptions', request.request.headers['user-agent']);
  const draft = placeDraft(await readDraft(request, options), request);
  const created = context.registry.create(kind.resource.name, draft, options);
  for (const warning of context.registry.warnings(created, kind.resource.name))
    addWarning(request.response, warning);
  sendOne(request, created, 201);
};

export const handleUpdate = async (request: ResourceRequest): Promise<void> => {
  const { context, kind, query, subresource } = request;
  const options = readWriteQuery(query, 'UpdateOptions', request.request.headers['user-agent']);
  const draft = await readDraft(request, options);
  if (!draft.metadata.name) throw badRequest(`name must be provided`);
  const updated = context.registry.update(kind.resource.name, placeDraft(draft, request), {
    ...options,
    ...(subresource ? { subresource } : {}),
  });
  sendOne(request, updated, 200);
};

const POLICIES = ['Foreground', 'Background', 'Orphan'];

interface DeleteSettings {
  readonly gracePeriodSeconds: number | undefined;
  readonly propagationPolicy: 'Foreground' | 'Background' | 'Orphan' | undefined;
  readonly preconditions: { uid?: string; resourceVersion?: string } | undefined;
  readonly dryRun: boolean;
}

/** From the body, or else from the query. Throws the 422 of DeleteOptions. */
export const readDeleteOptions = (text: string, query: URLSearchParams): DeleteSettings => {
  const body = text === '' ? {} : readDeleteBody(text);
  const fromQuery = query.get('gracePeriodSeconds');
  const policy: string | undefined = body.propagationPolicy ?? query.get('propagationPolicy') ?? undefined;
  const grace: number | undefined =
    body.gracePeriodSeconds ?? (fromQuery === null ? undefined : Number(fromQuery));
  const orphan =
    body.orphanDependents ??
    (query.has('orphanDependents') ? query.get('orphanDependents') === 'true' : undefined);
  const merged = new URLSearchParams(query);
  for (const value of body.dryRun ?? []) merged.append('dryRun', value);
  const { dryRun } = readWriteQuery(merged, 'DeleteOptions', undefined, (errors) =>
    checkPolicy(policy, errors),
  );
  return {
    gracePeriodSeconds: grace,
    propagationPolicy: (policy ?? (orphan ? 'Orphan' : undefined)) as DeleteSettings['propagationPolicy'],
    preconditions: body.preconditions,
    dryRun,
  };
};

const checkPolicy = (policy: string | undefined, errors: FieldErrors): void => {
  if (policy !== undefined && !POLICIES.includes(policy))
    errors.add(
      'FieldValueNotSupported',
      'propagationPolicy',
      `Unsupported value: ${JSON.stringify(policy)}: supported values: "Foreground", "Background", "Orphan", "nil"`,
    );
};

const readDeleteBody = (text: string): any => {
  let body: any;
  try {
    body = JSON.parse(text);
  } catch {
    throw badRequest("couldn't get version/kind; json parse error: unexpected end of JSON input");
  }
  return decode('V1DeleteOptions', body).object;
};

export const handleDelete = async (request: ResourceRequest): Promise<void> => {
  const { context, kind, namespace, name, query, response, accepted } = request;
  const options = readDeleteOptions(await readBody(request.request), query);
  const { object, isGone } = context.registry.delete(kind.resource.name, namespace, name, options);
  if (!isGone || kind.resource.deleteAnswersObject) sendOne(request, object, 200);
  else sendObject(response, 200, successStatus(request, object), accepted.format);
};

const successStatus = ({ kind }: ResourceRequest, { metadata }: KubernetesObject): object => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Success',
  details: {
    name: metadata.name,
    ...(kind.group ? { group: kind.group } : {}),
    kind: kind.resource.name,
    uid: metadata.uid,
  },
});

export const handleDeleteCollection = async (request: ResourceRequest): Promise<void> => {
  const { context, kind, namespace, query, response, accepted } = request;
  const options = readDeleteOptions(await readBody(request.request), query);
  const { registry } = context;
  const { objects, metadata } = listPage(registry.store, kind, namespace, readListQuery(query, false));
  const deleted = objects.map(
    (object) =>
      registry.delete(kind.resource.name, object.metadata.namespace, object.metadata.name, options).object,
  );
  sendObject(
    response,
    200,
    presentList(kind, deleted, metadata, accepted, query, context.now()),
    accepted.format,
  );
};
