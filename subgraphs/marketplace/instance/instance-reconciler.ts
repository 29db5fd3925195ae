import type { Caller } from '../../shared/caller.js';
import type { Clock } from '../../shared/clock.js';
import { ConflictError, type ErrorCode, MeridianError } from '../../shared/errors.js';
import { publicText } from '../../shared/kubernetes/public-text.js';
import type { Logger } from '../../shared/logger.js';
import type { PublishedBindings } from '../../shared/published/binding.js';
import type { Catalogue } from '../offering/catalogue.js';
import type { InstanceEntity } from './instance.entity.js';
import type { InstanceChange, InstanceRepository } from './instance.repository.js';
import { InstanceDeployer } from './instance-deployer.js';
import { isReady } from './instance-state.mapper.js';
import type { RandomText } from './random-text.js';
import { markRetained } from './retained-data.js';
import type { WorkloadClient } from './workload.client.js';

/** Refusals that trying again can't mend. */
const finalCodes: ReadonlySet<ErrorCode> = new Set([
  'BAD_USER_INPUT',
  'CONFLICT',
  'QUOTA_EXCEEDED',
  'TOO_LARGE',
  'CLUSTER_REJECTED',
]);

/** How long an attempt may take before another process may think that this one is gone. */
export const claimMilliseconds = 60_000;
const pollMilliseconds = 500;
const longestBackoffMilliseconds = 60_000;
const batch = 20;

/**
 * Makes clusters match the rows: level-based, so that it does not matter which process does it, how often, or where
 * the last attempt ended. A row is looked after until its revision was seen ready, or its objects are gone.
 */
export class InstanceReconciler {
  readonly #running = new Map<string, Promise<MeridianError | undefined>>();
  #timer: NodeJS.Timeout | undefined;
  #disposed = false;

  constructor(
    private readonly parts: {
      readonly repository: InstanceRepository;
      readonly client: WorkloadClient;
      readonly catalogue: Catalogue;
      readonly bindings: Pick<PublishedBindings, 'listByInstance'>;
      readonly randomText: RandomText;
      readonly clock: Clock;
      readonly logger: Logger;
    },
  ) {}

