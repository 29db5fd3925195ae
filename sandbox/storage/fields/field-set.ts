/**
 * A set of field paths, as managedFields stores it: a tree whose edges are `f:name`, `k:{keys of an item}` and
 * `v:value`. A node is a member itself, or only on the way to members.
 */
export interface FieldSet {
  readonly isMember: boolean;
  readonly children: ReadonlyMap<string, FieldSet>;
}

export const emptySet: FieldSet = { isMember: false, children: new Map() };

export const isEmptySet = (set: FieldSet): boolean => !set.isMember && set.children.size === 0;

const combine = (a: FieldSet, b: FieldSet, isMember: (inA: boolean, inB: boolean) => boolean): FieldSet => {
  const children = new Map<string, FieldSet>();
  for (const key of new Set([...a.children.keys(), ...b.children.keys()])) {
    const child = combine(a.children.get(key) ?? emptySet, b.children.get(key) ?? emptySet, isMember);
    if (!isEmptySet(child)) children.set(key, child);
  }
  return { isMember: isMember(a.isMember, b.isMember), children };
};

export const union = (a: FieldSet, b: FieldSet): FieldSet => combine(a, b, (inA, inB) => inA || inB);
export const intersection = (a: FieldSet, b: FieldSet): FieldSet => combine(a, b, (inA, inB) => inA && inB);
export const difference = (a: FieldSet, b: FieldSet): FieldSet => combine(a, b, (inA, inB) => inA && !inB);

export const isEqualSet = (a: FieldSet, b: FieldSet): boolean =>
  isEmptySet(difference(a, b)) && isEmptySet(difference(b, a));

export const encodeFields = (set: FieldSet): object => {
  const encoded: Record<string, object> = {};
  if (set.isMember && set.children.size > 0) encoded['.'] = {};
  for (const key of [...set.children.keys()].sort())
    encoded[key] = encodeFields(set.children.get(key) as FieldSet);
  return encoded;
};

/** The root is no member. */
export const decodeFields = (encoded: object): FieldSet => {
  const children = Object.entries(encoded).map(([key, value]): [string, FieldSet] => {
    const child = decodeFields(value as object);
    const isMember = Object.hasOwn(value as object, '.') || Object.keys(value as object).length === 0;
    return [key, { isMember, children: child.children }];
  });
  return { isMember: false, children: new Map(children.filter(([key]) => key !== '.')) };
};

/** Member paths in the notation of conflict messages: `.spec.containers[name="app"].image`. */
export const memberPaths = (set: FieldSet, path = ''): string[] => {
  const own = set.isMember ? [path] : [];
  const inner = [...set.children]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([key, child]) => memberPaths(child, `${path}${pathElement(key)}`));
  return [...own, ...inner];
};

/** One step of a path, as messages show it. */
export const pathElement = (key: string): string => {
  if (key.startsWith('f:')) return `.${key.slice(2)}`;
  if (key.startsWith('v:')) return `[=${key.slice(2)}]`;
  const keys = Object.entries(JSON.parse(key.slice(2)) as Record<string, unknown>);
  return `[${keys.map(([name, value]) => `${name}=${JSON.stringify(value)}`).join(',')}]`;
};
