import type { Draft } from '../../storage/api.js';
import { badRequest, internalError, notFound } from '../../storage/api-errors.js';
import { DecodeError, decode } from '../../storage/decode.js';
import { type FieldError, invalidObject } from '../../storage/field-errors.js';
import { pathElement } from '../../storage/fields/field-set.js';
import { divisionOf, isEmptyValue, rootShape } from '../../storage/fields/typed-walk.js';
import { apiVersionOf } from '../../storage/resource.js';
import type { Shape } from '../../storage/schema/schema.js';
import { mediaTypeOf, parseYaml, readBody } from '../body.js';
import { readBoolean, readWriteQuery, reportFields, type WriteQuery } from '../query-options.js';
import { getExisting, sendOne } from '../reads.js';
import type { ResourceRequest } from '../resource-request.js';
import { placeDraft } from '../writes.js';
import { applyPatch, type PatchType, parsePatch, patchTypeOf } from './patch-type.js';
import { goMap } from './strategic-merge-patch.js';

export const readPatchOptions = (
  request: ResourceRequest,
  type: PatchType,
): WriteQuery & { force: boolean } => {
  const { query } = request;
  const force = readBoolean(query.get('force'));
  const options = readWriteQuery(query, 'PatchOptions', request.request.headers['user-agent'], (errors) => {
    if (type === 'apply') {
      if (!query.get('fieldManager')) errors.required('fieldManager', 'is required for apply patch');
    } else if (force !== undefined) errors.forbidden('force', 'may not be specified for non-apply patch');
  });
  return { ...options, force: force ?? false };
};

export const handlePatch = async (request: ResourceRequest): Promise<void> => {
  const type = patchTypeOf(mediaTypeOf(request.request));
  const options = readPatchOptions(request, type);
  const text = await readBody(request.request);
  if (type === 'apply') handleApply(request, parseYaml(text), options);
  else handleChange(request, type, text, options);
};

const handleChange = (
  request: ResourceRequest,
  type: Exclude<PatchType, 'apply'>,
  text: string,
  options: WriteQuery,
): void => {
  const { context, kind, subresource, response } = request;
  const { resource } = kind;
  const patch = parsePatch(type, text);
  const live = getExisting(request);
  const patched = applyPatch(type, kind.model, kind.show(live), patch);
  reportPatchFields(unknownFields(type, kind.model, patched, patch), patch, options, response);
  const draft = placeDraft(kind.store(patched) as Draft, request);
  const { uid } = draft.metadata as { uid?: string };
  if (uid !== live.metadata.uid) {
    const error: FieldError = {
      reason: 'FieldValueInvalid',
      field: 'metadata.uid',
      message: `Invalid value: ${JSON.stringify(uid ?? '')}: field is immutable`,
    };
    // Found twice by the real server.
    throw invalidObject({ ...resource, name: live.metadata.name }, [error, error]);
  }
  const updated = context.registry.update(resource.name, draft, {
    ...options,
    ...(subresource ? { subresource } : {}),
  });
  sendOne(request, updated, 200);
};

/** Of what the patch leads to. Throws 422 where that has a value of another type than the kind. */
const unknownFields = (
  type: Exclude<PatchType, 'apply'>,
  model: string,
  patched: unknown,
  patch: unknown,
): readonly string[] => {
  try {
    return decode(model, patched).unknown;
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    if (type === 'strategic') throw invalidPatch(goMap(patch), conversionProblem(error.message));
    throw invalidPatch(JSON.stringify(patched), error.message);
  }
};

/** A strategic merge patch is converted without JSON in between, so the real server has other words for it. */
const conversionProblem = (message: string): string => {
  const [, from = '', to = ''] =
    /^json: cannot unmarshal (\w+) into Go struct field \S+ of type (\S+)$/.exec(message) ?? [];
  if (!to) return message;
  const kinds: Readonly<Record<string, string>> = { number: 'int64', array: 'slice', object: 'map' };
  const kind = kinds[from] ?? from;
  if (to.startsWith('[]')) return `cannot restore slice from ${kind}`;
  if (to.startsWith('map[')) return `cannot restore map from ${kind}`;
  if (to.startsWith('v1.')) return `cannot restore struct from: ${kind}`;
  return from === 'number' && to === 'string' ? 'cannot convert int64 to string' : `unrecognized type: ${to}`;
};

const invalidPatch = (value: string, problem: string): Error =>
  invalidObject({ kind: '', group: '', name: '' }, [
    {
      reason: 'FieldValueInvalid',
      field: 'patch',
      message: `Invalid value: ${JSON.stringify(value)}: ${problem}`,
    },
  ]);

const reportPatchFields = (
  unknown: readonly string[],
  patch: unknown,
  options: WriteQuery,
  response: ResourceRequest['response'],
): void => {
  if (options.fieldValidation === 'Strict' && unknown.length > 0) {
    const listed = unknown.map((path) => `unknown field "${path}"`).join(', ');
    throw invalidPatch(goMap(patch), `strict decoding error: ${listed}`);
  }
  reportFields(unknown, [], options.fieldValidation, '', response);
};

const handleApply = (
  request: ResourceRequest,
  config: any,
  options: WriteQuery & { force: boolean },
): void => {
  const { context, kind, name, namespace, subresource } = request;
  const { resource } = kind;
  if (config?.kind !== resource.kind || config.apiVersion !== apiVersionOf(kind)) {
    const slash = String(config?.apiVersion ?? '').indexOf('/');
    const version = config?.apiVersion ?? '';
    const shown = slash < 0 ? `/${version}` : version;
    throw badRequest(`invalid object type: ${shown}, Kind=${config?.kind ?? ''}`);
  }
  const draft = placeDraft({ ...config, metadata: config.metadata ?? {} }, request);
  if (config.metadata?.managedFields !== undefined) throw badRequest('metadata.managedFields must be nil');
  checkTyped(config, kind, name);
  const stored = kind.store(draft);
  decode(resource.model, stored);
  if (subresource && !context.registry.get(resource.name, namespace, name)) throw notFound(resource, name);
  const { object, isNew } = context.registry.apply(resource.name, namespace, stored, options);
  sendOne(request, object, isNew ? 201 : 200);
};

/** What a typed configuration may not have: fields outside the schema, and list items with the same key. */
const checkTyped = (config: any, kind: ResourceRequest['kind'], name: string): void => {
  const { group, version, resource } = kind;
  const subject = `/${name}; ${group ? `${group}/` : '/'}${version}, Kind=${resource.kind}`;
  const problem = typedProblem(rootShape(kind.model), config, '');
  if (problem) throw internalError(`failed to create typed patch object (${subject}): ${problem}`);
};

const typedProblem = (shape: Shape, value: any, path: string): string | undefined => {
  const division = divisionOf(shape);
  if (division.kind === 'leaf' || isEmptyValue(value) || typeof value !== 'object') return undefined;
  if (division.kind === 'fields') {
    for (const [name, inner] of Object.entries(value)) {
      const childShape = division.childShape(name);
      const problem = childShape
        ? typedProblem(childShape, inner, `${path}.${name}`)
        : `${path}.${name}: field not declared in schema`;
      if (problem) return problem;
    }
    return undefined;
  }
  const seen = new Set<string>();
  for (const item of value) {
    const key = division.keyOf(item);
    const shown = pathElement(key);
    if (seen.has(key)) return `${path}: duplicate entries for key ${shown}`;
    seen.add(key);
    const problem = typedProblem(division.of, item, `${path}${shown}`);
    if (problem) return problem;
  }
  return undefined;
};
