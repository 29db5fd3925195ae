import type { SignedInCaller } from '../../shared/caller.js';
import type { Attempt, Changes } from '../../shared/changes.js';
import type { Clock } from '../../shared/clock.js';
import type { Transaction } from '../../shared/database.js';
import { BadUserInputError, MeridianError, NotFoundError } from '../../shared/errors.js';
import { newId } from '../../shared/ids.js';
import type { Logger } from '../../shared/logger.js';
import type { PermissionSet } from '../../shared/permissions.js';
import { requireVersion } from '../../shared/versions.js';
import type { BindingEntity } from '../binding/binding.entity.js';
import type { PreflightRequest, PreflightService } from '../preflight/preflight.service.js';
import type { SpecField } from '../service/rules/problem.js';
import type { SecretValues } from '../service/secret-values.js';
import type { ServiceEntity } from '../service/service.entity.js';
import type { ServiceRepository } from '../service/service.repository.js';
import type { ServiceSpec } from '../service/service-spec.js';
import type { SecretValue } from '../service/spec-merge.js';
import type { WorkloadApplier } from '../workload/workload.applier.js';
import type { WorkloadReconciler } from '../workload/workload.reconciler.js';
import type { DeploymentEntity, DeploymentKind } from './deployment.entity.js';
import type { DeploymentRepository } from './deployment.repository.js';
import type { DeploymentOrigin } from './deployment-origin.js';
import type { DeploymentRecorder } from './deployment-recorder.js';

export interface StartRequest {
  readonly kind: DeploymentKind;
  /** Name of the mutation. */
  readonly action: string;
  readonly reason: string | null;
  readonly origin?: DeploymentOrigin;
  readonly source?: DeploymentEntity;
  /** From the specification as it is when the row is locked; throws BadUserInputError when it can't be. */
  readonly spec: (current: ServiceSpec, service: ServiceEntity) => ServiceSpec;
  /** Where the mutation's input says a part of the specification; absent when it says none. */
  readonly fieldOf?: SpecField;
  readonly secrets?: readonly SecretValue[];
  /** SCALE keeps the running template. */
  readonly keepTemplate?: boolean;
  /** Changes in the same transaction, before bindings are read. With it, a refusal by the cluster is thrown. */
  readonly before?: (transaction: Transaction, service: ServiceEntity) => Promise<void>;
  /** Bindings as they will be, for the dry run. */
  readonly bindings?: (current: BindingEntity[]) => BindingEntity[];
  /** The version of the service that the client has seen. */
  readonly expectedVersion?: number | null | undefined;
  readonly idempotency?: { readonly key: string | null | undefined; readonly input: object };
}

export interface Started {
  readonly deployment: DeploymentEntity;
  /** The cluster's refusal; the deployment is recorded as FAILED. */
  readonly refusal: MeridianError | undefined;
}

/**
 * Makes deployments. The order: what can be checked without a record first (`PreflightService`, the API server's own dry run included);
 * then record, audit event and everything else in one transaction; then the cluster. So what is acknowledged is
 * recorded, and what is recorded gets to the cluster: at once, or by the tracker, however this process ends.
 */
