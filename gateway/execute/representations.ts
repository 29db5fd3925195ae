import { getResponseName, type QueryPlanSelectionNode } from '@apollo/query-planner';
import { isInherited, isObject, type ObjectValue, readOwn, writeOwn } from './own-property.js';
import type { TypeConditions } from './type-conditions.js';

/** Undefined when the object lacks a part of it: its fetch failed, or its type has no such key. */
export type MakeRepresentation = (entity: ObjectValue) => ObjectValue | undefined;

/** Compiles what a fetch of entities needs to know of each: its `__typename`, a key, fields of `@requires`. */
export function compileRepresentation(
  requires: readonly QueryPlanSelectionNode[],
  types: TypeConditions,
): MakeRepresentation {
  const select = compileSelections(requires, types);
  return (entity) => {
    const representation = select(entity);
    return representation?.['__typename'] === undefined ? undefined : representation;
  };
}

function compileSelections(
  selections: readonly QueryPlanSelectionNode[],
  types: TypeConditions,
): MakeRepresentation {
  const parts = selections.map((selection) => compileSelection(selection, types));
  return (source) => {
    const result: ObjectValue = {};
    for (const part of parts) if (!part(source, result)) return undefined;
    return result;
  };
}

/** Adds to the result; false when the whole has no meaning without it. */
type Part = (source: ObjectValue, result: ObjectValue) => boolean;

function compileSelection(selection: QueryPlanSelectionNode, types: TypeConditions): Part {
  if (selection.kind === 'InlineFragment') {
    const { typeCondition } = selection;
    const select = compileSelections(selection.selections, types);
    return (source, result) => {
      const { __typename: type } = source;
      if (typeCondition !== undefined && !(typeof type === 'string' && types.applies(typeCondition, type))) {
        return true;
      }
      // One of several keys may be missing.
      const selected = select(source);
      if (selected) addAll(result, selected);
      return true;
    };
  }
  const name = getResponseName(selection);
  const inherited = isInherited(name);
  const select = selection.selections ? compileSelections(selection.selections, types) : undefined;
  return (source, result) => {
    const value = inherited ? readOwn(source, name) : source[name];
    const selected = select ? mapped(value, select) : value;
    if (selected === undefined) return false;
    writeOwn(result, name, selected);
    return true;
  };
}

function mapped(value: unknown, select: MakeRepresentation): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => mapped(item, select));
    return items.includes(undefined) ? undefined : items;
  }
  return isObject(value) ? select(value) : value;
}

/** What several fragments select of the same object. Everything here was made just now. */
function addAll(target: ObjectValue, source: ObjectValue): void {
  for (const name of Object.keys(source)) {
    const value = source[name];
    const known = readOwn(target, name);
    if (isObject(known) && isObject(value)) addAll(known, value);
    else if (Array.isArray(known) && Array.isArray(value)) {
      for (const [index, item] of value.entries()) {
        if (isObject(known[index]) && isObject(item)) addAll(known[index], item);
      }
    } else writeOwn(target, name, value);
  }
}
