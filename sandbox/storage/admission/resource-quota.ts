import type { Draft, KubernetesObject } from '../api.js';
import { forbidden } from '../api-errors.js';
import { addQuantities, formatQuantity, type Quantity, quantity, subtractQuantities } from '../quantity.js';
import { isInScope, type Usage, unspecified, usageOf } from '../quota-usage.js';
import type { Resource } from '../resource.js';
import type { Store } from '../store.js';
import type { Admission } from './admission.js';

/** Refuses what would exceed a quota, and charges what does not. */
export const resourceQuota = (store: Store, charge: (quota: Draft) => void): Admission => {
  const admit = (kind: Resource, object: any, before: Usage, dryRun: boolean): void => {
    if (!kind.namespaced) return;
    const charged: Draft[] = [];
    const added = new Map(
      [...usageOf(kind.name, object)].map(([name, value]): [string, Quantity] => {
        const already = before.get(name);
        return [name, already ? subtractQuantities(value, already) : value];
      }),
    );
    for (const quota of store.list('resourcequotas', object.metadata.namespace)) {
      if (!isInScope(quota, kind.name, object)) continue;
      const next = check(kind, object, quota, added, before.size === 0);
      if (next) charged.push(next);
    }
    if (!dryRun) for (const quota of charged) charge(quota);
  };
  return {
    validateCreate: (kind, object, { dryRun }) => admit(kind, object, new Map(), dryRun),
    validateUpdate: (kind, object, previous, { dryRun }) => {
      if (kind.name === 'services' || kind.name === 'persistentvolumeclaims')
        admit(kind, object, usageOf(kind.name, previous), dryRun);
    },
  };
};

/** The quota with this usage added; undefined when it does not concern it. */
const check = (
  kind: Resource,
  object: any,
  quota: KubernetesObject,
  added: Usage,
  isNew: boolean,
): Draft | undefined => {
  const { name } = quota.metadata;
  const hard: Record<string, string> = quota['status']?.hard ?? quota['spec'].hard ?? {};
  const used: Record<string, string> = quota['status']?.used ?? {};
  if (isNew && kind.name === 'pods') {
    const missing = unspecified(Object.keys(hard), object);
    if (missing.length > 0) {
      const listed = missing.map(({ name: what, containers }) => `${what} for: ${containers.join(',')}`);
      throw forbidden(
        kind,
        object.metadata.name ?? '',
        `failed quota: ${name}: must specify ${listed.join('; ')}`,
      );
    }
  }
  const concerned = Object.keys(hard)
    .filter((what) => (added.get(what)?.nano ?? 0n) !== 0n)
    .sort();
  if (concerned.length === 0) return undefined;
  const now = (what: string): Quantity => quantity(used[what] ?? '0');
  const sums = new Map(
    concerned.map((what) => [what, addQuantities(now(what), added.get(what) as Quantity)]),
  );
  const exceeded = concerned.filter(
    (what) =>
      (added.get(what) as Quantity).nano > 0n &&
      (sums.get(what) as Quantity).nano > quantity(hard[what] ?? '0').nano,
  );
  if (exceeded.length > 0) {
    const show = (value: (what: string) => string): string =>
      exceeded.map((what) => `${what}=${value(what)}`).join(',');
    throw forbidden(
      kind,
      object.metadata.name ?? '',
      `exceeded quota: ${name}, requested: ${show((what) => formatQuantity(added.get(what) as Quantity))}, used: ${show((what) => formatQuantity(now(what)))}, limited: ${show((what) => hard[what] ?? '')}`,
    );
  }
  const charged = Object.fromEntries([...sums].map(([what, sum]) => [what, formatQuantity(sum)]));
  return { ...quota, status: { ...quota['status'], hard, used: { ...used, ...charged } } };
};
