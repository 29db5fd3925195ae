import type { Caller } from '../../shared/caller.js';
import type { FieldChangeValue } from '../../shared/changed-fields.js';
import {
  BadUserInputError,
  ConflictError,
  type MeridianError,
  QuotaExceededError,
  toUserErrors,
  type UserErrorValue,
} from '../../shared/errors.js';
import { quoted } from '../../shared/kubernetes/names.js';
import type { PermissionSet } from '../../shared/permissions.js';
import type { DeploymentKind } from '../deployment/deployment.entity.js';
import type { DeploymentRehearsal, Rehearsed } from '../deployment/deployment-rehearsal.js';
import type { QuotaFitValue } from '../deployment/quota-fit.js';
import type { DriftService } from '../drift/drift.service.js';
import type { Environments } from '../environments.js';
import { domainProblems } from '../route/domain-problems.js';
import type { RouteRepository } from '../route/route.repository.js';
import { claimsOf } from '../route/route-claim.js';
import { scopeOf } from '../scope.js';
import type { SpecField } from '../service/rules/problem.js';
import type { ServiceEntity } from '../service/service.entity.js';
import type { ServiceRepository } from '../service/service.repository.js';
import type { ServiceSpec } from '../service/service-spec.js';
import { type SecretValue, secretNameOf } from '../service/spec-merge.js';
import type { WorkloadClient } from '../workload/workload.client.js';
import { clusterFindings } from './cluster-findings.js';
import type { PreflightClient } from './preflight.client.js';
import { secretNeeds } from './secret-checks.js';

/** A deployment that is to be. */
export interface PreflightRequest extends Rehearsed {
  readonly spec: ServiceSpec;
  /** Undefined when the mutation's input says nothing of the specification. */
  readonly fieldOf?: SpecField | undefined;
  readonly secrets?: readonly SecretValue[] | undefined;
}

/** What is known of it before anything changes. */
export interface Preflight {
  /** Why the cluster could not do it: a deploy is recorded as FAILED with this. */
  readonly refusal: MeridianError | undefined;
  /** Why no pod of it could ever start, also where that is no reason to refuse it. */
  readonly impossible: MeridianError | undefined;
  /** It starts, and gets stuck. */
  readonly blockers: readonly UserErrorValue[];
  readonly warnings: readonly UserErrorValue[];
  readonly quota: readonly QuotaFitValue[];
  /** With as many pods as the autoscaler may make; empty without one. */
  readonly quotaAtMaximum: readonly QuotaFitValue[];
  /** Changes of others that it overwrites. */
  readonly overwrites: readonly FieldChangeValue[];
}

/** Ways out of trouble: what they lack is said, but does not stop them. */
const waysOut: readonly DeploymentKind[] = ['SCALE', 'ROLLBACK'];

/**
 * The one place that says what is wrong with a deployment before there is one, for `planDeployment` and `deploy` alike.
 * Three kinds of wrong:
 * - what Meridian knows by itself (host names taken) is refused without a record, like a specification that is not valid;
 * - what the cluster could never do (its API server refuses it; a Secret, storage class or amount is such that no pod
 *   could start; one pod is more than the whole quota) makes a FAILED record;
 * - a quota that leaves no room now does not stop a deploy: others may make room. It is said here, and by the rollout.
 */
export class PreflightService {
  constructor(
    private readonly client: PreflightClient,
    private readonly rehearsal: DeploymentRehearsal,
    private readonly drift: Pick<DriftService, 'list'>,
    private readonly workloads: Pick<WorkloadClient, 'get'>,
    private readonly services: Pick<ServiceRepository, 'listByIdsEvenDeleted'>,
    private readonly routes: Pick<RouteRepository, 'listTaken'>,
    private readonly environments: Pick<Environments, 'ingressDomain' | 'find'>,
  ) {}

