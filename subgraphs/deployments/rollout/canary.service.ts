import type { Clock } from '../../shared/clock.js';
import type { Database } from '../../shared/database.js';
import { notifyDomainEvent } from '../../shared/domain-events.js';
import type { DeploymentEntity } from '../deployment/deployment.entity.js';
import type { DeploymentRepository } from '../deployment/deployment.repository.js';
import type { WorkloadReconciler } from '../workload/workload.reconciler.js';
import { type CanaryState, canaryOf, sharesOf, stageOf } from './canary.js';

/** Takes canaries from step to step. */
export class CanaryService {
  constructor(
    private readonly database: Database,
    private readonly deployments: DeploymentRepository,
    private readonly reconciler: Pick<WorkloadReconciler, 'reconcile'>,
    private readonly clock: Clock,
  ) {}

  /** By what the cluster shows. Exactly one of the processes that see it moves the record; all may apply it. */
  async move(row: DeploymentEntity, move: 'REACHED' | 'NEXT'): Promise<void> {
    const canary = canaryOf(row);
    if (!canary) return;
    const at = new Date(this.clock.now());
    const next: CanaryState =
      move === 'REACHED' ? { ...canary, since: at } : { ...canary, step: canary.step + 1, since: null };
    const moved = await this.database.transaction(async (transaction) => {
      if (!(await this.deployments.moveCanary(transaction, row.id, canary, next))) return false;
      await this.deployments.log(transaction, row.id, [
        { at, level: 'INFO', message: stepMessage(next, row.spec.replicas) },
      ]);
      await notifyDomainEvent(transaction, {
        type: 'deployment.changed',
        deploymentId: row.id,
        serviceId: row.serviceId,
      });
      return true;
    });
    if (moved) await this.reconciler.reconcile(row.serviceId);
  }
}

export function stepMessage(canary: CanaryState, replicas: number): string {
  const { steps, step, since } = canary;
  const stage = stageOf(canary);
  if (stage === 'TAKING_OVER') return 'All steps of the canary are passed: all pods become new.';
  if (stage === 'LEAVING') return 'All pods are new; those of the canary go.';
  const present = steps[step];
  const pods = sharesOf(canary, replicas).canary;
  const where = `Canary step ${step + 1} of ${steps.length}: ${present?.percent} %, ${pods} of ${replicas} pods new`;
  if (since === null) return `${where}.`;
  return present?.pauseSeconds == null
    ? `${where} and available. Waits for promoteRollout.`
    : `${where} and available. Goes on after ${present.pauseSeconds} s.`;
}
