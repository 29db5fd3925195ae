import type { Caller } from '../../shared/caller.js';
import type { Changes } from '../../shared/changes.js';
import type { Clock } from '../../shared/clock.js';
import { ConflictError, NotFoundError } from '../../shared/errors.js';
import type { Logger } from '../../shared/logger.js';
import { isFinished } from '../rollout/rollout-phase.js';
import type { ServiceEntity } from '../service/service.entity.js';
import type { ServiceRepository } from '../service/service.repository.js';
import type { ServiceAccess } from '../service/service-access.js';
import type { WorkloadApplier } from '../workload/workload.applier.js';
import type { WorkloadReconciler } from '../workload/workload.reconciler.js';
import type { DeploymentEntity } from './deployment.entity.js';
import type { DeploymentRepository } from './deployment.repository.js';
import type { DeploymentStarter } from './deployment-starter.js';

interface ControlInput {
  readonly deploymentId: string;
  readonly reason?: string | null;
}

/** Holds, continues and gives up rollouts that are under way. */
export class DeploymentControlService {
  constructor(
    private readonly access: ServiceAccess,
    private readonly changes: Changes,
    private readonly services: ServiceRepository,
    private readonly deployments: DeploymentRepository,
    private readonly starter: DeploymentStarter,
    private readonly reconciler: WorkloadReconciler,
    private readonly applier: WorkloadApplier,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  pause(caller: Caller, input: ControlInput): Promise<DeploymentEntity> {
    return this.#setPaused(caller, input, true);
  }

  resume(caller: Caller, input: ControlInput): Promise<DeploymentEntity> {
    return this.#setPaused(caller, input, false);
  }

  /** Ends it as ABORTED and rolls back to the last that succeeded; when there is none, what it started is stopped. */
  async abort(
    caller: Caller,
    input: ControlInput,
  ): Promise<{ deployment: DeploymentEntity; rollback: DeploymentEntity | null }> {
    const { set, service, deployment } = await this.#requireRunning(caller, input.deploymentId);
    const now = new Date(this.clock.now());
    const source = await this.deployments.findSucceededBefore(
      service.id,
      deployment.number,
      deployment.templateId,
    );
    await this.changes.run(set.caller, { action: 'abortRollout' }, async ({ transaction, audit, notify }) => {
      const row = await this.services.lock(transaction, service.id);
      const ended = await this.deployments.finish(transaction, deployment.id, 'ABORTED', {
        at: now,
        result: null,
        lines: [
          {
            at: now,
            level: 'WARNING',
            message: source
              ? `Aborted; going back to deployment #${source.number}.`
              : 'Aborted; nothing succeeded before, so it is stopped.',
          },
        ],
      });
      if (!ended || !row) throw this.#over(deployment);
      audit({
        targetType: 'Deployment',
        targetId: deployment.id,
        targetName: `${service.name} #${deployment.number}`,
        projectId: service.projectId,
        reason: input.reason ?? null,
      });
      notify({ type: 'deployment.changed', deploymentId: deployment.id, serviceId: service.id });
      return deployment;
    });
    if (!source) {
      await this.applier.stop(service);
      return { deployment: (await this.deployments.find(deployment.id)) ?? deployment, rollback: null };
    }
    const { deployment: rollback, refusal } = await this.starter.start(set, service, {
      kind: 'ROLLBACK',
      action: 'rollback',
      reason: input.reason ?? `abort of deployment #${deployment.number}`,
      source,
      spec: () => source.spec,
    });
    if (refusal) throw refusal;
    return { deployment: (await this.deployments.find(deployment.id)) ?? deployment, rollback };
  }

  async #setPaused(caller: Caller, input: ControlInput, paused: boolean): Promise<DeploymentEntity> {
    const { set, service, deployment } = await this.#requireRunning(caller, input.deploymentId);
    const action = paused ? 'pauseRollout' : 'resumeRollout';
    const now = new Date(this.clock.now());
    await this.changes.run(set.caller, { action }, async ({ transaction, audit, notify }) => {
      if (!(await this.deployments.setPaused(transaction, deployment.id, paused))) {
        throw new ConflictError(
          `Deployment #${deployment.number} ${paused ? 'is paused already' : 'is not paused'}, or has ended.`,
          { field: ['input', 'deploymentId'] },
        );
      }
      await this.deployments.log(transaction, deployment.id, [
        { at: now, level: 'INFO', message: paused ? 'Asked to pause.' : 'Asked to go on.' },
      ]);
      audit({
        targetType: 'Deployment',
        targetId: deployment.id,
        targetName: `${service.name} #${deployment.number}`,
        projectId: service.projectId,
        changes: [{ path: 'paused', before: !paused, after: paused }],
        reason: input.reason ?? null,
      });
      notify({ type: 'deployment.changed', deploymentId: deployment.id, serviceId: service.id });
      return deployment;
    });
    const refusal = await this.reconciler.reconcile(service.id).catch((error) => {
      this.logger.warn({ error, deployment: deployment.id }, 'rollout will be paused or resumed later');
      return undefined;
    });
    if (refusal) throw refusal;
    return (await this.deployments.find(deployment.id)) ?? deployment;
  }

  async #requireRunning(caller: Caller, deploymentId: string) {
    const found = await this.deployments.find(deploymentId);
    const set = await this.access.of(caller);
    set.requireFunctional('deployments.control');
    if (!found || !set.allows('deployments.read', found)) {
      throw new NotFoundError('Deployment', deploymentId, ['input', 'deploymentId']);
    }
    set.require('deployments.control', found);
    const service: ServiceEntity | undefined = await this.services.find(found.serviceId);
    if (!service) throw new NotFoundError('Deployment', deploymentId, ['input', 'deploymentId']);
    if (isFinished(found.phase)) throw this.#over(found);
    return { set, service, deployment: found };
  }

  #over(deployment: DeploymentEntity): ConflictError {
    return new ConflictError(
      `Deployment #${deployment.number} has ended (${deployment.phase}): there is no rollout to control.`,
      { field: ['input', 'deploymentId'] },
    );
  }
}