export class DeploymentStarter {
  constructor(
    private readonly changes: Changes,
    private readonly services: ServiceRepository,
    private readonly deployments: DeploymentRepository,
    private readonly recorder: DeploymentRecorder,
    private readonly preflight: PreflightService,
    private readonly secretValues: Pick<SecretValues, 'add'>,
    private readonly applier: WorkloadApplier,
    private readonly reconciler: WorkloadReconciler,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  async start(set: PermissionSet, service: ServiceEntity, request: StartRequest): Promise<Started> {
    const attempt = this.#attempt(request);
    const earlier = await this.earlier(set, request);
    if (earlier) return earlier;
    const id = newId('deployment', this.clock.now());
    const wanted = { ...request, spec: request.spec(service.spec, service) };
    await this.preflight.requireRoutes(set, service, wanted);
    await this.secretValues.add(set.caller, service, request.secrets ?? []);
    const { refusal, overwrites, unreachable } = await this.#check(set.caller, service, id, wanted);
    // What goes with it (a binding, say) must not stay behind a refused deployment.
    if (refusal && request.before) throw refusal;
    let made = false;
    const deployment = await this.changes.run(set.caller, attempt, async (change) => {
      made = true;
      const { transaction } = change;
      const row = await this.services.lock(transaction, service.id);
      if (!row) throw new NotFoundError('Service', service.id, ['input', 'serviceId']);
      requireVersion('service', row, request.expectedVersion);
      await request.before?.(transaction, row);
      const record = await this.recorder.record(transaction, row, {
        id,
        userId: set.caller.userId,
        accessTokenId: set.caller.credentialKind === 'ACCESS_TOKEN' ? set.caller.credentialId : null,
        kind: request.kind,
        reason: request.reason,
        origin: request.origin,
        source: request.source,
        keepTemplate: request.keepTemplate,
        spec: request.spec(row.spec, row),
        refusal,
        overwrites,
        unreachable,
      });
      for (const event of record.superseded) {
        change.notify({ type: 'deployment.changed', deploymentId: event, serviceId: service.id });
      }
      change.audit({
        targetType: 'Service',
        targetId: service.id,
        targetName: service.name,
        projectId: service.projectId,
        changes: record.deployment.diff,
        reason: request.reason,
      });
      change.notify({ type: 'deployment.changed', deploymentId: id, serviceId: service.id });
      change.notify({ type: 'service.changed', serviceId: service.id });
      return record.deployment;
    });
    if (!made) return { deployment, refusal: refusalOf(deployment) };
    if (refusal) return { deployment, refusal };
    return this.#apply(deployment, set.caller);
  }

  /**
   * What an earlier attempt with this idempotency key made. To be asked before anything that depends on how the
   * service is now, which may be different since: a retry of what is done gets its answer.
   */
  async earlier(
    { caller }: PermissionSet,
    request: Pick<StartRequest, 'action' | 'idempotency'>,
  ): Promise<Started | undefined> {
    const deployment = await this.changes.earlier(caller, this.#attempt(request));
    return deployment && { deployment, refusal: refusalOf(deployment) };
  }

  /** Throws when the cluster gives no answer to what needs one, and when what is to come back could not start. */
  async #check(caller: SignedInCaller, service: ServiceEntity, id: string, wanted: PreflightRequest) {
    try {
      const preflight = await this.preflight.check(caller, service, id, wanted);
      if (wanted.kind === 'ROLLBACK' && preflight.impossible) {
        throw BadUserInputError.at(
          ['input'],
          `Deployment #${wanted.source?.number} can't be brought back as it was: ${preflight.impossible.message}`,
        );
      }
      return { ...preflight, unreachable: false };
    } catch (error) {
      if (!isUnreachable(error) || !laterKinds.includes(wanted.kind)) throw error;
      // Later it is done in Meridian's own name: nobody has then asked the cluster whether this person may.
      if (await this.applier.actingFor(caller).isActing(service)) throw error;
      return { refusal: undefined, overwrites: [], unreachable: true };
    }
  }

  #attempt({ action, idempotency }: Pick<StartRequest, 'action' | 'idempotency'>): Attempt<DeploymentEntity> {
    if (!idempotency) return { action };
    const replay = async (id: string, transaction: Transaction): Promise<DeploymentEntity> =>
      (await this.deployments.find(id, transaction)) as DeploymentEntity;
    return { action, idempotency: { ...idempotency, replay } };
  }

  /** It is recorded: from here on a cluster that does not answer only means later. */
  async #apply(deployment: DeploymentEntity, person: SignedInCaller): Promise<Started> {
    try {
      const refusal = await this.reconciler.reconcile(deployment.serviceId, person);
      return { deployment: (await this.deployments.find(deployment.id)) ?? deployment, refusal };
    } catch (error) {
      this.logger.warn({ error, deployment: deployment.id }, 'deployment will be applied later');
      return { deployment, refusal: undefined };
    }
  }
}

/** What brings nothing new is wanted also when the cluster can't be asked: it is applied when it is back. */
const laterKinds: readonly DeploymentKind[] = ['SCALE', 'RESTART', 'ROLLBACK'];

const isUnreachable = (error: unknown): boolean =>
  error instanceof MeridianError && ['CLUSTER_UNAVAILABLE', 'TIMEOUT'].includes(error.code);

/** What the cluster answered to it when it was made, for those who ask again with the same idempotency key. */
function refusalOf({ result }: DeploymentEntity): MeridianError | undefined {
  const [blocker] = result?.blockers ?? [];
  return result?.refusal && blocker ? new RecordedRefusal(result.refusal, blocker.message) : undefined;
}

class RecordedRefusal extends MeridianError {}
