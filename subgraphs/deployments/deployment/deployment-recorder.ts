import { isDeepStrictEqual } from 'node:util';
import { changedFields, type FieldChangeValue } from '../../shared/changed-fields.js';
import type { Clock } from '../../shared/clock.js';
import type { Transaction } from '../../shared/database.js';
import type { MeridianError } from '../../shared/errors.js';
import type { BindingEntity } from '../binding/binding.entity.js';
import type { BindingRepository } from '../binding/binding.repository.js';
import type { BoundVariables } from '../binding/bound-variables.js';
import { driftText } from '../drift/drift.js';
import { canaryOf, stageOf } from '../rollout/canary.js';
import type { RouteRepository } from '../route/route.repository.js';
import { claimsOf } from '../route/route-claim.js';
import type { ServiceEntity } from '../service/service.entity.js';
import type { ServiceRepository } from '../service/service.repository.js';
import type { ServiceSpec } from '../service/service-spec.js';
import { refusedResult } from '../workload/workload.reconciler.js';
import type { DeploymentEntity, DeploymentKind } from './deployment.entity.js';
import type { DeploymentRepository, LogLine } from './deployment.repository.js';
import type { DeploymentOrigin } from './deployment-origin.js';

/** What a new deployment is to be. */
export interface NewDeployment {
  readonly id: string;
  /** Null when nobody asked for it. */
  readonly userId: string | null;
  readonly accessTokenId: string | null;
  readonly kind: DeploymentKind;
  readonly reason: string | null;
  readonly origin?: DeploymentOrigin | undefined;
  readonly source?: DeploymentEntity | undefined;
  readonly spec: ServiceSpec;
  /** SCALE keeps the running template. */
  readonly keepTemplate?: boolean | undefined;
  /** The cluster's, by which it has failed already. */
  readonly refusal?: MeridianError | undefined;
  /** The cluster did not answer when it was asked for. */
  readonly unreachable?: boolean | undefined;
  /** What others changed in the cluster, and it sets back. */
  readonly overwrites?: readonly FieldChangeValue[] | undefined;
}

export const boundOf = (bindings: readonly BindingEntity[]): BoundVariables[] =>
  bindings.map(({ id, instanceId, secret, variables }) => ({ bindingId: id, instanceId, secret, variables }));

type Template = Pick<DeploymentEntity, 'templateId' | 'baseId' | 'canaryStep' | 'canarySince'>;

/** Kinds that bring something new, which a canary tries; a way back or a restart is wanted at once. */
const triedKinds: readonly DeploymentKind[] = ['DEPLOY', 'PROMOTE'];

/**
 * Which template a new deployment runs, and beside which. `previous` is the deployment that the service has now.
 *
 * A scale during a canary goes on with it. Going back to a template that still runs replaces no pod: from a canary to
 * what runs beside it, from a scale to the number of pods before.
 */
export function templateOf(
  id: string,
  wanted: Pick<NewDeployment, 'kind' | 'source' | 'spec' | 'keepTemplate'> & {
    readonly bound: readonly BoundVariables[];
  },
  previous: DeploymentEntity | undefined,
): Template {
  const canary = previous && canaryOf(previous);
  const unfinished = canary !== null && canary !== undefined && stageOf(canary) !== 'LEAVING';
  const plain = { baseId: null, canaryStep: 0, canarySince: null };
  if (wanted.keepTemplate && previous) {
    const going = { baseId: previous.baseId, canaryStep: previous.canaryStep, canarySince: null };
    return { templateId: previous.templateId, ...(unfinished ? going : plain) };
  }
  const { source } = wanted;
  const stillRuns = unfinished
    ? stageOf(canary) === 'STEP' && source?.id === canary.baseId
    : source?.templateId === previous?.templateId;
  if (source && stillRuns && wanted.kind === 'ROLLBACK' && isDeepStrictEqual(source.bound, wanted.bound)) {
    return { templateId: source.templateId, ...plain };
  }
  const tried =
    wanted.spec.strategy.type === 'CANARY' &&
    triedKinds.includes(wanted.kind) &&
    wanted.spec.replicas > 0 &&
    previous !== undefined &&
    // Aborted with nothing to go back to: nothing runs.
    previous.phase !== 'ABORTED' &&
    previous.spec.replicas > 0;
  if (!tried) return { templateId: id, ...plain };
  const baseId = unfinished && stageOf(canary) === 'STEP' ? canary.baseId : previous.id;
  return { templateId: id, ...plain, baseId };
}

