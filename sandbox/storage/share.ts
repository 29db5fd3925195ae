/**
 * The same value, with every part that `other` has at the same place taken from there: versions of an object, and
 * pods of one template, then keep what they have in common once. Changes `value` where it is not frozen.
 */
export const share = <T>(value: T, other: unknown): T => {
  if (value === other || !isContainer(value) || !isContainer(other)) return value;
  if (Array.isArray(value) !== Array.isArray(other)) return value;
  const own = value as Record<string, unknown>;
  const isFixed = Object.isFrozen(own);
  let isAlike = true;
  let size = 0;
  for (const key in own) {
    size += 1;
    const before = Object.hasOwn(other, key) ? other[key] : undefined;
    const now = own[key];
    if (now === before) continue;
    const shared = share(now, before);
    if (shared !== before) isAlike = false;
    if (shared !== now && !isFixed) own[key] = shared;
  }
  return isAlike && size === sizeOf(other) ? (other as T) : value;
};

const isContainer = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

const sizeOf = (value: object): number => {
  let size = 0;
  for (const _key in value) size += 1;
  return size;
};
