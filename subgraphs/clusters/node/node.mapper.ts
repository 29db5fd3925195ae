import type { Node } from '../../shared/kubernetes/resources.js';
import { type ResourceAmounts, toResources } from '../capacity/resources.mapper.js';

export interface NodeView {
  name: string;
  ready: boolean;
  unschedulable: boolean;
  roles: string[];
  kubeletVersion: string;
  internalAddress: string | null;
  capacity: ResourceAmounts;
  allocatable: ResourceAmounts;
  usage: ResourceAmounts | null;
  conditions: {
    type: string;
    status: string;
    reason: string | null;
    message: string | null;
    since: Date | null;
  }[];
}

const rolePrefix = 'node-role.kubernetes.io/';

export function toNodeView(node: Node, usage: ResourceAmounts | null): NodeView {
  const { metadata, spec, status } = node;
  const conditions = status?.conditions ?? [];
  return {
    name: metadata?.name ?? '',
    ready: conditions.some(({ type, status: value }) => type === 'Ready' && value === 'True'),
    unschedulable: spec?.unschedulable === true,
    roles: Object.keys(metadata?.labels ?? {})
      .filter((label) => label.startsWith(rolePrefix) && label.length > rolePrefix.length)
      .map((label) => label.slice(rolePrefix.length))
      .sort(),
    kubeletVersion: status?.nodeInfo?.kubeletVersion ?? 'unknown',
    internalAddress: status?.addresses?.find(({ type }) => type === 'InternalIP')?.address ?? null,
    capacity: toResources(status?.capacity),
    allocatable: toResources(status?.allocatable),
    usage,
    conditions: conditions.map(({ type, status: value, reason, message, lastTransitionTime }) => ({
      type,
      status: value,
      reason: reason ?? null,
      message: message ?? null,
      since: dateOf(lastTransitionTime),
    })),
  };
}

/** A cluster may say anything: a time that can't be read is none. */
const dateOf = (text: string | undefined): Date | null => {
  const date = new Date(text ?? Number.NaN);
  return Number.isNaN(date.getTime()) ? null : date;
};