/** An image keeps the commit that it was brought with; another image is of no known commit until one is named. */
export function commitOf(
  { origin, source, spec }: Pick<NewDeployment, 'origin' | 'source' | 'spec'>,
  previous: Pick<DeploymentEntity, 'commit' | 'spec'> | undefined,
): string | null {
  const before = [source, previous].find((earlier) => earlier?.spec.image === spec.image);
  return origin?.commit ?? before?.commit ?? null;
}

/** Writes the records of deployments, in the transaction of whoever makes one, with the service's row locked. */
export class DeploymentRecorder {
  constructor(
    private readonly services: ServiceRepository,
    private readonly deployments: DeploymentRepository,
    private readonly bindings: BindingRepository,
    private readonly routes: RouteRepository,
    private readonly clock: Clock,
  ) {}

  /** The record, and the ids of unfinished ones that it supersedes. ConflictError, with nothing written, when a route is taken. */
  async record(
    transaction: Transaction,
    service: ServiceEntity,
    wanted: NewDeployment,
  ): Promise<{ deployment: DeploymentEntity; superseded: string[] }> {
    const now = new Date(this.clock.now());
    const { spec, refusal, source } = wanted;
    const previous = service.currentDeploymentId
      ? await this.deployments.find(service.currentDeploymentId, transaction)
      : undefined;
    const bound = boundOf(await this.bindings.listByServices([service.id], transaction));
    const deployment: DeploymentEntity = {
      ...templateOf(wanted.id, { ...wanted, bound }, previous),
      id: wanted.id,
      serviceId: service.id,
      applicationId: service.applicationId,
      projectId: service.projectId,
      landscapeId: service.landscapeId,
      clusterId: service.clusterId,
      number: service.lastNumber + 1,
      kind: wanted.kind,
      userId: wanted.userId,
      accessTokenId: wanted.accessTokenId,
      reason: wanted.reason,
      commit: commitOf(wanted, previous),
      triggerUrl: wanted.origin?.triggerUrl ?? null,
      sourceId: source?.id ?? null,
      spec,
      bound,
      diff: previous ? changedFields(withBound(previous.spec, previous.bound), withBound(spec, bound)) : [],
      phase: refusal ? 'FAILED' : 'PENDING',
      // A scale of a rollout that is held holds it on.
      paused: (wanted.keepTemplate && previous?.finishedAt === null && previous.paused) ?? false,
      result: refusal ? refusedResult({ spec }, refusal, now) : null,
      reported: '',
      createdAt: now,
      appliedAt: null,
      finishedAt: refusal ? now : null,
    };
    if (!refusal) await this.#claimRoutes(transaction, service, deployment);
    const lines: LogLine[] = [
      { at: now, level: 'INFO', message: startMessage(deployment, source) },
      ...(refusal
        ? [{ at: now, level: 'ERROR' as const, message: refusal.message }]
        : overwriteLines(wanted.overwrites ?? [], now)),
      ...(wanted.unreachable ? [{ at: now, level: 'WARNING' as const, message: laterMessage }] : []),
    ];
    await this.deployments.insert(transaction, deployment, lines);
    if (refusal) {
      await this.services.update(transaction, service.id, { lastNumber: deployment.number });
      return { deployment, superseded: [] };
    }
    await this.services.update(transaction, service.id, {
      spec,
      currentDeploymentId: deployment.id,
      lastNumber: deployment.number,
      version: service.version + 1,
      updatedAt: now,
    });
    return { deployment, superseded: await this.#supersede(transaction, deployment, now) };
  }

  async #claimRoutes(
    transaction: Transaction,
    service: ServiceEntity,
    { spec, baseId }: DeploymentEntity,
  ): Promise<void> {
    const base = baseId === null ? undefined : await this.deployments.find(baseId, transaction);
    await this.routes.claim(transaction, service, claimsOf(service, spec, ...(base ? [base.spec] : [])));
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
    for (const id of superseded) {
      const earlier = await this.deployments.find(id, transaction);
      await this.deployments.log(transaction, by.id, [
        { at, level: 'INFO', message: `Supersedes deployment #${earlier?.number}.` },
      ]);
    }
    return superseded;
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

const laterMessage = 'The cluster does not answer: it is applied as soon as it does.';

const overwriteLines = (changes: readonly FieldChangeValue[], at: Date): LogLine[] =>
  changes.length === 0
    ? []
    : [
        {
          at,
          level: 'WARNING',
          message: `Overwrites what others changed in the cluster: ${driftText(changes)}.`,
        },
      ];

function startMessage(deployment: DeploymentEntity, source: DeploymentEntity | undefined): string {
  const what = `Deployment #${deployment.number} (${deployment.kind.toLowerCase()}) of ${deployment.spec.image}, ${deployment.spec.replicas} replicas`;
  return source ? `${what}, from deployment #${source.number}.` : `${what}.`;
}
