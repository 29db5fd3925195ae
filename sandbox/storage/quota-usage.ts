import type { KubernetesObject, ResourceName } from './api.js';
import { qosClass } from './kinds/pod.js';
import { addQuantities, formatQuantity, type Quantity, quantity, zeroQuantity } from './quantity.js';
import { qualifiedName } from './resource.js';
import { getResource } from './resources.js';

export type Usage = ReadonlyMap<string, Quantity>;

const COUNTED = new Set(['configmaps', 'persistentvolumeclaims', 'resourcequotas', 'secrets', 'services']);
const COMPUTE = ['cpu', 'memory', 'ephemeral-storage'];

const one = quantity('1');

/** What one object uses of each quota resource. */
export const usageOf = (resource: ResourceName, object: any): Usage => {
  const usage = new Map<string, Quantity>([[`count/${qualifiedName(getResource(resource))}`, one]]);
  if (COUNTED.has(resource)) usage.set(resource, one);
  if (resource === 'pods') addPodUsage(usage, object);
  if (resource === 'services') addServiceUsage(usage, object);
  if (resource === 'persistentvolumeclaims' && object.spec.resources.requests?.storage)
    usage.set('requests.storage', quantity(object.spec.resources.requests.storage));
  return usage;
};

/** Pods that have ended use nothing but their place in count/pods. */
const addPodUsage = (usage: Map<string, Quantity>, { spec, status }: any): void => {
  if (['Succeeded', 'Failed'].includes(status?.phase)) return;
  usage.set('pods', one);
  for (const field of ['requests', 'limits']) {
    for (const name of COMPUTE) {
      const running = sum(spec.containers, field, name);
      const starting = (spec.initContainers ?? []).map((container: any) => amount(container, field, name));
      const used = [running, ...starting].reduce((most, each) => (each.nano > most.nano ? each : most));
      if (used.nano === 0n && !hasAmount(spec, field, name)) continue;
      usage.set(`${field}.${name}`, used);
      if (field === 'requests') usage.set(name, used);
    }
  }
};

const addServiceUsage = (usage: Map<string, Quantity>, { spec }: any): void => {
  const ports = (spec.ports ?? []).length;
  if (
    spec.type === 'NodePort' ||
    (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts !== false)
  )
    usage.set('services.nodeports', quantity(ports));
  if (spec.type === 'LoadBalancer') usage.set('services.loadbalancers', one);
};

const amount = (container: any, field: string, name: string): Quantity =>
  quantity(container.resources?.[field]?.[name] ?? '0');

const sum = (containers: any[], field: string, name: string): Quantity =>
  containers.map((container) => amount(container, field, name)).reduce(addQuantities, zeroQuantity);

const hasAmount = (spec: any, field: string, name: string): boolean =>
  spec.containers.some((container: any) => container.resources?.[field]?.[name] !== undefined);

/** Whether a quota with scopes counts this object; quotas with scopes are about pods only. */
export const isInScope = (quota: KubernetesObject, resource: ResourceName, object: any): boolean => {
  const scopes: string[] = quota['spec'].scopes ?? [];
  if (scopes.length === 0) return true;
  if (resource !== 'pods') return false;
  const isBestEffort = qosClass(object.spec) === 'BestEffort';
  const isTerminating = object.spec.activeDeadlineSeconds !== undefined;
  const holds: Record<string, boolean> = {
    BestEffort: isBestEffort,
    NotBestEffort: !isBestEffort,
    Terminating: isTerminating,
    NotTerminating: !isTerminating,
  };
  return scopes.every((scope) => holds[scope] ?? true);
};

/** Resources of a quota that each container of a pod has to specify, with the containers that do not. */
export const unspecified = (
  hard: readonly string[],
  { spec }: any,
): { name: string; containers: string[] }[] =>
  [...hard].sort().flatMap((name) => {
    const [field, resource] = COMPUTE.includes(name) ? ['requests', name] : name.split('.');
    if ((field !== 'requests' && field !== 'limits') || !COMPUTE.slice(0, 2).includes(resource ?? ''))
      return [];
    const containers = spec.containers
      .filter((container: any) => container.resources?.[field]?.[resource as string] === undefined)
      .map((container: any) => container.name);
    return containers.length > 0 ? [{ name, containers }] : [];
  });

export const formatUsage = (usage: ReadonlyMap<string, Quantity>): Record<string, string> =>
  Object.fromEntries([...usage].map(([name, value]) => [name, formatQuantity(value)]));
