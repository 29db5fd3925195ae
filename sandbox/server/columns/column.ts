import { ageOf } from '../age.js';

export interface Column {
  readonly name: string;
  readonly type?: 'string' | 'integer';
  readonly format?: string;
  /** 0 is always shown, 1 only when asked for more. */
  readonly priority?: 0 | 1;
  /** `object` is as it is stored, whatever version is asked for. */
  cell(object: any, now: number): string | number;
}

export const NONE = '<none>';
export const UNSET = '<unset>';

export const plain = (name: string, cell: Column['cell']): Column => ({ name, cell });
export const wide = (name: string, cell: Column['cell']): Column => ({ name, priority: 1, cell });
export const count = (name: string, cell: Column['cell']): Column => ({ name, type: 'integer', cell });

export const age: Column = {
  name: 'Age',
  cell: ({ metadata }, now) => ageOf(metadata.creationTimestamp, now),
};

/** Of kinds that show when they were made instead of their age. */
export const createdAt: Column = {
  name: 'Created At',
  cell: ({ metadata }) => metadata.creationTimestamp ?? '<unknown>',
};

export const formatLabels = (labels: Record<string, string> | undefined): string =>
  Object.entries(labels ?? {})
    .map(([key, value]) => `${key}=${value}`)
    .join(',') || NONE;

/** Up to three of a list, and how many more there are. */
export const shortList = (items: readonly string[], most = 3): string =>
  items.length === 0
    ? NONE
    : items.slice(0, most).join(',') + (items.length > most ? ` + ${items.length - most} more...` : '');

/** Containers and images of the pods that the object makes. */
export const templateColumns = (specOf: (object: any) => any): Column[] => [
  wide('Containers', (object) =>
    specOf(object)
      .containers.map(({ name }: any) => name)
      .join(','),
  ),
  wide('Images', (object) =>
    specOf(object)
      .containers.map(({ image }: any) => image)
      .join(','),
  ),
];

export const selectorColumn = wide('Selector', ({ spec }) => formatLabels(spec.selector?.matchLabels));
