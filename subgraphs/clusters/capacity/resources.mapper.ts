import { quantityToNumber, readQuantity } from '../../shared/kubernetes/quantity.js';

export interface ResourceAmounts {
  cpuCores: number;
  memoryBytes: number;
  pods: number | null;
  storageBytes: number | null;
}

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

/** What metrics.k8s.io measures: neither pods nor storage. */
export const measuredResources = ({
  cpuCores,
  memoryBytes,
}: Pick<ResourceAmounts, 'cpuCores' | 'memoryBytes'>): ResourceAmounts => ({
  cpuCores,
  memoryBytes,
  pods: null,
  storageBytes: null,
});
