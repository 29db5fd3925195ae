/** An object as a subgraph answered it, or as it is being put together. */
export type ObjectValue = Record<string, unknown>;

/**
 * Response names are the client's: `__proto__`, `constructor` and `toString` are legal ones. Reading one that is
 * absent must not find what objects inherit, and writing one must not change a prototype.
 */
export const isInherited = (name: string): boolean => name in Object.prototype;

export const readOwn = (object: ObjectValue, name: string): unknown =>
  Object.hasOwn(object, name) ? object[name] : undefined;

export function writeOwn(object: ObjectValue, name: string, value: unknown): void {
  if (name === '__proto__') {
    Object.defineProperty(object, name, { value, configurable: true, enumerable: true, writable: true });
  } else {
    object[name] = value;
  }
}

export const isObject = (value: unknown): value is ObjectValue =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Of what came as JSON. */
export function copyOf(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map(copyOf);
  const copy: ObjectValue = {};
  for (const name of Object.keys(value)) writeOwn(copy, name, copyOf((value as ObjectValue)[name]));
  return copy;
}
