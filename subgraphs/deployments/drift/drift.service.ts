import type { FieldChangeValue } from '../../shared/changed-fields.js';
import {
  ClusterAuthFailedError,
  ClusterRejectedError,
  ClusterUnavailableError,
  type ErrorCode,
  MeridianError,
  RateLimitedError,
  TimeoutError,
} from '../../shared/errors.js';
import type { Connections } from '../../shared/kubernetes/connections.js';
import { findObject } from '../../shared/kubernetes/objects.js';
import { resourceOf } from '../../shared/kubernetes/resources.js';
import type { KubernetesObject } from '../../shared/kubernetes/wire.js';
import type { DeploymentEntity } from '../deployment/deployment.entity.js';
import type { DeploymentRepository } from '../deployment/deployment.repository.js';
import type { ServiceEntity } from '../service/service.entity.js';
import { buildDeployment } from '../workload/deployment.builder.js';
import { deploymentLabel } from '../workload/labels.js';
import type { WorkloadAssembler } from '../workload/workload.assembler.js';
import type { WorkloadClient, WorkloadState } from '../workload/workload.client.js';
import { driftOf, kindAndName } from './drift.js';

/** What others changed. */
export interface DriftAnswer {
  /** Where the cluster does not answer: of what was last seen of the main Deployment, which is in memory. */
  readonly changes: FieldChangeValue[];
  /** Why the cluster does not answer; null when it does. */
  readonly unavailable: { readonly code: ErrorCode; readonly message: string } | null;
}

/** Says what others changed in the cluster since Meridian applied its last word. It stays so until the next deploy. */
export class DriftService {
  constructor(
    private readonly deployments: Pick<DeploymentRepository, 'find'>,
    private readonly assembler: Pick<WorkloadAssembler, 'assemble'>,
    private readonly workloads: Pick<WorkloadClient, 'get'>,
    private readonly connections: Pick<Connections, 'get'>,
  ) {}

  /** The same as `list`; that the cluster does not answer is an answer. */
  async answer(service: ServiceEntity): Promise<DriftAnswer> {
    try {
      return { changes: await this.list(service), unavailable: null };
    } catch (error) {
      if (!isClusterFault(error)) throw error;
      const { code, message } = error;
      return { changes: await this.#lastSeen(service), unavailable: { code, message } };
    }
  }

  async #lastSeen(service: ServiceEntity): Promise<FieldChangeValue[]> {
    const current = await this.#applied(service);
    return current ? workloadDrift(service, current, await this.workloads.get(service)) : [];
  }

  /**
   * Deployments from memory, everything else by one call each: not for lists. Empty while there is nothing to compare:
   * never deployed, stopped, or still to be applied.
   */
  async list(service: ServiceEntity): Promise<FieldChangeValue[]> {
    const current = await this.#applied(service);
    if (!current) return [];
    const [wanted, state, connection] = await Promise.all([
      this.assembler.assemble(service, current),
      this.workloads.get(service),
      this.connections.get(service.clusterId),
    ]);
    const live = new Map<string, KubernetesObject>();
    await Promise.all(
      wanted.map(async (object) => {
        const found =
          this.#inMemory(object, state) ??
          (await findObject(connection, resourceOf(object), {
            namespace: service.namespace,
            name: object.metadata?.name ?? '',
          }));
        if (found) live.set(kindAndName(object), found);
      }),
    );
    return driftOf(wanted, live);
  }

  /** Written last by the deployment that is wanted: what is in memory may be from before. */
  #inMemory(object: KubernetesObject, state: WorkloadState): KubernetesObject | undefined {
    if (object.kind !== 'Deployment' || state.observed.stale) return undefined;
    const found = [state.workload, state.canary].find(
      (each) => each?.metadata?.name === object.metadata?.name,
    );
    const isSame = writerOf(found) !== undefined && writerOf(found) === writerOf(object);
    return isSame ? found : undefined;
  }

  async #applied(service: ServiceEntity): Promise<DeploymentEntity | undefined> {
    if (service.deletedAt || service.currentDeploymentId === null) return undefined;
    const current = await this.deployments.find(service.currentDeploymentId);
    const isApplied = current?.appliedAt != null && current.phase !== 'ABORTED';
    return isApplied ? current : undefined;
  }
}

/** The cluster is at fault, or too many wait for it: not the caller, and not Meridian. */
const isClusterFault = (error: unknown): error is MeridianError =>
  error instanceof MeridianError &&
  [
    ClusterUnavailableError,
    ClusterAuthFailedError,
    ClusterRejectedError,
    TimeoutError,
    RateLimitedError,
  ].some((kind) => error instanceof kind);

const writerOf = (object: KubernetesObject | undefined): string | undefined =>
  object?.metadata?.annotations?.[deploymentLabel];

/** Of the main Deployment alone, from what is in memory: for lists. A canary under way is passed over. */
export function workloadDrift(
  service: ServiceEntity,
  current: DeploymentEntity,
  state: WorkloadState,
): FieldChangeValue[] {
  const { workload } = state;
  if (!workload || current.appliedAt === null || current.baseId !== null || current.phase === 'ABORTED')
    return [];
  if (writerOf(workload) !== current.id) return [];
  const wanted = buildDeployment({
    service,
    deployment: { ...current, canary: null },
    scaledTo: workload.spec?.replicas ?? null,
    ingressDomain: null,
  });
  const changes = driftOf([wanted], new Map([[kindAndName(wanted), workload]]));
  return current.spec.autoscaling
    ? changes.filter(({ path }) => path !== `${kindAndName(wanted)}.spec.replicas`)
    : changes;
}
