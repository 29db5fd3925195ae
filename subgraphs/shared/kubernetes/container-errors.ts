import { ConflictError, MeridianError, NotFoundError } from '../errors.js';
import { statusOf } from './errors.js';

/** The container has not started yet, or is not running now. Wait for it and ask again. */
export class ContainerNotStartedError extends ConflictError {}

/** True when waiting for the container and asking again is the thing to do. */
export const isNotStarted = (error: unknown): boolean => error instanceof ContainerNotStartedError;

export interface ContainerReference {
  readonly pod: string;
  readonly container: string;
}

export const notStarted = (
  { pod, container }: ContainerReference,
  why: string,
  cause?: unknown,
): MeridianError => {
  const error = new ContainerNotStartedError(
    `Container "${container}" of pod "${pod}" is not running: ${why}.`,
  );
  if (cause !== undefined) error.cause = cause;
  return error;
};

/**
 * Says in our words what an API server answers with 400 or 500 and a text when a container can't be reached.
 *
 * @param text the refusal's text when it was no Status
 */
export function toContainerError(error: unknown, reference: ContainerReference, text = ''): unknown {
  const message = statusOf(error)?.message || text;
  const waiting = /is waiting to start: ([\w' -]{1,80})/.exec(message);
  if (waiting) return notStarted(reference, `it waits to start (${waiting[1]})`, error);
  if (message.includes('does not have a host assigned')) {
    return notStarted(reference, 'its pod is not scheduled to a node yet', error);
  }
  if (/container not found|container .{0,80} not running/.test(message)) {
    return notStarted(reference, 'it has not started or has ended', error);
  }
  if (/previous terminated container .* not found/.test(message)) {
    return caused(new NotFoundError('Earlier run of container', reference.container), error);
  }
  if (/container \S+ is not valid for pod|a container name must be specified/.test(message)) {
    return caused(new NotFoundError('container', reference.container), error);
  }
  return error;
}

function caused(error: MeridianError, cause: unknown): MeridianError {
  error.cause = cause;
  return error;
}
