import type { Clock } from '../../shared/clock.js';
import type { Database } from '../../shared/database.js';
import { notifyDomainEvent } from '../../shared/domain-events.js';
import type { MeridianError } from '../../shared/errors.js';
import type { Logger } from '../../shared/logger.js';
import type { DeploymentEntity } from '../deployment/deployment.entity.js';
import type { DeploymentRepository } from '../deployment/deployment.repository.js';
import type { Environments } from '../environments.js';
import type { Blocker } from '../rollout/rollout-phase.js';
import type { ServiceEntity } from '../service/service.entity.js';
import type { ServiceRepository } from '../service/service.repository.js';
import { isRefusal, type WorkloadApplier } from './workload.applier.js';
import { buildWorkload } from './workload.builder.js';

interface Reconciled {
  readonly refusal?: MeridianError;
  /** Removes what earlier specifications wanted; nobody needs to wait for it. */
  readonly prune?: () => Promise<void>;
}

/**
 * Makes clusters match what is recorded. It is given only which service to look at and reads the rest, so a second
 * call does no harm, and whoever comes last, in whatever process, writes the newest deployment.
 */
export class WorkloadReconciler {
  /** The last run asked for, for each service: one at a time. */
  readonly #running = new Map<string, Promise<void>>();

  constructor(
    private readonly database: Database,
    private readonly services: ServiceRepository,
    private readonly deployments: DeploymentRepository,
    private readonly environments: Environments,
    private readonly applier: WorkloadApplier,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  /**
   * Gives the cluster's refusal, by which the deployment has failed. Throws when the cluster gave no answer: call
   * again later.
   */
  async reconcile(serviceId: string): Promise<MeridianError | undefined> {
    const before = this.#running.get(serviceId) ?? Promise.resolve();
    const run = before.then(() => this.#run(serviceId));
    // The next run waits for the pruning of this one, or objects that it has just made could be pruned.
    const tidied = run.then(({ prune }) => prune?.()).catch(() => undefined);
    this.#running.set(serviceId, tidied);
    void tidied.then(() => {
      if (this.#running.get(serviceId) === tidied) this.#running.delete(serviceId);
    });
    return (await run).refusal;
  }

  /** Resolves when nothing is written any more. */
  async settled(): Promise<void> {
    await Promise.all(this.#running.values());
  }

  async #run(serviceId: string): Promise<Reconciled> {
    for (;;) {
      const service = await this.services.findEvenDeleted(serviceId);
      if (!service) return {};
      if (service.deletedAt) {
        await this.#remove(service);
        return {};
      }
      if (service.currentDeploymentId === null) return {};
      const deployment = await this.deployments.find(service.currentDeploymentId);
      if (!deployment || deployment.phase === 'FAILED' || deployment.phase === 'ABORTED') return {};
      const reconciled = await this.#apply(service, deployment);
      const [serviceNow, deploymentNow] = await Promise.all([
        this.services.findEvenDeleted(serviceId),
        this.deployments.find(deployment.id),
      ]);
      // Someone else may have gone on meanwhile, and have written before us.
      const isCurrent =
        serviceNow?.currentDeploymentId === service.currentDeploymentId &&
        serviceNow.deletedAt === null &&
        deploymentNow?.paused === deployment.paused;
      if (isCurrent) return reconciled;
    }
  }

  async #apply(service: ServiceEntity, deployment: DeploymentEntity): Promise<Reconciled> {
    const objects = buildWorkload({
      service,
      deployment,
      ingressDomain: await this.environments.ingressDomain(service.clusterId),
    });
    try {
      await this.applier.apply(service, objects);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      await this.#fail(service, deployment, error);
      return { refusal: error };
    }
    await this.#applied(service, deployment);
    return {
      prune: () =>
        this.applier
          .prune(service, objects)
          .catch((error) => this.logger.warn({ error, service: service.id }, 'workload could not be pruned')),
    };
  }

  async #applied(service: ServiceEntity, deployment: DeploymentEntity): Promise<void> {
    if (deployment.appliedAt !== null) return;
    const at = new Date(this.clock.now());
    await this.database.transaction(async (transaction) => {
      if (!(await this.deployments.markApplied(transaction, deployment.id, at))) return;
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
    });
  }

  async #remove(service: ServiceEntity): Promise<void> {
    if (service.removedAt) return;
    await this.applier.remove(service);
    await this.services.markRemoved(service.id, new Date(this.clock.now()));
  }
}

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
});

const refusalBlocker = (error: MeridianError, at: Date): Blocker => ({
  kind: error.code === 'QUOTA_EXCEEDED' ? 'QUOTA_EXCEEDED' : 'REJECTED',
  message: error.message,
  pods: [],
  since: at.toISOString(),
});
