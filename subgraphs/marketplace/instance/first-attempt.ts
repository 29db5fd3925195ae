import type { Caller } from '../../shared/caller.js';
import type { MeridianError } from '../../shared/errors.js';
import type { ChangedInstance } from './changed-instance.js';
import type { InstanceEntity } from './instance.entity.js';
import type { InstanceRepository } from './instance.repository.js';
import type { InstanceReconciler } from './instance-reconciler.js';

/** A subgraph has 5 s to answer; the reconciler goes on after that. */
const patienceMilliseconds = 3_000;

/** The first attempt to tell a cluster of a change, for as long as its mutation can wait. */
export class FirstAttempt {
  constructor(
    private readonly reconciler: Pick<InstanceReconciler, 'reconcile'>,
    private readonly repository: Pick<InstanceRepository, 'find'>,
  ) {}

  async of(instance: InstanceEntity, person: Caller): Promise<ChangedInstance> {
    const refusal = await atMost(patienceMilliseconds, this.reconciler.reconcile(instance, person));
    return { instance: (await this.repository.find(instance.id)) ?? instance, refusal };
  }
}

async function atMost(
  milliseconds: number,
  attempt: Promise<MeridianError | undefined>,
): Promise<MeridianError | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), milliseconds);
  });
  try {
    return await Promise.race([attempt, late]);
  } finally {
    clearTimeout(timer);
  }
}
