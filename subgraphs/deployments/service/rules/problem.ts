import type { InputProblem } from '../../../shared/errors.js';

/** From a path in the specification to that of the input field that says it. */
export type SpecField = (path: readonly string[]) => readonly string[];
export const inSpec: SpecField = (path) => ['input', 'spec', ...path];

export const problem = (field: readonly string[], message: string): InputProblem => ({ field, message });

export const inRange = (value: number, low: number, high: number): boolean =>
  Number.isInteger(value) && value >= low && value <= high;

/** Positions of the entries that repeat an earlier one. */
export function repeated<T>(items: readonly T[], keyOf: (item: T) => string): number[] {
  const seen = new Set<string>();
  return items.flatMap((item, index) => {
    const key = keyOf(item);
    if (seen.has(key)) return [index];
    seen.add(key);
    return [];
  });
}

/** A whole number out of its range. */
export const rangeProblems = (
  value: number | null,
  [low, high]: readonly [number, number],
  field: readonly string[],
): InputProblem[] =>
  value === null || inRange(value, low, high)
    ? []
    : [problem(field, `${field.at(-1)} is ${value}: use ${low} to ${high}.`)];
