import { emptySet, type FieldSet, leafMember } from './field-set.js';

/**
 * Pods of one template are written by the same managers, field by field: what their managedFields say is the same for
 * thousands of objects, but for a key here and there such as an address. So the parts of a field set are stored once.
 */
class StoredSet implements FieldSet {
  constructor(
    readonly isMember: boolean,
    readonly children: ReadonlyMap<string, FieldSet>,
    readonly encoded: object,
    /** The same for equal sets. */
    readonly id: number,
  ) {}
}

/** What is kept is bounded; what was dropped is made anew when it is met again, nothing else. */
const KEPT = 20_000;
/** `f:status` and the whole are hardly ever the same for two objects: parts begin below them. */
const PARTS_FROM = 2;

const encodedEmpty: object = Object.freeze({});
const empty = new StoredSet(false, emptySet.children, encodedEmpty, 0);
const leaf = new StoredSet(true, leafMember.children, encodedEmpty, 1);
const byName = new Map<string, StoredSet>();
const byEncoded = new WeakMap<object, StoredSet>();
let lastId = leaf.id;

/** The `fieldsV1` of a set, frozen. */
export const storeFields = (set: FieldSet): object => store(set, 0).encoded;

const store = (set: FieldSet, depth: number): StoredSet => {
  if (set instanceof StoredSet) return set;
  if (set.children.size === 0) return set.isMember ? leaf : empty;
  const isPart = depth >= PARTS_FROM;
  const children = new Map<string, StoredSet>();
  const words = [set.isMember ? '.' : ''];
  for (const key of [...set.children.keys()].sort()) {
    const child = store(set.children.get(key) as FieldSet, depth + 1);
    children.set(key, child);
    if (isPart) words.push(key, String(child.id));
  }
  const name = words.join(' ');
  const known = isPart ? byName.get(name) : undefined;
  if (known) return known;
  lastId += 1;
  const stored = new StoredSet(set.isMember, children, encode(set.isMember, children), lastId);
  if (isPart) keep(name, stored);
  return stored;
};

const keep = (name: string, stored: StoredSet): void => {
  if (byName.size >= KEPT) byName.clear();
  byName.set(name, stored);
  byEncoded.set(stored.encoded, stored);
};

const encode = (isMember: boolean, children: ReadonlyMap<string, StoredSet>): object => {
  const encoded: Record<string, object> = {};
  if (isMember) encoded['.'] = encodedEmpty;
  for (const [key, child] of children) encoded[key] = child.encoded;
  return Object.freeze(encoded);
};

/** The set of a `fieldsV1`. The root is no member. */
export const loadFields = (fieldsV1: object): FieldSet => ({
  isMember: false,
  children: loadChildren(fieldsV1),
});

const loadChildren = (encoded: object): Map<string, FieldSet> => {
  const children = new Map<string, FieldSet>();
  for (const [key, value] of Object.entries(encoded)) if (key !== '.') children.set(key, load(value));
  return children;
};

const load = (encoded: object): FieldSet => {
  const stored = byEncoded.get(encoded);
  if (stored) return stored;
  const children = loadChildren(encoded);
  if (children.size === 0) return leafMember;
  return { isMember: Object.hasOwn(encoded, '.'), children };
};
