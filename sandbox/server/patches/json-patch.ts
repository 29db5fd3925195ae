import { isEqual } from '../../storage/fields/typed-walk.js';

/** An operation that cannot be carried out, or a `test` that does not hold. */
export class JsonPatchError extends Error {}

interface Operation {
  readonly op: string;
  readonly path: string;
  readonly from?: string;
  readonly value?: unknown;
}

const LIMIT = 10_000;

/** RFC 6902 as the real server does it: `replace` of an absent key of a map adds it. */
export const applyJsonPatch = (document: unknown, operations: readonly Operation[]): any => {
  if (operations.length > LIMIT) throw new JsonPatchError(`more than ${LIMIT} operations`);
  return operations.reduce((result, operation) => applyOne(result, operation), structuredClone(document));
};

const applyOne = (document: any, { op, path, from, value }: Operation): any => {
  switch (op) {
    case 'add':
      return add(document, path, structuredClone(value));
    case 'remove':
      return remove(document, path);
    case 'replace':
      return replace(document, path, structuredClone(value));
    case 'move': {
      const moved = find(document, from ?? '');
      return add(remove(document, from ?? ''), path, moved);
    }
    case 'copy':
      return add(document, path, structuredClone(find(document, from ?? '')));
    case 'test': {
      if (!isEqual(findOptional(document, path) ?? null, value ?? null))
        throw new JsonPatchError(`test of ${path} failed`);
      return document;
    }
    default:
      throw new JsonPatchError(`unexpected kind: ${op}`);
  }
};

const segmentsOf = (path: string): string[] => {
  if (path === '') return [];
  if (!path.startsWith('/')) throw new JsonPatchError(`path ${path} does not start with a slash`);
  return path
    .slice(1)
    .split('/')
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
};

const step = (container: any, key: string): any => {
  if (Array.isArray(container)) return container[indexOf(container, key, container.length - 1)];
  return typeof container === 'object' && container !== null && Object.hasOwn(container, key)
    ? container[key]
    : undefined;
};

const find = (document: any, path: string): any => {
  const found = findOptional(document, path);
  if (found === undefined) throw new JsonPatchError(`path ${path} does not exist`);
  return found;
};

const findOptional = (document: any, path: string): any =>
  segmentsOf(path).reduce(
    (container, key) => (container === undefined ? undefined : step(container, key)),
    document,
  );

const indexOf = (list: readonly unknown[], key: string, last: number): number => {
  if (key === '-') return list.length;
  const index = /^-?\d+$/.test(key) ? Number(key) : Number.NaN;
  const found = index < 0 ? index + list.length : index;
  if (Number.isNaN(found) || found < 0 || found > last)
    throw new JsonPatchError(`index ${key} is out of range`);
  return found;
};

const parentOf = (document: any, path: string): { parent: any; key: string } => {
  const segments = segmentsOf(path);
  const key = segments.pop() ?? '';
  const parent = segments.reduce(
    (container, segment) => (container === undefined ? undefined : step(container, segment)),
    document,
  );
  if (typeof parent !== 'object' || parent === null)
    throw new JsonPatchError(`parent of ${path} does not exist`);
  return { parent, key };
};

const define = (parent: any, key: string, value: unknown): void => {
  Object.defineProperty(parent, key, { value, enumerable: true, configurable: true, writable: true });
};

const add = (document: any, path: string, value: unknown): any => {
  if (path === '') return value;
  const { parent, key } = parentOf(document, path);
  if (Array.isArray(parent)) parent.splice(indexOf(parent, key, parent.length), 0, value);
  else define(parent, key, value);
  return document;
};

const remove = (document: any, path: string): any => {
  const { parent, key } = parentOf(document, path);
  if (Array.isArray(parent)) parent.splice(indexOf(parent, key, parent.length - 1), 1);
  else if (Object.hasOwn(parent, key)) delete parent[key];
  else throw new JsonPatchError(`path ${path} does not exist`);
  return document;
};

const replace = (document: any, path: string, value: unknown): any => {
  if (path === '') return value;
  const { parent, key } = parentOf(document, path);
  if (Array.isArray(parent)) parent[indexOf(parent, key, parent.length - 1)] = value;
  else define(parent, key, value);
  return document;
};
