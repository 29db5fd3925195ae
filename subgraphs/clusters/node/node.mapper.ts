import type { Node } from '../../shared/kubernetes/resources.js';
import { type ResourceAmounts, toResources } from '../capacity/resources.mapper.js';

export const nodePressures = {
  MEMORY: 'It is short of memory: pods may be evicted.',
  DISK: 'It is short of disk space: images are removed and pods may be evicted.',
  PID: 'It is short of process ids.',
} as const;
export type NodePressure = keyof typeof nodePressures;

export const taintEffects = {
  NO_SCHEDULE: 'Pods that do not tolerate it are not put there.',
  PREFER_NO_SCHEDULE: 'Pods that do not tolerate it are put there only when there is no other place.',
  NO_EXECUTE: 'Pods that do not tolerate it are not put there, and those that are there have to leave.',
} as const;
export type TaintEffect = keyof typeof taintEffects;

export interface NodeView {
  clusterId: string;
  name: string;
  createdAt: Date | null;
  ready: boolean;
  notReadyReason: string | null;
  unschedulable: boolean;
  pressures: NodePressure[];
  roles: string[];
  labels: Record<string, string>;
  taints: { key: string; value: string | null; effect: TaintEffect; since: Date | null }[];
  kubeletVersion: string;
  containerRuntimeVersion: string | null;
  operatingSystem: string | null;
  osImage: string | null;
  kernelVersion: string | null;
  architecture: string | null;
  internalAddress: string | null;
  addresses: { type: string; address: string }[];
  capacity: ResourceAmounts;
  allocatable: ResourceAmounts;
  conditions: {
    type: string;
    status: string;
    reason: string | null;
    message: string | null;
    since: Date | null;
  }[];
}

type Conditions = NonNullable<NonNullable<Node['status']>['conditions']>;

const rolePrefix = 'node-role.kubernetes.io/';
const pressureConditions = { MemoryPressure: 'MEMORY', DiskPressure: 'DISK', PIDPressure: 'PID' } as const;
const effects: Readonly<Record<string, TaintEffect>> = {
  NoSchedule: 'NO_SCHEDULE',
  PreferNoSchedule: 'PREFER_NO_SCHEDULE',
  NoExecute: 'NO_EXECUTE',
};

export function toNodeView({ metadata, spec, status }: Node, clusterId: string): NodeView {
  const conditions = status?.conditions ?? [];
  const ready = conditions.some(({ type, status: value }) => type === 'Ready' && value === 'True');
  const info = status?.nodeInfo;
  return {
    clusterId,
    name: metadata?.name ?? '',
    createdAt: dateOf(metadata?.creationTimestamp),
    ready,
    notReadyReason: ready ? null : whyNotReady(conditions),
    unschedulable: spec?.unschedulable === true,
    pressures: pressuresOf(conditions),
    roles: Object.keys(metadata?.labels ?? {})
      .filter((label) => label.startsWith(rolePrefix) && label.length > rolePrefix.length)
      .map((label) => label.slice(rolePrefix.length))
      .sort(),
    labels: metadata?.labels ?? {},
    taints: (spec?.taints ?? []).flatMap(({ key, value, effect, timeAdded }) => {
      const known = effects[effect];
      return known ? [{ key, value: value || null, effect: known, since: dateOf(timeAdded) }] : [];
    }),
    kubeletVersion: info?.kubeletVersion ?? 'unknown',
    containerRuntimeVersion: info?.containerRuntimeVersion ?? null,
    operatingSystem: info?.operatingSystem ?? null,
    osImage: info?.osImage ?? null,
    kernelVersion: info?.kernelVersion ?? null,
    architecture: info?.architecture ?? null,
    internalAddress: status?.addresses?.find(({ type }) => type === 'InternalIP')?.address ?? null,
    addresses: (status?.addresses ?? []).map(({ type, address }) => ({ type, address })),
    capacity: toResources(status?.capacity),
    allocatable: toResources(status?.allocatable),
    conditions: conditions.map(({ type, status: value, reason, message, lastTransitionTime }) => ({
      type,
      status: value,
      reason: reason ?? null,
      message: message ?? null,
      since: dateOf(lastTransitionTime),
    })),
  };
}

function whyNotReady(conditions: Conditions): string {
  const ready = conditions.find(({ type }) => type === 'Ready');
  if (!ready) return 'Its kubelet has not reported yet.';
  const said = ready.message || ready.reason || 'its kubelet gives no reason';
  return ready.status === 'Unknown' ? `Its kubelet does not report any more: ${said}` : said;
}

const pressuresOf = (conditions: Conditions): NodePressure[] =>
  Object.entries(pressureConditions).flatMap(([name, pressure]) =>
    conditions.some(({ type, status }) => type === name && status === 'True') ? [pressure] : [],
  );

/** A cluster may say anything: a time that can't be read is none. */
const dateOf = (text: string | undefined): Date | null => {
  const date = new Date(text ?? Number.NaN);
  return Number.isNaN(date.getTime()) ? null : date;
};
