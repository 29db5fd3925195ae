import { ConflictError } from '../shared/errors.js';

/** The record that was read is not the one that is there. */
export const changedMeanwhile = (what: string, currentVersion: number): ConflictError =>
  new ConflictError(
    `The ${what} was changed by someone else: read it again and repeat. Its version is ${currentVersion}.`,
    { field: ['input', 'version'], details: { currentVersion } },
  );
