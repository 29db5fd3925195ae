import { badRequest } from '../storage/api-errors.js';
import { decode, decodeKind } from '../storage/decode.js';
import { invalidObject } from '../storage/field-errors.js';
import { trackUpdate } from '../storage/fields/managed-fields.js';
import { apiVersionOf } from '../storage/resource.js';
import type { Review } from '../storage/reviewed-kinds.js';
import { timestamp } from '../storage/timestamp.js';
import { API_AUDIENCE } from './access/token-issuer.js';
import type { User } from './access/user.js';
import { sendObject } from './answer.js';
import { mediaTypeOf, parseObject, readBody } from './body.js';
import { readWriteQuery } from './query-options.js';
import type { ResourceRequest } from './resource-request.js';

type ReviewRequest = Omit<ResourceRequest, 'kind'> & { readonly review: Review };

/** Kinds that are answered and not stored: what a user may do, and whose a token is. */
export const handleReview = async (request: ReviewRequest): Promise<void> => {
  const { review, context, query, response, accepted } = request;
  const options = readWriteQuery(query, 'CreateOptions', request.request.headers['user-agent']);
  const { draft } = parseObject(await readBody(request.request), mediaTypeOf(request.request), review);
  const { object } = decodeKind(review.kind, review.version, review.model, draft);
  const status = answerReview(request, object);
  if (review.name === 'selfsubjectrulesreviews') {
    // Says only what it found: neither the question nor who asked.
    const { kind } = review;
    sendObject(
      response,
      201,
      { kind, apiVersion: apiVersionOf(review), metadata: {}, spec: {}, status },
      accepted.format,
    );
    return;
  }
  const given = {
    kind: review.kind,
    apiVersion: apiVersionOf(review),
    metadata: object.metadata,
    ...(object.spec ? { spec: object.spec } : {}),
  };
  const tracked = trackUpdate(review.model, decode(review.model, { metadata: {} }).object, given, {
    name: options.manager,
    apiVersion: apiVersionOf(review),
    time: timestamp(context.now()),
  });
  sendObject(response, 201, { ...tracked, status }, accepted.format);
};

const answerReview = (request: ReviewRequest, review: any): object => {
  switch (request.review.name) {
    case 'selfsubjectreviews':
      review.metadata.creationTimestamp = timestamp(request.context.now());
      return { userInfo: userInfo(request.user) };
    case 'tokenreviews':
      return reviewToken(request, review.spec ?? {});
    case 'selfsubjectaccessreviews':
      return reviewAccess(request, review.spec ?? {}, request.user);
    case 'selfsubjectrulesreviews':
      return reviewRules(request, review.spec?.namespace);
    default:
      return reviewAccess(request, review.spec ?? {}, subjectOf(review.spec ?? {}));
  }
};

const userInfo = ({ name, groups, uid, extra }: User): object => ({
  username: name,
  ...(uid ? { uid } : {}),
  groups,
  ...(extra ? { extra } : {}),
});

const reviewToken = ({ context }: ReviewRequest, spec: any): object => {
  if (!spec.token) throw badRequest('token is required for TokenReview in authentication');
  const { tokens } = context.access;
  const wanted: string[] = spec.audiences ?? [API_AUDIENCE];
  const issuedFor = tokens.audiencesOf(spec.token);
  const user = issuedFor ? tokens.find(spec.token, wanted) : context.access.findByToken(spec.token);
  if (user)
    return {
      authenticated: true,
      user: userInfo(user),
      audiences: issuedFor?.filter((audience) => wanted.includes(audience)) ?? wanted,
    };
  if (!issuedFor || issuedFor.some((audience) => wanted.includes(audience)))
    return { user: {}, error: 'invalid bearer token' };
  const list = (audiences: readonly string[]): string =>
    audiences.map((audience) => `"${audience}"`).join(' ');
  return {
    user: {},
    error: `[invalid bearer token, token audiences [${list(issuedFor)}] is invalid for the target audiences [${list(wanted)}]]`,
  };
};

const reviewRules = ({ context, user }: ReviewRequest, namespace: string | undefined): object => {
  if (!namespace) throw badRequest('no namespace on request');
  const rules = context.access.rulesFor(user, namespace);
  return {
    resourceRules: rules.filter(({ resources }) => resources !== undefined),
    nonResourceRules: rules.filter(({ nonResourceURLs }) => nonResourceURLs !== undefined),
    incomplete: false,
  };
};

const subjectOf = (spec: any): User => {
  if (!spec.user && !spec.groups?.length)
    throw invalidReview('spec.user', 'Invalid value: "": at least one of user or group must be specified');
  return { name: spec.user ?? '', groups: spec.groups ?? [] };
};

const reviewAccess = ({ context }: ReviewRequest, spec: any, user: User): object => {
  const { resourceAttributes: resource, nonResourceAttributes: path } = spec;
  if (resource && path)
    throw invalidReview(
      'spec.nonResourceAttributes',
      `Invalid value: ${JSON.stringify({ Path: path.path ?? '', Verb: path.verb ?? '' })}: cannot be specified in combination with resourceAttributes`,
    );
  if (!resource && !path)
    throw invalidReview(
      'spec.resourceAttributes',
      'Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified',
    );
  if (path) return { ...context.access.decidePath(user, path.path ?? '', path.verb ?? '') };
  return {
    ...context.access.decide(user, {
      verb: resource.verb ?? '',
      group: resource.group ?? '',
      resource: resource.resource ?? '',
      subresource: resource.subresource,
      namespace: resource.namespace || undefined,
      name: resource.name,
    }),
  };
};

const invalidReview = (field: string, message: string) =>
  invalidObject({ kind: '', group: 'authorization.k8s.io', name: '' }, [
    { reason: 'FieldValueInvalid', field, message },
  ]);
