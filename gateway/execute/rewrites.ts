import type { FetchDataRewrite } from '@apollo/query-planner';
import { isObject, type ObjectValue, readOwn, writeOwn } from './own-property.js';
import type { TypeConditions } from './type-conditions.js';

export type Rewrite = (value: unknown) => void;

const onType = '... on ';

/**
 * Changes that the planner wants made to a representation before it is sent, or to an answer before it is merged:
 * `__typename` of an interface object, names of fields that it had to alias. In place.
 */
export function compileRewrites(
  rewrites: readonly FetchDataRewrite[] | undefined,
  types: TypeConditions,
): Rewrite | undefined {
  if (!rewrites || rewrites.length === 0) return undefined;
  const compiled = rewrites.map((rewrite) => compileRewrite(rewrite, types));
  return (value) => {
    for (const apply of compiled) apply(value);
  };
}

/** From the planner's alias to the name that the client knows. */
export const renamedBy = (rewrites: readonly FetchDataRewrite[] | undefined): ReadonlyMap<string, string> =>
  new Map(
    (rewrites ?? []).flatMap((rewrite) =>
      rewrite.kind === 'KeyRenamer' ? [[rewrite.path.at(-1) ?? '', rewrite.renameKeyTo] as const] : [],
    ),
  );

function compileRewrite(rewrite: FetchDataRewrite, types: TypeConditions): Rewrite {
  const path = rewrite.path.slice(0, -1);
  const name = rewrite.path.at(-1);
  if (name === undefined) return () => undefined;
  const change =
    rewrite.kind === 'ValueSetter'
      ? (object: ObjectValue): void => writeOwn(object, name, rewrite.setValueTo)
      : (object: ObjectValue): void => {
          const value = readOwn(object, name);
          if (value === undefined) return;
          writeOwn(object, rewrite.renameKeyTo, value);
          delete object[name];
        };

  const at = (value: unknown, depth: number): void => {
    if (Array.isArray(value)) {
      for (const item of value) at(item, depth);
      return;
    }
    if (!isObject(value)) return;
    const step = path[depth];
    if (step === undefined) change(value);
    else if (!step.startsWith(onType)) at(readOwn(value, step), depth + 1);
    else {
      const { __typename: type } = value;
      // An answer that doesn't say its type is of the one that was asked for.
      if (typeof type !== 'string' || types.applies(step.slice(onType.length), type)) at(value, depth + 1);
    }
  };
  return (value) => at(value, 0);
}
