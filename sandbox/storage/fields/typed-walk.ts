import { type Shape, structType } from '../schema/schema.js';

/** How a value is divided into fields that can have different owners. */
export type Division =
  | { readonly kind: 'leaf' }
  | { readonly kind: 'fields'; readonly childShape: (key: string) => Shape | undefined }
  | { readonly kind: 'items'; readonly of: Shape; readonly keyOf: (item: any) => string };

const leaf: Division = { kind: 'leaf' };

type Fields = Extract<Division, { kind: 'fields' }>;

const rootShapes = new Map<string, Shape>();

/** The same for each call: what is known of a shape is kept by it. */
export const rootShape = (model: string): Shape => {
  let shape = rootShapes.get(model);
  if (!shape) {
    shape = { kind: 'struct', model, atomic: false, retainKeys: false };
    rootShapes.set(model, shape);
  }
  return shape;
};

const divisions = new WeakMap<Shape, Division>();

export const divisionOf = (shape: Shape): Division => {
  if (shape.kind === 'scalar') return leaf;
  let division = divisions.get(shape);
  if (!division) {
    division = divide(shape);
    divisions.set(shape, division);
  }
  return division;
};

/** Of a struct that is no leaf. */
export const fieldsDivision = (shape: Shape): Fields => divisionOf(shape) as Fields;

const divide = (shape: Exclude<Shape, { kind: 'scalar' }>): Division => {
  switch (shape.kind) {
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
      const sorted = [...keys].sort();
      return { kind: 'items', of: shape.of, keyOf: (item) => itemKey(sorted, item) };
    }
  }
};

/** Keys that an item may leave out have these values. */
const keyDefaults: Readonly<Record<string, string>> = { protocol: 'TCP' };

/** The JSON of the item's keys; a key without a value is left out. */
const itemKey = (keys: readonly string[], item: any): string => {
  let json = '';
  for (const key of keys) {
    const value = item?.[key] ?? keyDefaults[key];
    if (value !== undefined) json += `${json && ','}"${key}":${JSON.stringify(value)}`;
  }
  return `k:{${json}}`;
};

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
