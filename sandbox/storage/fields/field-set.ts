/**
 * A set of field paths, as managedFields stores it: a tree whose edges are `f:name`, `k:{keys of an item}` and
 * `v:value`. A node is a member itself, or only on the way to members.
 */
export interface FieldSet {
  readonly isMember: boolean;
  readonly children: ReadonlyMap<string, FieldSet>;
}

export const emptySet: FieldSet = { isMember: false, children: new Map() };

/** A member with nothing below it, as most members are. */
export const leafMember: FieldSet = { isMember: true, children: new Map() };

export const isEmptySet = (set: FieldSet): boolean => !set.isMember && set.children.size === 0;

const setOf = (isMember: boolean, children: ReadonlyMap<string, FieldSet>): FieldSet => {
  if (children.size > 0) return { isMember, children };
  return isMember ? leafMember : emptySet;
};

/** `a` itself where `b` adds nothing: most writes touch what their writer owns already. */
export const union = (a: FieldSet, b: FieldSet): FieldSet => {
  if (a === b || isEmptySet(b)) return a;
  if (isEmptySet(a)) return b;
  let children: Map<string, FieldSet> | undefined;
  for (const [key, inB] of b.children) {
    const inA = a.children.get(key);
    const both = inA ? union(inA, inB) : inB;
    if (both === inA) continue;
    children ??= new Map(a.children);
    children.set(key, both);
  }
  const isMember = a.isMember || b.isMember;
  return children || isMember !== a.isMember ? setOf(isMember, children ?? a.children) : a;
};

/** `a` itself where it has nothing of `b`. */
export const difference = (a: FieldSet, b: FieldSet): FieldSet => {
  if (isEmptySet(a) || isEmptySet(b)) return a;
  let children: Map<string, FieldSet> | undefined;
  for (const [key, inB] of b.children) {
    const inA = a.children.get(key);
    if (!inA) continue;
    const left = difference(inA, inB);
    if (left === inA) continue;
    children ??= new Map(a.children);
    if (isEmptySet(left)) children.delete(key);
    else children.set(key, left);
  }
  const isMember = a.isMember && !b.isMember;
  return children || isMember !== a.isMember ? setOf(isMember, children ?? a.children) : a;
};

export const intersection = (a: FieldSet, b: FieldSet): FieldSet => {
  if (a === b) return a;
  const children = new Map<string, FieldSet>();
  for (const [key, inB] of b.children) {
    const inA = a.children.get(key);
    const both = inA ? intersection(inA, inB) : emptySet;
    if (!isEmptySet(both)) children.set(key, both);
  }
  return setOf(a.isMember && b.isMember, children);
};

export const isEqualSet = (a: FieldSet, b: FieldSet): boolean => {
  if (a === b) return true;
  if (a.isMember !== b.isMember || a.children.size !== b.children.size) return false;
  for (const [key, inA] of a.children) {
    const inB = b.children.get(key);
    if (!inB || !isEqualSet(inA, inB)) return false;
  }
  return true;
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
