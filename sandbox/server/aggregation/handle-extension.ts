import { sendObject, sendText } from '../answer.js';
import { negotiate } from '../content-negotiation.js';
import type { RequestInfo } from '../request-info.js';
import type { ResourceRequest } from '../resource-request.js';
import { metricsTable } from './metrics-api.js';

type ExtensionRequest = Pick<ResourceRequest, 'context' | 'request' | 'response' | 'query'>;

/** Answers for a group that an APIService adds. False when none does. */
export const handleExtension = (
  { context, request, response, query }: ExtensionRequest,
  info: Extract<RequestInfo, { kind: 'resource' }>,
  verb: string,
): boolean => {
  const { group, version, resource, namespace, name = '' } = info;
  const state = context.aggregator.stateOf(group, version);
  if (state === 'absent') return false;
  if (state === 'unavailable') {
    sendText(response, 503, 'service unavailable\n');
    return true;
  }
  const accepted = negotiate(request.headers.accept);
  const labelSelector = query.get('labelSelector') ?? '';
  const answer = context.aggregator.answer(group, version, verb, {
    resource,
    namespace,
    name,
    labelSelector,
  });
  sendObject(response, 200, accepted.as === 'Table' ? metricsTable(answer) : answer, accepted.format);
  return true;
};
