import type { Shape } from '../schema/schema.js';
import { emptySet, type FieldSet } from './field-set.js';
import { divisionOf, isEmptyValue, rootShape } from './typed-walk.js';

/** The live object with an applied configuration laid over it, lists merged by their keys. */
export const mergeObjects = (model: string, live: any, config: any): any =>
  mergeValue(rootShape(model), live, config);

const mergeValue = (shape: Shape, live: any, config: any): any => {
  const division = divisionOf(shape);
  if (division.kind === 'leaf' || isEmptyValue(live)) return structuredClone(config);
  if (isEmptyValue(config)) return structuredClone(live);
  if (division.kind === 'fields') {
    const merged = { ...live };
    for (const [name, inner] of Object.entries(config)) {
      const childShape = division.childShape(name);
      if (childShape) merged[name] = mergeValue(childShape, live[name], inner);
    }
    return merged;
  }
  return mergeItems(division.of, division.keyOf, live, config);
};

/** Items of the configuration in its order; those that only the live list has stay before what they stood before. */
const mergeItems = (shape: Shape, keyOf: (item: any) => string, live: any[], config: any[]): any[] => {
  const liveByKey = new Map(live.map((item) => [keyOf(item), item]));
  const configKeys = new Set(config.map(keyOf));
  const merged: any[] = [];
  let next = 0;
  for (const item of config) {
    const key = keyOf(item);
    while (next < live.length && !configKeys.has(keyOf(live[next]))) merged.push(live[next++]);
    const liveItem = liveByKey.get(key);
    merged.push(liveItem === undefined ? structuredClone(item) : mergeValue(shape, liveItem, item));
    if (next < live.length && keyOf(live[next]) === key) next += 1;
  }
  for (; next < live.length; next += 1) if (!configKeys.has(keyOf(live[next]))) merged.push(live[next]);
  return merged;
};

/** Removes the members of `unwanted` that `kept` has no member at or below. */
export const removeFields = (model: string, object: any, unwanted: FieldSet, kept: FieldSet): any =>
  removeFrom(rootShape(model), object, unwanted, kept);

const removeFrom = (shape: Shape, value: any, unwanted: FieldSet, kept: FieldSet): any => {
  const division = divisionOf(shape);
  if (division.kind === 'leaf' || isEmptyValue(value) || unwanted.children.size === 0) return value;
  const visit = (key: string, childShape: Shape, inner: any): { keep: boolean; value?: any } => {
    const child = unwanted.children.get(key);
    if (!child) return { keep: true, value: inner };
    const keptChild = kept.children.get(key) ?? emptySet;
    const isKept = keptChild.isMember || keptChild.children.size > 0;
    if (child.isMember && !isKept) return { keep: false };
    const left = removeFrom(childShape, inner, child, keptChild);
    return { keep: !isEmptyValue(left) || isEmptyValue(inner) || isKept, value: left };
  };
  if (division.kind === 'fields') {
    const left: Record<string, unknown> = {};
    for (const [name, inner] of Object.entries(value)) {
      const childShape = division.childShape(name);
      const result = childShape ? visit(`f:${name}`, childShape, inner) : { keep: true, value: inner };
      if (result.keep) left[name] = result.value;
    }
    return left;
  }
  return value.flatMap((item: any) => {
    const result = visit(division.keyOf(item), division.of, item);
    return result.keep ? [result.value] : [];
  });
};
