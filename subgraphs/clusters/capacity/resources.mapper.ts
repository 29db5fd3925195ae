import {
  addQuantities,
  type Quantity,
  quantityToNumber,
  readQuantity,
} from '../../shared/kubernetes/quantity.js';
import type { Pod } from '../../shared/kubernetes/resources.js';

export interface ResourceAmounts {
  cpuCores: number;
  memoryBytes: number;
  pods: number | null;
  storageBytes: number | null;
}

export const noResources: ResourceAmounts = { cpuCores: 0, memoryBytes: 0, pods: 0, storageBytes: 0 };

type Amounts = Readonly<Record<string, string>> | undefined;

/** A node's `capacity`, `allocatable` or `usage`; what is absent or unreadable counts as nothing. */
export const toResources = (amounts: Amounts): ResourceAmounts => ({
  cpuCores: numberOf(amounts?.['cpu']) ?? 0,
  memoryBytes: numberOf(amounts?.['memory']) ?? 0,
  pods: numberOf(amounts?.['pods']),
  storageBytes: numberOf(amounts?.['ephemeral-storage']),
});

const numberOf = (value: string | undefined): number | null => {
  const quantity = readQuantity(value);
  return quantity ? quantityToNumber(quantity) : null;
};

export const sumResources = (items: readonly ResourceAmounts[]): ResourceAmounts => ({
  cpuCores: sum(items.map((item) => item.cpuCores)),
  memoryBytes: sum(items.map((item) => item.memoryBytes)),
  pods: sumKnown(items.map((item) => item.pods)),
  storageBytes: sumKnown(items.map((item) => item.storageBytes)),
});

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

const sumKnown = (numbers: readonly (number | null)[]): number | null =>
  numbers.length > 0 && numbers.every((number) => number === null) ? null : sum(numbers.map((n) => n ?? 0));

/** What pods that are not finished have asked for, as the scheduler counts it. */
export function requestedResources(pods: readonly Pod[]): ResourceAmounts {
  const counted = pods.filter(({ status }) => status?.phase !== 'Succeeded' && status?.phase !== 'Failed');
  const total = (resource: string): number =>
    quantityToNumber(addQuantities(...counted.map((pod) => requestOf(pod, resource))));
  return {
    cpuCores: total('cpu'),
    memoryBytes: total('memory'),
    pods: counted.length,
    storageBytes: total('ephemeral-storage'),
  };
}

const zero: Quantity = { nanos: 0n, binary: false };

/** The containers together, or the largest init container when that is more. */
function requestOf(pod: Pod, resource: string): Quantity {
  const read = (container: { resources?: { requests?: Record<string, string> } }): Quantity =>
    readQuantity(container.resources?.requests?.[resource]) ?? zero;
  const running = addQuantities(zero, ...(pod.spec?.containers ?? []).map(read));
  return (pod.spec?.initContainers ?? [])
    .map(read)
    .reduce((largest, one) => (one.nanos > largest.nanos ? one : largest), running);
}
