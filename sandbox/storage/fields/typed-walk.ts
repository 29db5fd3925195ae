import { type Shape, structType } from '../schema/schema.js';

/** How a value is divided into fields that can have different owners. */
export type Division =
  | { readonly kind: 'leaf' }
  | { readonly kind: 'fields'; readonly childShape: (key: string) => Shape | undefined }
  | { readonly kind: 'items'; readonly of: Shape; readonly keyOf: (item: any) => string };

const leaf: Division = { kind: 'leaf' };

export const rootShape = (model: string): Shape => ({
  kind: 'struct',
  model,
  atomic: false,
  retainKeys: false,
});

export const divisionOf = (shape: Shape): Division => {
  switch (shape.kind) {
    case 'scalar':
      return leaf;
    case 'struct': {
      if (shape.atomic) return leaf;
      const { fields } = structType(shape.model);
      return { kind: 'fields', childShape: (key) => fields.get(key)?.shape };
    }
    case 'map':
      return shape.atomic ? leaf : { kind: 'fields', childShape: () => shape.of };
    case 'list': {
      const { keys, set } = shape.list;
      if (set) return { kind: 'items', of: shape.of, keyOf: (item) => `v:${JSON.stringify(item)}` };
      if (!keys) return leaf;
      return { kind: 'items', of: shape.of, keyOf: (item) => `k:${itemKey(keys, item)}` };
    }
  }
};

/** Keys that an item may leave out have these values. */
const keyDefaults: Readonly<Record<string, string>> = { protocol: 'TCP' };

const itemKey = (keys: readonly string[], item: any): string =>
  JSON.stringify(Object.fromEntries([...keys].sort().map((key) => [key, item?.[key] ?? keyDefaults[key]])));

export const isEqual = (a: unknown, b: unknown): boolean => {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every(
    (key) =>
      Object.hasOwn(b, key) &&
      isEqual((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
  );
};

export const isEmptyValue = (value: unknown): boolean =>
  value === undefined || value === null || (typeof value === 'object' && Object.keys(value).length === 0);
