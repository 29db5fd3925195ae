import type { SignedInCaller } from '../../shared/caller.js';
import type { Clock } from '../../shared/clock.js';
import type { Database } from '../../shared/database.js';
import { notifyDomainEvent } from '../../shared/domain-events.js';
import type { MeridianError } from '../../shared/errors.js';
import type { Logger } from '../../shared/logger.js';
import type { DeploymentEntity } from '../deployment/deployment.entity.js';
import type { DeploymentRepository } from '../deployment/deployment.repository.js';
import type { AutomaticRollback } from '../rollout/automatic-rollback.js';
import type { Blocker } from '../rollout/rollout-phase.js';
import type { ServiceEntity } from '../service/service.entity.js';
import type { ServiceRepository } from '../service/service.repository.js';
import { isRefusal, OvertakenError, type WorkloadApplier } from './workload.applier.js';
import type { WorkloadAssembler } from './workload.assembler.js';

/** What is recorded, as far as the cluster is to show it. */
interface Wanted {
  readonly service: ServiceEntity;
  /** The current one; undefined when the service is deleted. */
  readonly deployment: DeploymentEntity | undefined;
}

/** How often in a row others may get in between before the tracker is left to try again. */
const maximumRounds = 50;

/**
 * Makes clusters match what is recorded. It is given only which service to look at and reads the rest, so a second
 * call does no harm. Whoever comes last, in whatever process, writes the newest deployment: the objects are looked at
 * before the record is read, and written only as they were then, so a writer that is late (its request hung in the
 * network, say) can't put an older deployment over a newer one.
 */
export class WorkloadReconciler {
  /** The last run asked for, for each service: one at a time. */
  readonly #running = new Map<string, Promise<void>>();

  constructor(
    private readonly database: Database,
    private readonly services: ServiceRepository,
    private readonly deployments: DeploymentRepository,
    private readonly assembler: Pick<WorkloadAssembler, 'assemble'>,
    private readonly applier: WorkloadApplier,
    private readonly rollbacks: Pick<AutomaticRollback, 'prepare'>,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /**
   * Gives the cluster's refusal, by which the deployment has failed that was wanted first. Throws when the cluster gave no answer: call
   * again later. What this person has asked for is done in the person's name, whatever else there is to do in
   * Meridian's own.
   */
  reconcile(serviceId: string, person?: SignedInCaller): Promise<MeridianError | undefined> {
    const before = this.#running.get(serviceId) ?? Promise.resolve();
    const run = before.then(() => this.#run(serviceId, person));
    const ended = run.then(
      () => undefined,
      () => undefined,
    );
    this.#running.set(serviceId, ended);
    void ended.then(() => {
      if (this.#running.get(serviceId) === ended) this.#running.delete(serviceId);
    });
    return run;
  }

  /** Resolves when nothing is written any more. */
  async settled(): Promise<void> {
    await Promise.all(this.#running.values());
  }

  async #run(serviceId: string, person: SignedInCaller | undefined): Promise<MeridianError | undefined> {
    let refusal: MeridianError | undefined;
    for (let round = 0; round < maximumRounds; round += 1) {
      const wanted = await this.#wanted(serviceId);
      if (!wanted) return undefined;
      try {
        const refused = await this.#bring(wanted, person);
        refusal ??= refused;
        // Someone else may have gone on meanwhile, and have made what was not there to be looked at.
        if (await this.#isStillWanted(wanted)) return refusal;
      } catch (error) {
        if (!(error instanceof OvertakenError)) throw error;
      }
    }
    throw new Error(`the workload of ${serviceId} is written by others all the time`);
  }

  async #wanted(serviceId: string): Promise<Wanted | undefined> {
    const service = await this.services.findEvenDeleted(serviceId);
    if (!service) return undefined;
    if (service.deletedAt) return { service, deployment: undefined };
    const deployment = service.currentDeploymentId
      ? await this.deployments.find(service.currentDeploymentId)
      : undefined;
    return deployment && { service, deployment };
  }

  async #isStillWanted({ service, deployment }: Wanted): Promise<boolean> {
    const now = await this.#wanted(service.id);
    return (
      now !== undefined &&
      now.deployment?.id === deployment?.id &&
      (!now.deployment || !deployment || isSameState(now.deployment, deployment))
    );
  }

  async #bring(
    { service, deployment }: Wanted,
    person: SignedInCaller | undefined,
  ): Promise<MeridianError | undefined> {
    if (!deployment) await this.#remove(service, person);
    else if (deployment.phase === 'ABORTED') await this.#stop(service, deployment, person);
    else if (deployment.phase !== 'FAILED') {
      const applier = this.applier.actingFor(deployment.userId === person?.userId ? person : undefined);
      return this.#apply(applier, service, deployment);
    }
    return undefined;
  }

  async #apply(
    applier: WorkloadApplier,
    service: ServiceEntity,
    deployment: DeploymentEntity,
  ): Promise<MeridianError | undefined> {
    const stillWanted = (): Promise<boolean> => this.#isStillWanted({ service, deployment });
    const objects = await this.assembler.assemble(service, deployment);
    try {
      const versions = await applier.look(service, objects);
      if (!(await stillWanted())) return undefined;
      await applier.apply(service, objects, versions);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      await this.#fail(service, deployment, error);
      return error;
    }
    // Applied is what also has nothing left of earlier ones: otherwise a process that ends here would leave that.
    await applier.prune(service, objects, stillWanted).catch((error) => {
      if (!isRefusal(error)) throw error;
      this.logger.warn({ error, service: service.id }, 'workload could not be pruned');
    });
    await this.#applied(service, deployment);
    return undefined;
  }

