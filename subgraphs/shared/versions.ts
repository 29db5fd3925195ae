import { ConflictError } from './errors.js';

/** The record that was read is not the one that is there. `what` is its noun: "project". */
export const changedMeanwhile = (what: string, currentVersion: number): ConflictError =>
  new ConflictError(
    `The ${what} was changed by someone else: read it again, then decide. Its version is ${currentVersion}.`,
    { field: ['input', 'version'], details: { currentVersion } },
  );

/** Throws ConflictError when the caller has seen another version than the current one; any will do when none is given. */
export function requireVersion(
  what: string,
  { version }: { readonly version: number },
  expected: number | null | undefined,
): void {
  if (expected != null && expected !== version) throw changedMeanwhile(what, version);
}