  /** Looks for due rows from now on. */
  start(): void {
    if (this.#disposed || this.#timer) return;
    this.#timer = setTimeout(() => void this.#tick(), pollMilliseconds);
    this.#timer.unref();
  }

  /**
   * Begins at once with a row that this process has just written, in the name of the person who wanted the change.
   * Gives the refusal that made it FAILED, if any.
   */
  reconcile(instance: InstanceEntity, person?: Caller): Promise<MeridianError | undefined> {
    // One attempt at a time for each instance: the newer revision after the older.
    const before = this.#running.get(instance.id) ?? Promise.resolve();
    const attempt = before.then(() => this.#attempt(instance, this.parts.client.actingFor(person)));
    this.#running.set(instance.id, attempt);
    return attempt.finally(() => {
      if (this.#running.get(instance.id) === attempt) this.#running.delete(instance.id);
    });
  }

  async dispose(): Promise<void> {
    this.#disposed = true;
    clearTimeout(this.#timer);
    await Promise.allSettled(this.#running.values());
  }

  async #tick(): Promise<void> {
    this.#timer = undefined;
    try {
      const now = this.parts.clock.now();
      for (const id of await this.parts.repository.listDue(new Date(now), batch)) {
        if (this.#disposed || this.#running.has(id)) continue;
        const claimed = await this.parts.repository.claim(
          id,
          new Date(now),
          new Date(now + claimMilliseconds),
        );
        // Not awaited: a cluster that does not answer must not hold up the others.
        if (claimed) void this.reconcile(claimed);
      }
    } catch (error) {
      this.parts.logger.warn({ error }, 'instances due could not be listed');
    }
    this.start();
  }

  async #attempt(instance: InstanceEntity, client: WorkloadClient): Promise<MeridianError | undefined> {
    try {
      if (instance.phase === 'DELETING') await this.#delete(instance, client);
      else await this.#provide(instance, client);
      return undefined;
    } catch (error) {
      return await this.#failed(instance, error).catch((noteError: unknown) => {
        this.parts.logger.warn({ error: noteError, instance: instance.id }, 'instance could not be noted');
        return undefined;
      });
    }
  }

  async #provide(instance: InstanceEntity, client: WorkloadClient): Promise<void> {
    const { repository, catalogue } = this.parts;
    const deployer = new InstanceDeployer(client, this.parts.randomText);
    if (instance.appliedRevision !== instance.revision) {
      const offering = catalogue.find(instance.offering);
      if (!offering)
        throw new ConflictError(`The marketplace no longer offers ${JSON.stringify(instance.offering)}.`);
      const appliedGeneration = await deployer.apply(offering, instance);
      await repository.note(instance, {
        ...this.#succeeded(pollMilliseconds),
        appliedRevision: instance.revision,
        appliedAt: new Date(this.parts.clock.now()),
        appliedGeneration,
      });
      return;
    }
    const statefulSet = await client.findStatefulSet(instance);
    const claims = await client.listClaims(instance);
    await deployer.growClaims(instance, claims);
    if (isReady(instance, { statefulSet, claims })) {
      await repository.note(instance, { ...this.#succeeded(0), settledRevision: instance.revision });
      return;
    }
    const failure =
      (statefulSet?.status?.replicas ?? 0) < instance.plan.replicas
        ? publicText((await client.findCreationFailure(instance)) ?? '') || null
        : null;
    await repository.note(instance, { ...this.#succeeded(this.#pollInterval(instance)), failure });
  }

  async #delete(instance: InstanceEntity, client: WorkloadClient): Promise<void> {
    const { repository, bindings } = this.parts;
    if (!(await client.isClusterRegistered(instance))) {
      // Nothing there can be reached any more.
      await repository.remove(instance);
      return;
    }
    if (instance.appliedRevision !== instance.revision) {
      // A binding made while the deletion was decided would lose its credentials.
      if ((await bindings.listByInstance(instance.id)).length > 0) {
        await repository.note(instance, {
          ...this.#succeeded(0),
          phase: 'ACTIVE',
          failure: null,
          appliedRevision: instance.revision,
          settledRevision: instance.revision,
        });
        return;
      }
      if (instance.retainData) await markRetained(client, instance);
      await client.removeWorkload(instance);
      if (!instance.retainData) await client.removeData(instance);
    }
    const remains = await client.remains(instance, { data: !instance.retainData });
    if (remains.length === 0) {
      await repository.remove(instance);
      return;
    }
    const failure = `Still there: ${remains.slice(0, 5).join(', ')}${remains.length > 5 ? ', …' : ''}.`;
    await repository.note(instance, {
      ...this.#succeeded(this.#pollInterval(instance)),
      // Asked for once; from now on it is only waited for.
      appliedRevision: instance.revision,
      appliedAt:
        instance.appliedRevision === instance.revision
          ? instance.appliedAt
          : new Date(this.parts.clock.now()),
      failure,
    });
  }

  #succeeded(nextAttemptInMilliseconds: number): InstanceChange {
    return {
      attempts: 0,
      failure: null,
      nextAttemptAt: new Date(this.parts.clock.now() + nextAttemptInMilliseconds),
    };
  }

  /** Often at first, when something is likely to happen, then ever more seldom. */
  #pollInterval({ appliedAt }: InstanceEntity): number {
    const waited = this.parts.clock.now() - (appliedAt?.getTime() ?? this.parts.clock.now());
    return Math.min(Math.max(pollMilliseconds, waited / 10), 30_000);
  }

  async #failed(instance: InstanceEntity, error: unknown): Promise<MeridianError | undefined> {
    const { repository, clock, logger } = this.parts;
    const known = error instanceof MeridianError ? error : undefined;
    if (!known) logger.error({ error, instance: instance.id }, 'instance could not be reconciled');
    const isFinal = known !== undefined && finalCodes.has(known.code) && instance.phase !== 'DELETING';
    const attempts = instance.attempts + 1;
    const backoff = Math.min(1_000 * 2 ** Math.min(attempts, 10), longestBackoffMilliseconds);
    await repository.note(instance, {
      attempts,
      failure: known
        ? `${known.message}${isFinal ? '' : ' Meridian tries again.'}`
        : 'A fault on our side; Meridian tries again.',
      nextAttemptAt: new Date(clock.now() + backoff),
      ...(isFinal ? { phase: 'FAILED' as const } : {}),
    });
    return isFinal ? known : undefined;
  }
}
