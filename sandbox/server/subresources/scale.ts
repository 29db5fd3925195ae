import type { Draft, KubernetesObject } from '../../storage/api.js';
import { badRequest, staleVersion } from '../../storage/api-errors.js';
import { decodeKind } from '../../storage/decode.js';
import { invalidObject } from '../../storage/field-errors.js';
import { apiVersionOf } from '../../storage/resource.js';
import { sendObject } from '../answer.js';
import { mediaTypeOf, parseObject, parseYaml, readBody } from '../body.js';
import { readPatchOptions } from '../patches/handle-patch.js';
import { applyPatch, parsePatch, patchTypeOf } from '../patches/patch-type.js';
import { readWriteQuery, type WriteQuery } from '../query-options.js';
import { getExisting } from '../reads.js';
import type { ResourceRequest } from '../resource-request.js';

const SCALE = { kind: 'Scale', group: 'autoscaling', version: 'v1' };

/** The replica count of any workload, in one form. */
export const handleScale = async (request: ResourceRequest, verb: string): Promise<void> => {
  const live = getExisting(request);
  if (verb === 'get') {
    answer(request, live);
    return;
  }
  const text = await readBody(request.request);
  const mediaType = mediaTypeOf(request.request);
  if (verb === 'update') {
    const options = readWriteQuery(request.query, 'UpdateOptions', request.request.headers['user-agent']);
    write(request, live, parseObject(text, mediaType, SCALE).draft, options);
    return;
  }
  const type = patchTypeOf(mediaType);
  const options = readPatchOptions(request, type);
  if (type === 'apply') {
    apply(request, parseYaml(text), options);
    return;
  }
  write(request, live, applyPatch(type, 'V1Scale', scaleOf(live), parsePatch(type, text)), options);
};

/** The applier comes to own the replicas of the workload, and nothing else of it. */
const apply = (request: ResourceRequest, config: any, options: WriteQuery & { force: boolean }): void => {
  const { kind, namespace, name, context } = request;
  const { apiVersion = '', kind: given = '' } = config ?? {};
  if (given !== SCALE.kind || apiVersion !== apiVersionOf(SCALE))
    throw badRequest(`invalid object type: ${apiVersion}, Kind=${given}`);
  const { spec } = decodeKind('Scale', 'v1', 'V1Scale', config).object;
  checkReplicas(spec?.replicas ?? 0, name);
  const draft: Draft = {
    apiVersion: apiVersionOf(kind.resource),
    kind: kind.resource.kind,
    metadata: { name },
    ...(spec?.replicas === undefined ? {} : { spec: { replicas: spec.replicas } }),
  };
  const { object } = context.registry.apply(kind.resource.name, namespace, draft, {
    ...options,
    subresource: 'scale',
  });
  answer(request, object);
};

const write = (request: ResourceRequest, live: KubernetesObject, given: any, options: WriteQuery): void => {
  const { kind, name, context } = request;
  const scale = decodeKind('Scale', 'v1', 'V1Scale', given).object;
  if (scale.metadata.name && scale.metadata.name !== name)
    throw badRequest(
      `the name of the object (${scale.metadata.name}) does not match the name on the URL (${name})`,
    );
  const { resourceVersion } = scale.metadata;
  if (resourceVersion && resourceVersion !== live.metadata.resourceVersion)
    throw staleVersion(kind.resource, name);
  const replicas = scale.spec?.replicas ?? 0;
  checkReplicas(replicas, name);
  const draft: Draft = { ...live, spec: { ...live['spec'], replicas } };
  answer(request, context.registry.update(kind.resource.name, draft, { ...options, subresource: 'scale' }));
};

const checkReplicas = (replicas: number, name: string): void => {
  if (replicas >= 0) return;
  throw invalidObject({ ...SCALE, name }, [
    {
      reason: 'FieldValueInvalid',
      field: 'spec.replicas',
      message: `Invalid value: ${replicas}: must be greater than or equal to 0`,
    },
  ]);
};

const answer = ({ response, accepted }: ResourceRequest, object: KubernetesObject): void =>
  sendObject(response, 200, scaleOf(object), accepted.format);

const scaleOf = ({ metadata, spec, status }: any): object => {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = metadata;
  const selector = formatSelector(spec.selector);
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: spec.replicas > 0 ? { replicas: spec.replicas } : {},
    status: { replicas: status?.replicas ?? 0, ...(selector ? { selector } : {}) },
  };
};

/** A selector as a query parameter writes it. */
const formatSelector = ({ matchLabels, matchExpressions }: any): string => {
  const equal = Object.entries(matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  const expressions = (matchExpressions ?? []).map(({ key, operator, values = [] }: any) => {
    const list = `(${[...values].sort().join(',')})`;
    return { In: `${key} in ${list}`, NotIn: `${key} notin ${list}`, Exists: key, DoesNotExist: `!${key}` }[
      operator as 'In'
    ];
  });
  return [...equal, ...expressions].sort().join(',');
};
