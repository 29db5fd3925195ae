import { MeridianError } from '../../subgraphs/shared/errors.js';

/** The document, or how it was sent, can't be accepted; no field of an input is at fault. */
export class RefusedOperationError extends MeridianError {
  constructor(message: string) {
    super('BAD_USER_INPUT', message);
  }
}
