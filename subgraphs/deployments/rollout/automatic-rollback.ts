import { appendAuditEvent } from '../../shared/audit.js';
import type { Clock } from '../../shared/clock.js';
import type { Transaction } from '../../shared/database.js';
import { notifyDomainEvent } from '../../shared/domain-events.js';
import { ConflictError } from '../../shared/errors.js';
import { newId } from '../../shared/ids.js';
import type { DeploymentEntity } from '../deployment/deployment.entity.js';
import type { DeploymentRepository } from '../deployment/deployment.repository.js';
import type { DeploymentRecorder } from '../deployment/deployment-recorder.js';
import type { ServiceEntity } from '../service/service.entity.js';
import type { ServiceRepository } from '../service/service.repository.js';

/** Goes back by itself from a failed deployment, where the service wants it (`rollbackOnFailure`). */
export class AutomaticRollback {
  constructor(
    private readonly services: ServiceRepository,
    private readonly deployments: DeploymentRepository,
    private readonly recorder: DeploymentRecorder,
    private readonly clock: Clock,
  ) {}

  /**
   * Before the failed one is ended, in the transaction that does it: the function that records the rollback after that;
   * undefined when there is to be none. So there is exactly one, or none, whoever sees the failure. The tracker takes
   * the record up and applies it. A rollback that fails itself is left as it is: going on would only dig.
   */
  async prepare(
    transaction: Transaction,
    failed: DeploymentEntity,
  ): Promise<(() => Promise<void>) | undefined> {
    if (!failed.spec.rollbackOnFailure || failed.kind === 'ROLLBACK') return undefined;
    // The service's row before that of the deployment, as everywhere: otherwise two could wait for each other.
    const service = await this.services.lock(transaction, failed.serviceId);
    if (service?.currentDeploymentId !== failed.id) return undefined;
    return () => this.#record(transaction, service, failed);
  }

  async #record(transaction: Transaction, service: ServiceEntity, failed: DeploymentEntity): Promise<void> {
    const at = new Date(this.clock.now());
    const source = await this.deployments.findSucceededBefore(failed, { manager: transaction });
    if (!source) {
      const message = 'Nothing succeeded before, so there is nothing to roll back to.';
      await this.deployments.log(transaction, failed.id, [{ at, level: 'WARNING', message }]);
      return;
    }
    const reason = `automatic rollback: deployment #${failed.number} failed`;
    const recorded = await this.recorder
      .record(transaction, service, {
        id: newId('deployment', at.getTime()),
        userId: null,
        accessTokenId: null,
        kind: 'ROLLBACK',
        reason,
        source,
        spec: source.spec,
      })
      .catch((error) => {
        if (error instanceof ConflictError) return error;
        throw error;
      });
    if (recorded instanceof ConflictError) {
      const message = `Can't go back by itself to deployment #${source.number}. ${recorded.message}`;
      await this.deployments.log(transaction, failed.id, [{ at, level: 'WARNING', message }]);
      return;
    }
    const { deployment } = recorded;
    await appendAuditEvent(
      transaction,
      { userId: null, requestId: `rollout ${failed.id}`, address: null },
      {
        action: 'rollback',
        targetType: 'Service',
        targetId: service.id,
        targetName: service.name,
        projectId: service.projectId,
        changes: deployment.diff,
        reason,
        result: 'DONE',
        at,
      },
    );
    await notifyDomainEvent(transaction, {
      type: 'deployment.changed',
      deploymentId: deployment.id,
      serviceId: service.id,
    });
    await notifyDomainEvent(transaction, { type: 'service.changed', serviceId: service.id });
  }
}
