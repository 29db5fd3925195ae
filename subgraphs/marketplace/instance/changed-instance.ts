import type { MeridianError } from '../../shared/errors.js';
import type { InstanceEntity } from './instance.entity.js';

/** An instance after the first attempt to tell its cluster of a change. */
export interface ChangedInstance {
  readonly instance: InstanceEntity;
  /** Why the cluster refused it, when it did: the instance is FAILED then. */
  readonly refusal: MeridianError | undefined;
}
