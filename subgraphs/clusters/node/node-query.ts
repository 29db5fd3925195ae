import { BadUserInputError } from '../../shared/errors.js';
import { quoted } from '../../shared/kubernetes/names.js';
import type { OrderDirection } from '../../shared/order-direction.js';
import type { NodeView } from './node.mapper.js';

export interface NodeFilterValue {
  readonly ready?: boolean | null;
  readonly unschedulable?: boolean | null;
  readonly underPressure?: boolean | null;
  readonly role?: readonly string[] | null;
  readonly label?: readonly string[] | null;
  readonly search?: string | null;
}

export type NodeOrderField = 'NAME' | 'CREATED_AT' | 'CPU' | 'MEMORY' | 'READY';

export interface NodeOrderValue {
  readonly field: NodeOrderField;
  readonly direction?: OrderDirection | null;
}

const mostLabels = 16;

/** Those to which everything given applies. */
export function filterNodes(nodes: readonly NodeView[], filter: NodeFilterValue): NodeView[] {
  const labels = labelConditions(filter.label ?? []);
  const search = filter.search?.toLowerCase() ?? '';
  const { role } = filter;
  return nodes.filter(
    (node) =>
      (filter.ready == null || node.ready === filter.ready) &&
      (filter.unschedulable == null || node.unschedulable === filter.unschedulable) &&
      (filter.underPressure == null || node.pressures.length > 0 === filter.underPressure) &&
      (role == null || node.roles.some((each) => role.includes(each))) &&
      labels.every(({ name, value }) =>
        value === undefined ? Object.hasOwn(node.labels, name) : node.labels[name] === value,
      ) &&
      textsOf(node).some((text) => text.toLowerCase().includes(search)),
  );
}

/** Where two are equal, by name. */
export function orderNodes(nodes: readonly NodeView[], order: NodeOrderValue | null | undefined): NodeView[] {
  const { field = 'NAME', direction } = order ?? {};
  const sign = direction === 'DESC' ? -1 : 1;
  const rank = ranks[field];
  return [...nodes].sort((a, b) => sign * (rank(a) - rank(b) || (a.name < b.name ? -1 : 1)));
}

const ranks: Readonly<Record<NodeOrderField, (node: NodeView) => number>> = {
  NAME: () => 0,
  CREATED_AT: ({ createdAt }) => createdAt?.getTime() ?? 0,
  CPU: ({ allocatable }) => allocatable.cpuCores,
  MEMORY: ({ allocatable }) => allocatable.memoryBytes,
  READY: ({ ready }) => Number(ready),
};

const textsOf = (node: NodeView): string[] => [
  node.name,
  node.osImage ?? '',
  ...node.addresses.map(({ address }) => address),
];

/** `name` for whatever value, or `name=value`. */
function labelConditions(texts: readonly string[]): { name: string; value: string | undefined }[] {
  if (texts.length > mostLabels) {
    throw BadUserInputError.at(
      ['filter', 'label'],
      `There are ${texts.length} labels: give at most ${mostLabels}.`,
    );
  }
  return texts.map((text, index) => {
    const [name = '', ...rest] = text.split('=');
    if (name === '' || rest.length > 1) {
      throw BadUserInputError.at(
        ['filter', 'label', String(index)],
        `${quoted(text)} is no label: write its name, or name=value.`,
      );
    }
    return { name, value: rest[0] };
  });
}
