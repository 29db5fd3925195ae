import type { Draft } from '../api.js';
import { addQuantities, type Quantity, zeroQuantity } from '../quantity.js';
import { formatUsage, isInScope, usageOf } from '../quota-usage.js';
import type { Registry } from '../registry.js';
import { qualifiedName } from '../resource.js';
import { resources } from '../resources.js';
import { KeyedQueue } from './keyed-queue.js';

const MEASURED_ON_CHANGE = new Set(['pods', 'services', 'persistentvolumeclaims']);

/** Keeps the status of quotas current: after creation and change of a quota, and when something was given back. */
export const keepQuotas = (registry: Registry): { dispose(): void } => {
  const api = registry.as('kube-controller-manager');
  const queue = new KeyedQueue((namespace) => recount(api, namespace));
  const subscriptions = resources
    .filter(({ namespaced }) => namespaced)
    .map(({ name }) =>
      api.watch(name, ({ type, object, previous }) => {
        const isQuota =
          name === 'resourcequotas' && type !== 'DELETED' && previous?.['spec'] !== object['spec'];
        const isGivenBack = type === 'DELETED' || (type === 'MODIFIED' && MEASURED_ON_CHANGE.has(name));
        const namespace = object.metadata.namespace ?? '';
        if (isQuota || (isGivenBack && api.list('resourcequotas', { namespace }).length > 0))
          queue.add(namespace);
      }),
    );
  return {
    dispose: () => {
      for (const unsubscribe of subscriptions) unsubscribe();
      queue.dispose();
    },
  };
};

const recount = (api: Registry, namespace: string): void => {
  for (const quota of api.list('resourcequotas', { namespace })) {
    const hard: Record<string, string> = quota['spec'].hard ?? {};
    const used = new Map<string, Quantity>(Object.keys(hard).map((name) => [name, zeroQuantity]));
    for (const resource of resources.filter((each) =>
      concerns(each.name, qualifiedName(each), Object.keys(hard)),
    )) {
      for (const object of api.list(resource.name, { namespace })) {
        if (!isInScope(quota, resource.name, object)) continue;
        for (const [name, value] of usageOf(resource.name, object)) {
          const sum = used.get(name);
          if (sum) used.set(name, addQuantities(sum, value));
        }
      }
    }
    const status = { hard, used: formatUsage(used) };
    api.update('resourcequotas', { ...quota, status } as Draft, 'status');
  }
};

const concerns = (resource: string, qualified: string, hard: readonly string[]): boolean =>
  hard.some((name) => {
    if (name === `count/${qualified}`) return true;
    if (name.startsWith('count/')) return false;
    if (name === 'requests.storage') return resource === 'persistentvolumeclaims';
    if (resource === 'pods') return /^(pods|cpu|memory|ephemeral-storage|requests\.|limits\.)/.test(name);
    return name === resource || name.startsWith(`${resource}.`);
  });
