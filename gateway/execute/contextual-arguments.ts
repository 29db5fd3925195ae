import type { FetchNode, ResponsePath as PlanPath } from '@apollo/query-planner';
import { withoutVariables } from './fetch-without-variables.js';
import { isObject, type ObjectValue, readOwn } from './own-property.js';
import { everyItem } from './places.js';
import type { TypeConditions } from './type-conditions.js';

/** Entities whose fetch has the same values of its variables that come from a context. */
export interface EntitiesInContext {
  readonly entities: readonly ObjectValue[];
  readonly values: Readonly<Record<string, unknown>>;
  /** What they are asked: of the whole fetch what has its values. */
  readonly query: string;
}

/** Where a variable gets its value, seen from an entity. */
interface Origin {
  readonly variable: string;
  /** How many objects above the entity, lists not counted. */
  readonly up: number;
  readonly steps: readonly string[];
}

const onType = '... on ';

/**
 * `@fromContext`: arguments whose values stand above the entity in what was fetched before, as the plan says in
 * `contextRewrites`. Entities with other values need a fetch of their own, because a variable has one value. What there
 * is no value for is not asked: it was selected of entities below another type, or what should have brought the value
 * has failed and says so.
 */
export function compileContexts(
  { contextRewrites = [], operation }: Pick<FetchNode, 'contextRewrites' | 'operation'>,
  path: PlanPath,
  types: TypeConditions,
): (data: ObjectValue) => readonly EntitiesInContext[] {
  const origins = contextRewrites.map(({ path: from, renameKeyTo }): Origin => {
    const steps = from.filter((step) => step !== '..');
    return { variable: renameKeyTo, up: from.length - steps.length, steps };
  });
  const variables = [...new Set(origins.map(({ variable }) => variable))];
  /** By the variables that have no value. */
  const queries = new Map<string, string | undefined>([['', operation]]);

  const valuesBelow = (above: readonly ObjectValue[]): Record<string, unknown> => {
    const values: Record<string, unknown> = {};
    for (const { variable, up, steps } of origins) {
      const value = valueAt(above[above.length - up], steps, types);
      if (value !== undefined) values[variable] = value;
    }
    return values;
  };
  const queryFor = (values: Readonly<Record<string, unknown>>): string | undefined => {
    const missing = variables.filter((name) => values[name] === undefined);
    const key = missing.join(' ');
    if (!queries.has(key)) queries.set(key, withoutVariables(operation, missing));
    return queries.get(key);
  };
  return (data) => {
    const groups = new Map<string, EntitiesInContext & { entities: ObjectValue[] }>();
    const walk = (value: unknown, depth: number, above: readonly ObjectValue[]): void => {
      const step = path[depth];
      if (step === everyItem) {
        if (Array.isArray(value)) for (const item of value) walk(item, depth + 1, above);
        return;
      }
      if (!isObject(value)) return;
      if (step !== undefined) {
        walk(readOwn(value, String(step)), depth + 1, [...above, value]);
        return;
      }
      const values = valuesBelow(above);
      const query = queryFor(values);
      if (query === undefined) return;
      const key = JSON.stringify(values);
      const group = groups.get(key);
      if (group) group.entities.push(value);
      else groups.set(key, { entities: [value], values, query });
    };
    walk(data, 0, []);
    return [...groups.values()];
  };
}

/** Undefined when there is none, or when the object is of another type. */
function valueAt(start: unknown, steps: readonly string[], types: TypeConditions): unknown {
  let value = start;
  for (const [index, step] of steps.entries()) {
    if (Array.isArray(value)) return value.map((item) => valueAt(item, steps.slice(index), types));
    if (value === null) return null;
    if (!isObject(value)) return undefined;
    if (!step.startsWith(onType)) value = readOwn(value, step);
    else {
      const { __typename: type } = value;
      if (typeof type === 'string' && !types.applies(step.slice(onType.length), type)) return undefined;
    }
  }
  return value;
}

/** Whether any fetch of a plan depends on where its entities stand, so that equal ones may not be one object. */
export function dependsOnContext(node: unknown): boolean {
  if (typeof node !== 'object' || node === null) return false;
  if ((node as Partial<FetchNode>).contextRewrites) return true;
  return Object.values(node).some(dependsOnContext);
}
