import type { ResponsePath as PlanPath } from '@apollo/query-planner';
import { isObject, type ObjectValue, readOwn } from './own-property.js';
import type { ResponsePath } from './run.js';

/** In a path of the plan: every item of a list. */
export const everyItem = '@';

/** The objects at a path of the plan, in which `@` stands for every item of a list. */
export function objectsAt(data: ObjectValue, path: PlanPath): ObjectValue[] {
  const found: ObjectValue[] = [];
  const walk = (start: unknown, from: number): void => {
    let value = start;
    for (let depth = from; depth < path.length; depth += 1) {
      const step = String(path[depth]);
      if (step === everyItem) {
        if (Array.isArray(value)) for (const item of value) walk(item, depth + 1);
        return;
      }
      if (!isObject(value)) return;
      value = readOwn(value, step);
    }
    if (isObject(value)) found.push(value);
  };
  walk(data, 0);
  return found;
}

/** Where in the answer each object at a path of the plan stands; the same one may stand at several places. */
export function placesAt(data: ObjectValue, path: PlanPath): Map<ObjectValue, ResponsePath[]> {
  const places = new Map<ObjectValue, ResponsePath[]>();
  const walk = (value: unknown, depth: number, place: ResponsePath): void => {
    const step = path[depth];
    if (step === undefined) {
      if (!isObject(value)) return;
      const known = places.get(value);
      if (known) known.push(place);
      else places.set(value, [place]);
    } else if (step === everyItem) {
      if (!Array.isArray(value)) return;
      for (const [index, item] of value.entries()) walk(item, depth + 1, [...place, index]);
    } else if (isObject(value)) {
      walk(readOwn(value, String(step)), depth + 1, [...place, step]);
    }
  };
  walk(data, 0, []);
  return places;
}