  async #applied(service: ServiceEntity, deployment: DeploymentEntity): Promise<void> {
    if (deployment.appliedAt !== null) return;
    const at = new Date(this.clock.now());
    await this.database.transaction(async (transaction) => {
      if (!(await this.deployments.markApplied(transaction, deployment, at))) return;
      await this.deployments.log(transaction, deployment.id, [
        { at, level: 'INFO', message: `Applied to namespace ${service.namespace}.` },
      ]);
      await notifyDomainEvent(transaction, {
        type: 'deployment.changed',
        deploymentId: deployment.id,
        serviceId: service.id,
      });
    });
  }

  async #fail(service: ServiceEntity, deployment: DeploymentEntity, error: MeridianError): Promise<void> {
    const at = new Date(this.clock.now());
    await this.database.transaction(async (transaction) => {
      const rollBack = await this.rollbacks.prepare(transaction, deployment);
      const ended = await this.deployments.finish(transaction, deployment.id, 'FAILED', {
        at,
        result: refusedResult(deployment, error, at),
        lines: [{ at, level: 'ERROR', message: error.message }],
      });
      if (!ended) return;
      await notifyDomainEvent(transaction, {
        type: 'deployment.changed',
        deploymentId: deployment.id,
        serviceId: service.id,
      });
      await rollBack?.();
    });
  }

  /** Aborted, and nothing to go back to. */
  async #stop(
    service: ServiceEntity,
    deployment: DeploymentEntity,
    person: SignedInCaller | undefined,
  ): Promise<void> {
    if (deployment.appliedAt !== null) return;
    const stillWanted = (): Promise<boolean> => this.#isStillWanted({ service, deployment });
    await this.applier.actingFor(person).stop(service, stillWanted);
    await this.deployments.markApplied(this.database.manager, deployment, new Date(this.clock.now()));
  }

  async #remove(service: ServiceEntity, person: SignedInCaller | undefined): Promise<void> {
    if (service.removedAt) return;
    await this.applier.actingFor(person).remove(service);
    await this.services.markRemoved(service.id, new Date(this.clock.now()));
  }
}

/** Do both want the same of the cluster? */
const isSameState = (one: DeploymentEntity, other: DeploymentEntity): boolean =>
  (one.phase === 'ABORTED') === (other.phase === 'ABORTED') &&
  one.paused === other.paused &&
  one.canaryStep === other.canaryStep &&
  one.canarySince?.getTime() === other.canarySince?.getTime();

/** The end of a deployment that the cluster refused: nothing of it runs. */
export const refusedResult = (
  deployment: Pick<DeploymentEntity, 'spec'>,
  error: MeridianError,
  at: Date,
) => ({
  phase: 'FAILED' as const,
  desired: deployment.spec.replicas,
  updated: 0,
  ready: 0,
  available: 0,
  old: 0,
  percent: 0,
  blockers: [refusalBlocker(error, at)],
  stalledSince: at.toISOString(),
  canary: null,
  refusal: error.code,
});

const refusalBlocker = (error: MeridianError, at: Date): Blocker => ({
  kind: error.code === 'QUOTA_EXCEEDED' ? 'QUOTA_EXCEEDED' : 'REJECTED',
  message: error.message,
  pods: [],
  since: at.toISOString(),
});
