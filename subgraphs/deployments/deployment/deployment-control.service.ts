import type { Caller } from '../../shared/caller.js';
import type { FieldChangeValue } from '../../shared/changed-fields.js';
import type { Changes } from '../../shared/changes.js';
import type { Clock } from '../../shared/clock.js';
import type { Transaction } from '../../shared/database.js';
import { ConflictError, NotFoundError } from '../../shared/errors.js';
import type { Logger } from '../../shared/logger.js';
import { canaryOf, stageOf } from '../rollout/canary.js';
import { stepMessage } from '../rollout/canary.service.js';
import { isFinished } from '../rollout/rollout-phase.js';
import type { ServiceEntity } from '../service/service.entity.js';
import type { ServiceRepository } from '../service/service.repository.js';
import type { ServiceAccess } from '../service/service-access.js';
import type { WorkloadReconciler } from '../workload/workload.reconciler.js';
import type { DeploymentEntity } from './deployment.entity.js';
import type { DeploymentRepository } from './deployment.repository.js';
import { requireReason } from './deployment-origin.js';
import type { DeploymentStarter } from './deployment-starter.js';

interface ControlInput {
  readonly deploymentId: string;
  readonly reason?: string | null;
  readonly idempotencyKey?: string | null;
}

/** Holds, continues, promotes and gives up rollouts that are under way. */
export class DeploymentControlService {
  constructor(
    private readonly access: ServiceAccess,
    private readonly changes: Changes,
    private readonly services: ServiceRepository,
    private readonly deployments: DeploymentRepository,
    private readonly starter: DeploymentStarter,
    private readonly reconciler: WorkloadReconciler,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  pause(caller: Caller, input: ControlInput): Promise<DeploymentEntity> {
    return this.#setPaused(caller, input, true);
  }

  resume(caller: Caller, input: ControlInput): Promise<DeploymentEntity> {
    return this.#setPaused(caller, input, false);
  }

  /** Takes a canary to its next step, or past all of them; it need not have waited for it. */
  promote(caller: Caller, input: ControlInput & { full?: boolean | null }): Promise<DeploymentEntity> {
    return this.#change(caller, 'promoteRollout', input, async (deployment, transaction, at) => {
      const canary = canaryOf(deployment);
      if (!canary || stageOf(canary) !== 'STEP') {
        throw this.#conflict(
          canary
            ? `All steps of deployment #${deployment.number} are passed already.`
            : `Deployment #${deployment.number} is no canary: there are no steps to promote.`,
        );
      }
      const step = input.full ? canary.steps.length : canary.step + 1;
      const next = { ...canary, step, since: null };
      if (!(await this.deployments.moveCanary(transaction, deployment.id, canary, next))) {
        throw this.#conflict(
          `Deployment #${deployment.number} has just moved on by itself: look at it again, then decide.`,
        );
      }
      await this.deployments.log(transaction, deployment.id, [
        { at, level: 'INFO', message: `Promoted. ${stepMessage(next, deployment.spec.replicas)}` },
      ]);
      return [{ path: 'canary.step', before: canary.step + 1, after: step + 1 }];
    });
  }

  /**
   * Ends it as ABORTED and rolls back to the last that succeeded, both or neither; when there is none, what it started
   * is stopped.
   */
  async abort(
    caller: Caller,
    input: ControlInput,
  ): Promise<{ deployment: DeploymentEntity; rollback: DeploymentEntity | null }> {
    requireReason(input.reason);
    const { set, service, deployment } = await this.#find(caller, input.deploymentId);
    const attempt = this.#attempt('abortRollout', input);
    const earlier = await this.changes.earlier(set.caller, attempt);
    if (earlier) {
      const isStop = earlier.id === deployment.id;
      return { deployment, rollback: isStop ? null : earlier };
    }
    this.#requireRunning(deployment);
    const source = await this.deployments.findSucceededBefore(deployment);
    if (!source) {
      const stopped = await this.#change(caller, 'abortRollout', input, async (found, transaction, at) => {
        const message = 'Aborted; nothing succeeded before, so it is stopped.';
        await this.#finish(transaction, found, at, message);
        return [];
      });
      return { deployment: stopped, rollback: null };
    }
    const { deployment: rollback } = await this.starter.start(set, service, {
      kind: 'ROLLBACK',
      action: 'abortRollout',
      reason: input.reason ?? `abort of deployment #${deployment.number}`,
      source,
      spec: () => source.spec,
      before: (transaction) =>
        this.#finish(
          transaction,
          deployment,
          new Date(this.clock.now()),
          `Aborted; going back to deployment #${source.number}.`,
        ),
      idempotency: attempt.idempotency,
    });
    return { deployment: (await this.deployments.find(deployment.id)) ?? deployment, rollback };
  }

  async #finish(
    transaction: Transaction,
    deployment: DeploymentEntity,
    at: Date,
    message: string,
  ): Promise<void> {
    const ended = await this.deployments.finish(transaction, deployment.id, 'ABORTED', {
      at,
      result: null,
      lines: [{ at, level: 'WARNING', message }],
    });
    // Since it was read.
    if (!ended) throw this.#over((await this.deployments.find(deployment.id, transaction)) ?? deployment);
  }

  #setPaused(caller: Caller, input: ControlInput, paused: boolean): Promise<DeploymentEntity> {
    const action = paused ? 'pauseRollout' : 'resumeRollout';
    return this.#change(caller, action, input, async (deployment, transaction, at) => {
      if (!(await this.deployments.setPaused(transaction, deployment.id, paused))) {
        throw this.#conflict(
          `Deployment #${deployment.number} ${paused ? 'is paused already' : 'is not paused'}, or has ended.`,
        );
      }
      await this.deployments.log(transaction, deployment.id, [
        { at, level: 'INFO', message: paused ? 'Asked to pause.' : 'Asked to go on.' },
      ]);
      return [{ path: 'paused', before: !paused, after: paused }];
    });
  }

  /** One change of a rollout under way: recorded, then brought to the cluster, now or by the tracker. */
  async #change(
    caller: Caller,
    action: string,
    input: ControlInput,
    work: (
      deployment: DeploymentEntity,
      transaction: Transaction,
      at: Date,
    ) => Promise<readonly FieldChangeValue[]>,
  ): Promise<DeploymentEntity> {
    requireReason(input.reason);
    const { set, service, deployment } = await this.#find(caller, input.deploymentId);
    const attempt = this.#attempt(action, input);
    const earlier = await this.changes.earlier(set.caller, attempt);
    if (earlier) return earlier;
    this.#requireRunning(deployment);
    const at = new Date(this.clock.now());
    await this.changes.run(set.caller, attempt, async ({ transaction, audit, notify }) => {
      if (!(await this.services.lock(transaction, service.id))) throw this.#over(deployment);
      audit({
        targetType: 'Deployment',
        targetId: deployment.id,
        targetName: `${service.name} #${deployment.number}`,
        projectId: service.projectId,
        changes: await work(deployment, transaction, at),
        reason: input.reason ?? null,
      });
      notify({ type: 'deployment.changed', deploymentId: deployment.id, serviceId: service.id });
      return deployment;
    });
    const refusal = await this.reconciler.reconcile(service.id, set.caller).catch((error) => {
      this.logger.warn({ error, deployment: deployment.id, action }, 'rollout will be changed later');
      return undefined;
    });
    if (refusal) throw refusal;
    return (await this.deployments.find(deployment.id)) ?? deployment;
  }

  #attempt(action: string, input: ControlInput) {
    return {
      action,
      idempotency: {
        key: input.idempotencyKey,
        input,
        replay: async (id: string, transaction: Transaction) =>
          (await this.deployments.find(id, transaction)) as DeploymentEntity,
      },
    };
  }

  #requireRunning(deployment: DeploymentEntity): void {
    if (isFinished(deployment.phase)) throw this.#over(deployment);
  }

  async #find(caller: Caller, deploymentId: string) {
    const found = await this.deployments.find(deploymentId);
    const set = await this.access.of(caller);
    set.requireFunctional('deployments.control');
    if (!found || !set.allows('deployments.read', found)) {
      throw new NotFoundError('Deployment', deploymentId, ['input', 'deploymentId']);
    }
    set.require('deployments.control', found);
    const service: ServiceEntity | undefined = await this.services.find(found.serviceId);
    if (!service) throw new NotFoundError('Deployment', deploymentId, ['input', 'deploymentId']);
    return { set, service, deployment: found };
  }

  #over(deployment: DeploymentEntity): ConflictError {
    return this.#conflict(
      `Deployment #${deployment.number} has ended (${deployment.phase}): there is no rollout to control.`,
    );
  }

  #conflict(message: string): ConflictError {
    return new ConflictError(message, { field: ['input', 'deploymentId'] });
  }
}
