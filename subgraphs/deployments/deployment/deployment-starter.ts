import { changedFields } from '../../shared/changed-fields.js';
import type { Changes } from '../../shared/changes.js';
import type { Clock } from '../../shared/clock.js';
import type { Transaction } from '../../shared/database.js';
import { BadUserInputError, ConflictError, type MeridianError, NotFoundError } from '../../shared/errors.js';
import { newId } from '../../shared/ids.js';
import type { Logger } from '../../shared/logger.js';
import type { PermissionSet } from '../../shared/permissions.js';
import type { BindingEntity } from '../binding/binding.entity.js';
import type { BindingRepository } from '../binding/binding.repository.js';
import type { BoundVariables } from '../binding/bound-variables.js';
import type { Environments } from '../environments.js';
import type { ServiceEntity } from '../service/service.entity.js';
import type { ServiceRepository } from '../service/service.repository.js';
import type { ServiceSpec } from '../service/service-spec.js';
import { type SecretValue, secretNameOf } from '../service/spec-merge.js';
import { isRefusal, type WorkloadApplier } from '../workload/workload.applier.js';
import { buildWorkload } from '../workload/workload.builder.js';
import { refusedResult, type WorkloadReconciler } from '../workload/workload.reconciler.js';
import type { DeploymentEntity, DeploymentKind } from './deployment.entity.js';
import type { DeploymentRepository, LogLine } from './deployment.repository.js';

export interface StartRequest {
  readonly kind: DeploymentKind;
  /** Name of the mutation. */
  readonly action: string;
  readonly reason: string | null;
  readonly source?: DeploymentEntity;
  /** From the specification as it is when the row is locked; throws BadUserInputError when it can't be. */
  readonly spec: (current: ServiceSpec, service: ServiceEntity) => ServiceSpec;
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

export const boundOf = (bindings: readonly BindingEntity[]): BoundVariables[] =>
  bindings.map(({ id, instanceId, secret, variables }) => ({ bindingId: id, instanceId, secret, variables }));

/**
 * Makes deployments. The order: what can be checked without a record first (the API server's own dry run included);
 * then record, audit event and everything else in one transaction; then the cluster. So what is acknowledged is
 * recorded, and what is recorded gets to the cluster: at once, or by the tracker, however this process ends.
 */
export class DeploymentStarter {
  constructor(
    private readonly changes: Changes,
    private readonly services: ServiceRepository,
    private readonly deployments: DeploymentRepository,
    private readonly bindings: BindingRepository,
    private readonly environments: Environments,
    private readonly applier: WorkloadApplier,
    private readonly reconciler: WorkloadReconciler,
    private readonly clock: Clock,
    private readonly logger: Logger,
  ) {}