  /** Throws ConflictError or BadUserInputError. Others are named only to who may see them. */
  async requireRoutes(set: PermissionSet, service: ServiceEntity, request: PreflightRequest): Promise<void> {
    const { spec, fieldOf } = request;
    const ingressDomain = await this.environments.ingressDomain(service.clusterId);
    const problems = domainProblems(spec, ingressDomain);
    if (problems.length > 0)
      throw new BadUserInputError(problems.map((problem) => located(problem, fieldOf)));
    const taken = await this.routes.listTaken(service, claimsOf(service, spec));
    if (taken.length === 0) return;
    const holders = await this.services.listByIdsEvenDeleted(taken.map(({ serviceId }) => serviceId));
    const messages = await Promise.all(
      taken.map(async ({ host, path, serviceId }) => {
        const holder = holders.find(({ id }) => id === serviceId);
        const place = `${host.includes('.') ? host : `${host}.${ingressDomain ?? '*'}`}${path === '/' ? '' : path}`;
        return `${place} belongs to ${await this.#nameOf(set, holder)}: use another domain or path.`;
      }),
    );
    throw new ConflictError([...new Set(messages)].join(' '), {
      field: fieldOf?.(['ports']) ?? ['input'],
    });
  }

  async #nameOf(set: PermissionSet, holder: ServiceEntity | undefined): Promise<string> {
    if (!holder || !set.allows('services.read', scopeOf(holder))) return 'another service of this cluster';
    const environment = await this.environments.find(holder.environmentId);
    return environment
      ? `the service ${quoted(holder.name)} of project ${quoted(environment.projectName)}`
      : `the service ${quoted(holder.name)}`;
  }

  /** Throws when the cluster does not answer. `id` names the deployment as it would be. */
  async check(
    caller: Caller,
    service: ServiceEntity,
    id: string,
    request: PreflightRequest,
  ): Promise<Preflight> {
    const { spec } = request;
    const { objects, bound, replacement } = await this.rehearsal.assemble(service, id, request);
    const needs = secretNeeds(spec, bound);
    const [facts, state, overwrites] = await Promise.all([
      this.client.read(caller, service, { objects, secrets: needs.map(({ secret }) => secret) }),
      this.workloads.get(service),
      this.drift.list(service),
    ]);
    const found = clusterFindings({
      service,
      spec,
      objects,
      needs,
      facts,
      pods: state.pods,
      replacement,
      coming: {
        secret: secretNameOf(service.name),
        keys: new Set((request.secrets ?? []).map(({ key }) => key)),
      },
    });
    const problems = found.problems.map((problem) => located(problem, request.fieldOf));
    const impossible = problems.length > 0 ? new BadUserInputError(problems) : undefined;
    const lacking = impossible ?? (found.noRoom ? new QuotaExceededError(found.noRoom) : undefined);
    const isWayOut = waysOut.includes(request.kind);
    const refusal =
      (isWayOut ? undefined : lacking) ?? (await this.rehearsal.refusalOf(caller, service, objects));
    const warn = (message: string, path: readonly string[] = []): UserErrorValue => ({
      code: 'BAD_USER_INPUT',
      field: [...located({ path, message }, request.fieldOf).field],
      message,
    });
    return {
      refusal,
      impossible,
      // What is refused needs no room.
      blockers: refusal
        ? []
        : found.blockers.map((message) => ({ code: 'QUOTA_EXCEEDED' as const, field: null, message })),
      warnings: [
        ...(isWayOut && lacking ? (toUserErrors(lacking) ?? []) : []),
        ...found.warnings.map(({ path, message }) => warn(message, path)),
      ],
      quota: found.quota,
      quotaAtMaximum: found.quotaAtMaximum,
      overwrites,
    };
  }
}

const located = (
  { path, message }: { readonly path: readonly string[]; readonly message: string },
  fieldOf: SpecField | undefined,
) => ({ field: fieldOf?.(path) ?? ['input'], message });
