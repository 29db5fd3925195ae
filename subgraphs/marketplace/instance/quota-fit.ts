import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  multiplyQuantity,
  parseQuantity,
  type Quantity,
  readQuantity,
  subtractQuantities,
} from '../../shared/kubernetes/quantity.js';
import {
  apiVersionOf,
  type ResourceQuota,
  resourceOf,
  type StatefulSet,
} from '../../shared/kubernetes/resources.js';
import type { KubernetesObject } from '../../shared/kubernetes/wire.js';

/** Amounts by the names that a ResourceQuota gives them, such as limits.cpu. */
export type ResourceNeeds = ReadonlyMap<string, Quantity>;

/** What the objects will take of a namespace's quota once their controllers have made pods and claims of them. */
export function needsOf(objects: readonly KubernetesObject[]): ResourceNeeds {
  const needs = new Map<string, Quantity>();
  const add = (name: string, amount: Quantity): void => {
    needs.set(name, addQuantities(needs.get(name) ?? none, amount));
  };
  for (const object of objects) {
    for (const name of countNames(object)) add(name, one);
    if (object.kind === 'StatefulSet') addPods(object as StatefulSet, add);
  }
  return needs;
}

/** What the second takes more than the first. */
export const extraNeeds = (before: ResourceNeeds, after: ResourceNeeds): ResourceNeeds =>
  new Map(
    [...after].map(([name, amount]) => [name, subtractQuantities(amount, before.get(name) ?? none)] as const),
  );

/** Each amount for which a quota leaves no room, said for a person. Quotas of some pods only (scopes) are passed over. */
export function quotaShortfalls(quotas: readonly ResourceQuota[], needs: ResourceNeeds): string[] {
  return quotas
    .filter(({ spec }) => !spec?.scopes?.length && !spec?.scopeSelector)
    .flatMap((quota) =>
      Object.entries(quota.spec?.hard ?? {}).flatMap(([name, hard]) => {
        const limit = readQuantity(hard);
        const needed = needs.get(name);
        if (!limit || !needed || compareQuantities(needed, none) <= 0) return [];
        const used = readQuantity(quota.status?.used?.[name]) ?? none;
        if (compareQuantities(addQuantities(used, needed), limit) <= 0) return [];
        return [
          `${name}: ${formatQuantity(needed)} needed, ${formatQuantity(used)} of ${formatQuantity(limit)} used`,
        ];
      }),
    );
}

const none = parseQuantity('0', []);
const one = parseQuantity('1', []);

function countNames(object: KubernetesObject): string[] {
  const resource = resourceOf(object);
  return apiVersionOf(resource) === 'v1'
    ? [resource.resource, `count/${resource.resource}`]
    : [`count/${resource.resource}.${resource.group}`];
}

function addPods({ spec }: StatefulSet, add: (name: string, amount: Quantity) => void): void {
  const replicas = spec?.replicas ?? 1;
  for (const name of ['pods', 'count/pods']) add(name, multiplyQuantity(one, replicas));
  for (const { resources } of spec?.template.spec?.containers ?? []) {
    for (const [list, prefix] of [
      [resources?.requests, 'requests.'],
      [resources?.limits, 'limits.'],
    ] as const) {
      for (const [name, value] of Object.entries(list ?? {})) {
        const amount = multiplyQuantity(parseQuantity(value, []), replicas);
        add(`${prefix}${name}`, amount);
        // Without a prefix, a quota means requests.
        if (prefix === 'requests.') add(name, amount);
      }
    }
  }
  for (const claim of spec?.volumeClaimTemplates ?? []) {
    const size = parseQuantity(claim.spec?.resources?.requests?.['storage'] ?? '0', []);
    const className = claim.spec?.storageClassName;
    add('requests.storage', multiplyQuantity(size, replicas));
    for (const name of ['persistentvolumeclaims', 'count/persistentvolumeclaims']) {
      add(name, multiplyQuantity(one, replicas));
    }
    if (className) {
      add(`${className}.storageclass.storage.k8s.io/requests.storage`, multiplyQuantity(size, replicas));
      add(`${className}.storageclass.storage.k8s.io/persistentvolumeclaims`, multiplyQuantity(one, replicas));
    }
  }
}
