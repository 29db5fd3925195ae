import { toUserErrors } from '../../shared/errors.js';
import type { ChangedInstance } from './changed-instance.js';
import type { CreateInstancePayload } from './instance-mutation.type.js';

/** The instance together with the refusal of its cluster: it exists, and it is FAILED. */
export function toPayload({ instance, refusal }: ChangedInstance): CreateInstancePayload {
  const userErrors = refusal && toUserErrors(refusal);
  return { instance, ...(userErrors ? { userErrors } : {}) };
}