  async start(set: PermissionSet, service: ServiceEntity, request: StartRequest): Promise<Started> {
    requireReason(request.reason);
    const id = newId('deployment', this.clock.now());
    const spec = request.spec(service.spec, service);
    await this.applier.addSecrets(service, secretNameOf(service.name), request.secrets ?? []);
    const known = await this.bindings.listByServices([service.id]);
    const refusal = await this.#dryRun(service, {
      id,
      templateId: id,
      spec,
      bound: boundOf(request.bindings?.(known) ?? known),
      paused: false,
    });
    // What goes with it (a binding, say) must not stay behind a refused deployment.
    if (refusal && request.before) throw refusal;
    let made = false;
    const deployment = await this.changes.run(
      set.caller,
      {
        action: request.action,
        ...(request.idempotency
          ? {
              idempotency: {
                ...request.idempotency,
                replay: async (earlier, transaction) =>
                  (await this.deployments.find(earlier, transaction)) as DeploymentEntity,
              },
            }
          : {}),
      },
      async (change) => {
        made = true;
        const { transaction } = change;
        const row = await this.services.lock(transaction, service.id);
        if (!row) throw new NotFoundError('Service', service.id, ['input', 'serviceId']);
        requireVersion(row, request.expectedVersion);
        await request.before?.(transaction, row);
        const record = await this.#record(transaction, set, id, row, request, refusal);
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
      },
    );
    if (!made) return { deployment, refusal: undefined };
    if (refusal) return { deployment, refusal };
    return this.#apply(deployment);
  }

  /** The API server's own judgement, with nothing changed. Throws when it gives none. */
  async #dryRun(
    service: ServiceEntity,
    deployment: Parameters<typeof buildWorkload>[0]['deployment'],
  ): Promise<MeridianError | undefined> {
    const ingressDomain = await this.environments.ingressDomain(service.clusterId);
    try {
      await this.applier.apply(service, buildWorkload({ service, deployment, ingressDomain }), {
        dryRun: true,
      });
      return undefined;
    } catch (error) {
      if (isRefusal(error)) return error;
      throw error;
    }
  }

  async #record(
    transaction: Transaction,
    set: PermissionSet,
    id: string,
    service: ServiceEntity,
    request: StartRequest,
    refusal: MeridianError | undefined,
  ): Promise<{ deployment: DeploymentEntity; superseded: string[] }> {
    const now = new Date(this.clock.now());
    const previous = service.currentDeploymentId
      ? await this.deployments.find(service.currentDeploymentId, transaction)
      : undefined;
    const spec = request.spec(service.spec, service);
    const bound = boundOf(await this.bindings.listByServices([service.id], transaction));
    const { caller } = set;
    const deployment: DeploymentEntity = {
      id,
      serviceId: service.id,
      applicationId: service.applicationId,
      projectId: service.projectId,
      landscapeId: service.landscapeId,
      clusterId: service.clusterId,
      number: service.lastNumber + 1,
      kind: request.kind,
      userId: caller.userId,
      accessTokenId: caller.credentialKind === 'ACCESS_TOKEN' ? caller.credentialId : null,
      reason: request.reason,
      sourceId: request.source?.id ?? null,
      templateId: request.keepTemplate && previous ? previous.templateId : id,
      spec,
      bound,
      diff: previous ? changedFields(withBound(previous.spec, previous.bound), withBound(spec, bound)) : [],
      phase: refusal ? 'FAILED' : 'PENDING',
      paused: false,
      result: refusal ? refusedResult({ spec }, refusal, now) : null,
      reported: '',
      createdAt: now,
      appliedAt: null,
      finishedAt: refusal ? now : null,
    };
    const lines: LogLine[] = [
      { at: now, level: 'INFO', message: startMessage(deployment, request.source) },
      ...(refusal ? [{ at: now, level: 'ERROR' as const, message: refusal.message }] : []),
    ];
    await this.deployments.insert(transaction, deployment, lines);
    if (refusal) {
      await this.services.update(transaction, service.id, { lastNumber: deployment.number });
      return { deployment, superseded: [] };
    }
    await this.services.update(transaction, service.id, {
      spec,
      currentDeploymentId: id,
      lastNumber: deployment.number,
      version: service.version + 1,
      updatedAt: now,
    });
    return { deployment, superseded: await this.#supersede(transaction, deployment, now) };
  }

  /** Those that still ran end here; the row lock on the service makes the order the same for all. */
  async #supersede(transaction: Transaction, by: DeploymentEntity, at: Date): Promise<string[]> {
    const superseded: string[] = [];
    for (const id of await this.deployments.listUnfinishedIds(transaction, by.serviceId)) {
      if (id === by.id) continue;
      const ended = await this.deployments.finish(transaction, id, 'SUPERSEDED', {
        at,
        result: null,
        lines: [{ at, level: 'WARNING', message: `Superseded by deployment #${by.number}.` }],
      });
      if (ended) superseded.push(id);
    }
    if (superseded.length > 0) {
      await this.deployments.log(transaction, by.id, [
        { at, level: 'INFO', message: `Supersedes ${superseded.length} unfinished deployment(s).` },
      ]);
    }
    return superseded;
  }

  /** It is recorded: from here on a cluster that does not answer only means later. */
  async #apply(deployment: DeploymentEntity): Promise<Started> {
    try {
      const refusal = await this.reconciler.reconcile(deployment.serviceId);
      return { deployment: (await this.deployments.find(deployment.id)) ?? deployment, refusal };
    } catch (error) {
      this.logger.warn({ error, deployment: deployment.id }, 'deployment will be applied later');
      return { deployment, refusal: undefined };
    }
  }
}

/** Bindings count as part of what changes, so that binding an instance has a diff. */
const withBound = (spec: ServiceSpec, bound: readonly BoundVariables[]): object =>
  bound.length === 0
    ? spec
    : {
        ...spec,
        bindings: bound.map(({ secret, variables }) => ({
          name: secret,
          variables: variables.map(({ name }) => name),
        })),
      };

function startMessage(deployment: DeploymentEntity, source: DeploymentEntity | undefined): string {
  const what = `Deployment #${deployment.number} (${deployment.kind.toLowerCase()}) of ${deployment.spec.image}, ${deployment.spec.replicas} replicas`;
  return source ? `${what}, from deployment #${source.number}.` : `${what}.`;
}

export function requireReason(reason: string | null): void {
  if ((reason?.length ?? 0) > 2_000) {
    throw BadUserInputError.at(['input', 'reason'], 'reason is longer than 2000 characters: shorten it.');
  }
}

function requireVersion(row: ServiceEntity, expected: number | null | undefined): void {
  if (expected == null || expected === row.version) return;
  throw new ConflictError(
    `The service changed meanwhile: you have seen version ${expected}, it is ${row.version}. Read it again, then decide.`,
    { field: ['input', 'version'], details: { currentVersion: row.version } },
  );
}
