import { internalError } from '../../storage/api-errors.js';
import { rootShape } from '../../storage/fields/typed-walk.js';
import { type Shape, structType } from '../../storage/schema/schema.js';

type Json = Record<string, any>;

const DIRECTIVE = '$patch';
const RETAIN_KEYS = '$retainKeys';
const SET_ORDER = '$setElementOrder/';
const DELETE_PRIMITIVES = '$deleteFromPrimitiveList/';

/** Kubernetes' own patch: like a merge patch, but lists of objects merge by the key that their type declares. */
export const applyStrategicMergePatch = (model: string, live: Json, patch: Json): any =>
  mergeMap(rootShape(model), live, patch);

const isMap = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const childShape = (shape: Shape | undefined, key: string): Shape | undefined => {
  if (shape?.kind === 'struct') return structType(shape.model).fields.get(key)?.shape;
  return shape?.kind === 'map' ? shape.of : undefined;
};

const mergeMap = (shape: Shape | undefined, live: Json, patch: Json): Json => {
  if (patch[DIRECTIVE] === 'replace') return clean(withoutDirectives(patch));
  if (patch[DIRECTIVE] === 'delete') return {};
  const merged: Json = { ...live };
  const retained: string[] | undefined = patch[RETAIN_KEYS];
  if (retained) for (const key of Object.keys(merged)) if (!retained.includes(key)) delete merged[key];

  for (const [key, removed] of Object.entries(patch)) {
    if (!key.startsWith(DELETE_PRIMITIVES)) continue;
    const field = key.slice(DELETE_PRIMITIVES.length);
    if (Array.isArray(merged[field])) merged[field] = merged[field].filter((item) => !removed.includes(item));
  }
  for (const [key, value] of Object.entries(withoutDirectives(patch))) {
    const shapeOfChild = childShape(shape, key);
    if (value === null) delete merged[key];
    else if (isMap(value) && isMap(merged[key])) merged[key] = mergeMap(shapeOfChild, merged[key], value);
    else if (Array.isArray(value))
      merged[key] = mergeList(shapeOfChild, merged[key] ?? [], value, patch[`${SET_ORDER}${key}`]);
    else merged[key] = isMap(value) ? mergeMap(shapeOfChild, {}, value) : value;
  }
  for (const [key, order] of Object.entries(patch)) {
    const field = key.slice(SET_ORDER.length);
    if (key.startsWith(SET_ORDER) && patch[field] === undefined && Array.isArray(merged[field]))
      merged[field] = mergeList(childShape(shape, field), merged[field], [], order);
  }
  return merged;
};

const withoutDirectives = (patch: Json): Json =>
  Object.fromEntries(Object.entries(patch).filter(([key]) => !key.startsWith('$')));

/** New values lose their nulls, which only remove. */
const clean = (value: any): any => {
  if (Array.isArray(value)) return value.map(clean);
  if (!isMap(value)) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== null)
      .map(([key, inner]) => [key, clean(inner)]),
  );
};

const mergeList = (shape: Shape | undefined, live: any[], patch: any[], order: any[] | undefined): any[] => {
  const list = shape?.kind === 'list' ? shape : undefined;
  const key = list?.list.patchKey;
  if (key === undefined || !list)
    return clean(patch.filter((item) => !isMap(item) || item[DIRECTIVE] !== 'replace'));
  const replaces = patch.some(
    (item) => isMap(item) && item[DIRECTIVE] === 'replace' && Object.keys(item).length === 1,
  );
  if (replaces) return clean(patch.filter((item) => item[DIRECTIVE] !== 'replace'));
  const idOf = (item: any): unknown => {
    if (key === '') return item;
    if (!isMap(item) || item[key] === undefined)
      throw internalError(`map: ${goMap(item)} does not contain declared merge key: ${key}`);
    return item[key];
  };

  const deleted = new Set(patch.filter((item) => isMap(item) && item[DIRECTIVE] === 'delete').map(idOf));
  const changes = patch.filter((item) => !isMap(item) || item[DIRECTIVE] !== 'delete');
  const kept = live.filter((item) => !deleted.has(idOf(item)));
  const liveById = new Map(kept.map((item) => [idOf(item), item]));
  const patched = changes.map((item) => {
    const before = liveById.get(idOf(item));
    return isMap(item) ? mergeMap(list.of, before ?? {}, item) : item;
  });
  const wantedOrder = (order ?? changes).map((item) => (isMap(item) ? idOf(item) : item));
  const inOrder = new Set(wantedOrder);
  const ordered = [...new Map([...kept, ...patched].map((item) => [idOf(item), item])).values()]
    .filter((item) => inOrder.has(idOf(item)))
    .sort((a, b) => wantedOrder.indexOf(idOf(a)) - wantedOrder.indexOf(idOf(b)));
  const serverOnly = kept.filter((item) => !inOrder.has(idOf(item)));
  return interleave(serverOnly, ordered, live.map(idOf), idOf);
};

/** Items that the patch does not name stay in front of the items that they stood in front of. */
const interleave = (
  left: any[],
  right: any[],
  serverOrder: unknown[],
  idOf: (item: any) => unknown,
): any[] => {
  const merged: any[] = [];
  let i = 0;
  let j = 0;
  while (i < left.length || j < right.length) {
    if (i >= left.length) merged.push(right[j++]);
    else if (j >= right.length) merged.push(left[i++]);
    else {
      const leftAt = serverOrder.indexOf(idOf(left[i]));
      const rightAt = serverOrder.indexOf(idOf(right[j]));
      if (leftAt >= 0 && rightAt >= 0 && leftAt < rightAt) merged.push(left[i++]);
      else merged.push(right[j++]);
    }
  }
  return merged;
};

/** A value as Go's `%v` prints it. */
export const goMap = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(goMap).join(' ')}]`;
  if (!isMap(value)) return value === null ? '<nil>' : String(value);
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `map[${entries.map(([key, inner]) => `${key}:${goMap(inner)}`).join(' ')}]`;
};
