import { ApiError, type Draft, type KubernetesObject } from '../../storage/api.js';
import { badRequest, internalError } from '../../storage/api-errors.js';
import { matchesLabelSelector } from '../../storage/label-selector.js';
import { timestamp } from '../../storage/timestamp.js';
import { sendObject } from '../answer.js';
import { mediaTypeOf, parseObject, readBody } from '../body.js';
import { getExisting } from '../reads.js';
import type { ResourceRequest } from '../resource-request.js';
import { readDeleteOptions } from '../writes.js';

const MANAGER = 'kube-apiserver';

/** Deletes a pod if its disruption budget lets it go. */
export const handleEviction = async (request: ResourceRequest): Promise<void> => {
  const { context, namespace, name, query, response, accepted } = request;
  const text = await readBody(request.request);
  // Clients still send the version that is gone everywhere else.
  const version = text.includes('"policy/v1beta1"') ? 'v1beta1' : 'v1';
  const { draft } = parseObject(text, mediaTypeOf(request.request), {
    kind: 'Eviction',
    group: 'policy',
    version,
  });
  if (draft.metadata.name && draft.metadata.name !== name)
    throw badRequest('name in URL does not match name in Eviction object');
  const pod = getExisting(request);
  const options = readDeleteOptions(JSON.stringify(draft['deleteOptions'] ?? {}), query);
  if (needsBudget(pod)) takeFromBudget(request, pod, options.dryRun);
  if (!options.dryRun && pod.metadata.deletionTimestamp === undefined) markDisrupted(request, pod);
  context.registry.delete('pods', namespace, name, options);
  sendObject(
    response,
    201,
    { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 },
    accepted.format,
  );
};

const needsBudget = ({ metadata, status }: any): boolean =>
  !['Succeeded', 'Failed', 'Pending'].includes(status.phase) && metadata.deletionTimestamp === undefined;

const takeFromBudget = (
  { context, namespace }: ResourceRequest,
  pod: KubernetesObject,
  dryRun: boolean,
): void => {
  const budgets = context.registry
    .list('poddisruptionbudgets', namespace === undefined ? {} : { namespace })
    .filter((budget) => matchesLabelSelector(pod.metadata.labels, budget['spec'].selector));
  if (budgets.length > 1)
    throw internalError(
      'This pod has more than one PodDisruptionBudget, which the eviction subresource does not support.',
    );
  const budget = budgets[0];
  if (!budget) return;
  const { name, generation = 0 } = budget.metadata;
  const status = budget['status'] ?? {};
  if ((status.observedGeneration ?? 0) < generation)
    throw refused(`The disruption budget ${name} is still being processed by the server.`, 10);
  if ((status.disruptionsAllowed ?? 0) <= 0) {
    if (isUnready(pod) && (status.currentHealthy ?? 0) >= (status.desiredHealthy ?? 0)) return;
    throw refused(
      `The disruption budget ${name} needs ${status.desiredHealthy ?? 0} healthy pods and has ${status.currentHealthy ?? 0} currently`,
    );
  }
  if (dryRun) return;
  const next: Draft = {
    ...budget,
    status: {
      ...status,
      disruptionsAllowed: status.disruptionsAllowed - 1,
      disruptedPods: { ...status.disruptedPods, [pod.metadata.name]: timestamp(context.now()) },
      ...withCondition(status, status.disruptionsAllowed > 1),
    },
  };
  context.registry.update('poddisruptionbudgets', next, { subresource: 'status', manager: MANAGER });
};

const withCondition = (status: any, isAllowed: boolean): object => {
  if (isAllowed || !status.conditions) return {};
  return {
    conditions: status.conditions.map((condition: any) =>
      condition.type === 'DisruptionAllowed'
        ? { ...condition, status: 'False', reason: 'InsufficientPods' }
        : condition,
    ),
  };
};

const isUnready = ({ status }: any): boolean =>
  !status.conditions?.some(({ type, status: value }: any) => type === 'Ready' && value === 'True');

const refused = (cause: string, retryAfterSeconds?: number): ApiError =>
  new ApiError(429, 'TooManyRequests', "Cannot evict pod as it would violate the pod's disruption budget.", {
    causes: [{ reason: 'DisruptionBudget', message: cause }],
    ...(retryAfterSeconds === undefined ? {} : { retryAfterSeconds }),
  });

const markDisrupted = ({ context }: ResourceRequest, pod: KubernetesObject): void => {
  const conditions: any[] = (pod['status'].conditions ?? []).filter(
    ({ type }: any) => type !== 'DisruptionTarget',
  );
  conditions.push({
    type: 'DisruptionTarget',
    status: 'True',
    lastProbeTime: null,
    lastTransitionTime: timestamp(context.now()),
    reason: 'EvictionByEvictionAPI',
    message: 'Eviction API: evicting',
  });
  const draft: Draft = { ...pod, status: { ...pod['status'], conditions } };
  context.registry.update('pods', draft, { subresource: 'status', manager: MANAGER });
};
