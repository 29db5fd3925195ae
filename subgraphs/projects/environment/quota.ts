import { BadUserInputError } from '../../shared/errors.js';
import {
  formatQuantity,
  parseQuantity,
  type Quantity,
  readQuantity,
} from '../../shared/kubernetes/quantity.js';

/** What the pods of an environment may ask for together; null is no limit. */
export interface ResourceLimits {
  readonly cpu: string | null;
  readonly memory: string | null;
  readonly pods: number | null;
  readonly storage: string | null;
  readonly services: number | null;
}

export type QuotaChange = { readonly [K in keyof ResourceLimits]?: ResourceLimits[K] | undefined };

/** Of an environment that is created without saying otherwise. */
export const defaultQuota: ResourceLimits = {
  cpu: '8',
  memory: '16Gi',
  pods: 100,
  storage: '100Gi',
  services: 50,
};

/** How Kubernetes calls each limit in a ResourceQuota. */
export const quotaResources = {
  cpu: 'requests.cpu',
  memory: 'requests.memory',
  pods: 'pods',
  storage: 'requests.storage',
  services: 'services',
} as const satisfies Record<keyof ResourceLimits, string>;

const names = Object.keys(quotaResources) as (keyof ResourceLimits)[];
const mostObjects = 100_000;

/** Left out stays as it is; null takes the limit away. */
export function changedQuota(current: ResourceLimits, change: QuotaChange): ResourceLimits {
  const pick = <K extends keyof ResourceLimits>(name: K): ResourceLimits[K] => {
    const value = change[name];
    return value === undefined ? current[name] : checked(name, value);
  };
  return {
    cpu: pick('cpu'),
    memory: pick('memory'),
    pods: pick('pods'),
    storage: pick('storage'),
    services: pick('services'),
  };
}

function checked<K extends keyof ResourceLimits>(name: K, value: ResourceLimits[K]): ResourceLimits[K] {
  const field = ['input', 'quota', name];
  if (typeof value === 'number' && (value < 0 || value > mostObjects)) {
    throw BadUserInputError.at(field, `${name} is ${value}: give 0 to ${mostObjects}, or null for no limit.`);
  }
  if (typeof value !== 'string') return value;
  const quantity = parseQuantity(value, field);
  if (quantity.nanos < 0n) {
    throw BadUserInputError.at(field, `${name} is ${value}: give 0 or more, or null for no limit.`);
  }
  return formatQuantity(quantity) as ResourceLimits[K];
}

/** `spec.hard` of the ResourceQuota. */
export const toHardLimits = (limits: ResourceLimits): Record<string, string> =>
  Object.fromEntries(
    names.flatMap((name) => (limits[name] === null ? [] : [[quotaResources[name], String(limits[name])]])),
  );

/** `status.used` of a ResourceQuota: null where nothing is counted, because there is no limit or no answer. */
export function toUsedResources(used: Readonly<Record<string, string>> | undefined): ResourceLimits {
  const quantity = (name: keyof ResourceLimits): Quantity | undefined =>
    readQuantity(used?.[quotaResources[name]]);
  const text = (name: keyof ResourceLimits): string | null => {
    const found = quantity(name);
    return found ? formatQuantity(found) : null;
  };
  const count = (name: keyof ResourceLimits): number | null => {
    const found = quantity(name);
    return found ? Number(found.nanos / 1_000_000_000n) : null;
  };
  return {
    cpu: text('cpu'),
    memory: text('memory'),
    pods: count('pods'),
    storage: text('storage'),
    services: count('services'),
  };
}

/** Do both say the same? Kubernetes may write a quantity in another way. */
export function sameHardLimits(
  limits: ResourceLimits,
  hard: Readonly<Record<string, string>> | undefined,
): boolean {
  const wanted = toHardLimits(limits);
  const given = hard ?? {};
  return (
    Object.keys(wanted).length === Object.keys(given).length &&
    Object.entries(wanted).every(
      ([name, value]) => readQuantity(value)?.nanos === readQuantity(given[name])?.nanos,
    )
  );
}
