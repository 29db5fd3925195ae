import { forbidden } from '../api-errors.js';
import { addQuantities, formatQuantity, type Quantity, quantity, zeroQuantity } from '../quantity.js';
import type { Store } from '../store.js';
import type { Admission } from './admission.js';

const ANNOTATION = 'kubernetes.io/limit-ranger';
type Amounts = Readonly<Record<string, string>>;

/** Defaults of LimitRanges for containers, and their refusals for containers, pods and claims. */
export const limitRanger = (store: Store): Admission => ({
  mutateCreate(kind, pod) {
    if (kind.name !== 'pods') return;
    for (const range of store.list('limitranges', pod.metadata.namespace)) {
      for (const limit of range['spec'].limits) if (limit.type === 'Container') setDefaults(pod, limit);
    }
  },
  validateCreate(kind, object) {
    if (kind.name !== 'pods' && kind.name !== 'persistentvolumeclaims') return;
    for (const range of store.list('limitranges', object.metadata.namespace)) {
      const problems = range['spec'].limits.flatMap((limit: any) => problemsOf(kind.name, object, limit));
      if (problems.length === 0) continue;
      throw forbidden(
        kind,
        object.metadata.name,
        problems.length === 1 ? problems[0] : `[${problems.join(', ')}]`,
      );
    }
  },
});

const setDefaults = (pod: any, limit: { default?: Amounts; defaultRequest?: Amounts }): void => {
  const notes: string[] = [];
  for (const container of pod.spec.containers ?? []) {
    for (const [field, word, defaults] of [
      ['requests', 'request', limit.defaultRequest],
      ['limits', 'limit', limit.default],
    ] as const) {
      const given = container.resources[field] ?? {};
      const added = Object.entries(defaults ?? {}).filter(([name]) => given[name] === undefined);
      if (added.length === 0) continue;
      container.resources[field] = { ...given, ...Object.fromEntries(added) };
      const names = added.map(([name]) => name).sort();
      notes.push(`${names.join(', ')} ${word} for container ${container.name}`);
    }
  }
  if (notes.length > 0)
    pod.metadata.annotations = {
      ...pod.metadata.annotations,
      [ANNOTATION]: `LimitRanger plugin set: ${notes.join('; ')}`,
    };
};

const problemsOf = (resource: string, object: any, limit: any): string[] => {
  if (resource === 'persistentvolumeclaims')
    return limit.type === 'PersistentVolumeClaim'
      ? problemsOfAmounts(limit, object.spec.resources, false)
      : [];
  if (limit.type === 'Container')
    return object.spec.containers.flatMap((container: any) =>
      problemsOfAmounts(limit, container.resources, true),
    );
  return limit.type === 'Pod' ? problemsOfAmounts(limit, podTotals(object.spec.containers), true) : [];
};

const podTotals = (containers: any[]): { requests: Amounts; limits: Amounts } => {
  const total = (field: string): Amounts => {
    const sums = new Map<string, Quantity>();
    for (const container of containers) {
      for (const [name, amount] of Object.entries<string>(container.resources[field] ?? {}))
        sums.set(name, addQuantities(sums.get(name) ?? zeroQuantity, quantity(amount)));
    }
    return Object.fromEntries([...sums].map(([name, sum]) => [name, formatQuantity(sum)]));
  };
  return { requests: total('requests'), limits: total('limits') };
};

const problemsOfAmounts = (
  limit: any,
  resources: { requests?: Amounts; limits?: Amounts },
  hasLimits: boolean,
): string[] => {
  const { requests = {}, limits = {} } = resources;
  const exceeds = (a: string, b: string): boolean => quantity(a).nano > quantity(b).nano;
  const problems: string[] = [];
  for (const [name, min] of Object.entries<string>(limit.min ?? {})) {
    const [request, most] = [requests[name], limits[name]];
    if (request === undefined)
      problems.push(`minimum ${name} usage per ${limit.type} is ${min}.  No request is specified`);
    else if (exceeds(min, request))
      problems.push(`minimum ${name} usage per ${limit.type} is ${min}, but request is ${request}`);
    else if (most !== undefined && exceeds(min, most))
      problems.push(`minimum ${name} usage per ${limit.type} is ${min}, but limit is ${most}`);
  }
  for (const [name, max] of Object.entries<string>(limit.max ?? {})
    .sort()
    .reverse()) {
    const [request, most] = [requests[name], limits[name]];
    if (!hasLimits) {
      if (request !== undefined && exceeds(request, max))
        problems.push(`maximum ${name} usage per ${limit.type} is ${max}, but request is ${request}`);
    } else if (most === undefined)
      problems.push(`maximum ${name} usage per ${limit.type} is ${max}.  No limit is specified`);
    else if (exceeds(most, max))
      problems.push(`maximum ${name} usage per ${limit.type} is ${max}, but limit is ${most}`);
    else if (request !== undefined && exceeds(request, max))
      problems.push(`maximum ${name} usage per ${limit.type} is ${max}, but request is ${request}`);
  }
  for (const [name, ratio] of Object.entries<string>(limit.maxLimitRequestRatio ?? {})) {
    const [request, most] = [requests[name], limits[name]];
    if (request === undefined || most === undefined || quantity(request).nano === 0n) continue;
    const actual = Number(quantity(most).nano) / Number(quantity(request).nano);
    if (actual > Number(quantity(ratio).nano) / 1e9)
      problems.push(
        `${name} max limit to request ratio per ${limit.type} is ${ratio}, but provided ratio is ${actual.toFixed(6)}`,
      );
  }
  return problems;
};
