import { notFound } from '../../storage/api-errors.js';
import { decode, decodeKind } from '../../storage/decode.js';
import { FieldErrors } from '../../storage/field-errors.js';
import { trackUpdate } from '../../storage/fields/managed-fields.js';
import { getResource } from '../../storage/resources.js';
import { timestamp } from '../../storage/timestamp.js';
import { API_AUDIENCE } from '../access/token-issuer.js';
import { sendObject } from '../answer.js';
import { mediaTypeOf, parseObject, readBody } from '../body.js';
import { readWriteQuery } from '../query-options.js';
import { getExisting } from '../reads.js';
import type { ResourceRequest } from '../resource-request.js';

const KIND = { kind: 'TokenRequest', group: 'authentication.k8s.io', version: 'v1' };
const MODEL = 'AuthenticationV1TokenRequest';
const MIN_SECONDS = 600;
const DEFAULT_SECONDS = 3600;

/** Issues a token for a service account. */
export const handleToken = async (request: ResourceRequest): Promise<void> => {
  const { context, namespace, query, response, accepted } = request;
  const { manager } = readWriteQuery(query, 'CreateOptions', request.request.headers['user-agent']);
  const { draft } = parseObject(await readBody(request.request), mediaTypeOf(request.request), KIND);
  const { object } = decodeKind(KIND.kind, KIND.version, MODEL, draft);
  const account = getExisting(request);
  const given = object.spec ?? {};
  const spec = {
    audiences: object.spec?.audiences ?? [API_AUDIENCE],
    expirationSeconds: object.spec?.expirationSeconds ?? DEFAULT_SECONDS,
    boundObjectRef: object.spec?.boundObjectRef ?? null,
  };
  const errors = new FieldErrors();
  if (spec.expirationSeconds < MIN_SECONDS)
    errors.invalid(
      'spec.expirationSeconds',
      spec.expirationSeconds,
      'may not specify a duration less than 10 minutes',
    );
  errors.throwIfAny({ ...KIND, name: '' });
  const bound = spec.boundObjectRef;
  if (bound?.kind === 'Pod' && !context.registry.get('pods', namespace, bound.name))
    throw notFound(getResource('pods'), bound.name);

  const { token, expiresAt } = context.access.tokens.issue(account, spec.audiences, spec.expirationSeconds);
  const { name, uid } = account.metadata;
  const creationTimestamp = timestamp(context.now());
  const metadata = { name, namespace, uid, creationTimestamp };
  // Who asked owns what was in the request, and the time, which is defaulted before.
  const asked = { metadata, spec: { ...given, expirationSeconds: spec.expirationSeconds } };
  const { metadata: tracked } = trackUpdate(MODEL, decode(MODEL, { metadata: {}, spec: {} }).object, asked, {
    name: manager,
    apiVersion: 'authentication.k8s.io/v1',
    time: creationTimestamp,
    subresource: 'token',
  });
  const status = { token, expirationTimestamp: timestamp(expiresAt) };
  sendObject(
    response,
    201,
    { kind: KIND.kind, apiVersion: 'authentication.k8s.io/v1', metadata: tracked, spec, status },
    accepted.format,
  );
};
