/** No kind is deeper; a cluster could send anything. */
const DEEPEST = 20;

/**
 * Replaces, in place, the parts of `value` that `other` has at the same place by those of `other`. An object and the
 * one before it, or two pods of one template, are mostly the same: kept once, a cache of pods takes half of the space.
 * Both come from JSON, and neither is changed by anybody from then on.
 */
export function shareParts(value: object, other: object, depth = DEEPEST): void {
  const own = value as Fields;
  for (const key of Object.keys(own)) {
    if (!Object.hasOwn(other, key)) continue;
    own[key] = shared(own[key], (other as Fields)[key], depth);
  }
}

type Fields = Record<string, unknown>;

/** `other` where it says the same; otherwise the value, with its parts shared. */
function shared(value: unknown, other: unknown, depth: number): unknown {
  if (value === other) return other;
  if (depth === 0) return value;
  if (!isContainer(value) || !isContainer(other) || Array.isArray(value) !== Array.isArray(other))
    return value;
  shareParts(value, other, depth - 1);
  const keys = Object.keys(value);
  const isSame =
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && value[key] === other[key]);
  return isSame ? other : value;
}

const isContainer = (value: unknown): value is Fields => typeof value === 'object' && value !== null;
