import type { Draft, KubernetesObject } from '../storage/api.js';

/**
 * A copy to send back with update. Its metadata, spec and status are its own, what is deeper is still shared and
 * frozen: replace it, do not change it.
 */
export const draftOf = (object: KubernetesObject): Draft => {
  const { spec, status } = object;
  return {
    ...object,
    metadata: { ...object.metadata },
    ...(spec && { spec: { ...spec } }),
    ...(status && { status: { ...status } }),
  };
};

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
