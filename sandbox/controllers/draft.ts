import type { Draft, KubernetesObject } from '../storage/api.js';

/** A copy that may be changed and sent back with update. */
export const draftOf = (object: KubernetesObject): Draft => structuredClone(object) as unknown as Draft;

export const isEqual = (a: unknown, b: unknown): boolean => {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keysOfA = Object.keys(a);
  if (keysOfA.length !== Object.keys(b).length) return false;
  return keysOfA.every((key) =>
    isEqual((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]),
  );
};
