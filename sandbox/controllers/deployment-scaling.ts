import type { Api, KubernetesObject } from '../storage/api.js';
import { annotateSizes, desiredReplicasOf } from './deployment-revisions.js';
import { draftOf } from './draft.js';
import type { EventRecorder } from './event-recorder.js';
import {
  byAge,
  newReplicaSetSize,
  proportionalSizes,
  rolloutLimits,
  specReplicas,
  statusSum,
} from './rollout-arithmetic.js';

/** A Deployment with its ReplicaSets; `new` is the one of the current template. */
export interface ReplicaSetsOf {
  readonly deployment: KubernetesObject;
  readonly new: KubernetesObject | undefined;
  readonly old: readonly KubernetesObject[];
}

export const allOf = (sets: ReplicaSetsOf): KubernetesObject[] =>
  sets.new ? [...sets.old, sets.new] : [...sets.old];

export const activeOf = (replicaSets: readonly KubernetesObject[]): KubernetesObject[] =>
  replicaSets.filter((replicaSet) => replicaSet['spec'].replicas > 0);

/** Decides and writes the sizes of a Deployment's ReplicaSets. Each step answers whether it changed anything. */
export class DeploymentScaling {
  constructor(
    private readonly api: Api,
    private readonly events: EventRecorder,
  ) {}

  /** Whether the Deployment's size changed since its ReplicaSets were last sized. */
  isScaled({ deployment, ...sets }: ReplicaSetsOf): boolean {
    return activeOf(allOf({ deployment, ...sets })).some((replicaSet) => {
      const desired = desiredReplicasOf(replicaSet);
      return desired !== undefined && desired !== deployment['spec'].replicas;
    });
  }

  /** Brings the ReplicaSets to a new size of the Deployment without moving the rollout on. */
  resize(sets: ReplicaSetsOf): void {
    const { deployment, old } = sets;
    const wanted: number = deployment['spec'].replicas;
    const active = activeOf(allOf(sets));
    const only = active.length > 1 ? undefined : (active[0] ?? sets.new ?? [...old].sort(byAge).at(-1));
    if (only) {
      if (only['spec'].replicas !== wanted) this.setSize(only, wanted, deployment);
      return;
    }
    if (isSaturated(sets)) {
      for (const replicaSet of activeOf(old)) this.setSize(replicaSet, 0, deployment);
      return;
    }
    if (deployment['spec'].strategy?.type === 'Recreate') return;
    for (const [replicaSet, size] of proportionalSizes(deployment, active))
      this.setSize(replicaSet, size, deployment);
  }

  growNew(sets: ReplicaSetsOf): boolean {
    const { deployment } = sets;
    if (!sets.new) return false;
    const size: number = sets.new['spec'].replicas;
    const wanted: number = deployment['spec'].replicas;
    if (size === wanted) return false;
    const next = size > wanted ? wanted : newReplicaSetSize(deployment, allOf(sets), size);
    return this.setSize(sets.new, next, deployment);
  }

  /** Takes away first what is not available anyway, then as many as availability allows. */
  shrinkOld(sets: ReplicaSetsOf): boolean {
    const { deployment } = sets;
    if (specReplicas(sets.old) === 0) return false;
    const minAvailable = deployment['spec'].replicas - rolloutLimits(deployment).maxUnavailable;
    const newUnavailable = sets.new
      ? sets.new['spec'].replicas - (sets.new['status']?.availableReplicas ?? 0)
      : 0;
    const most = specReplicas(allOf(sets)) - minAvailable - newUnavailable;
    if (most <= 0) return false;

    const old = [...sets.old].sort(byAge);
    const sizes = new Map(old.map((replicaSet) => [replicaSet, replicaSet['spec'].replicas as number]));
    const shrink = (limit: number, spareOf: (replicaSet: KubernetesObject, size: number) => number) => {
      let taken = 0;
      for (const [replicaSet, size] of sizes) {
        const fewer = Math.min(limit - taken, spareOf(replicaSet, size));
        if (fewer <= 0) continue;
        sizes.set(replicaSet, size - fewer);
        taken += fewer;
      }
    };
    shrink(most, (replicaSet, size) => size - (replicaSet['status']?.availableReplicas ?? 0));
    shrink(statusSum(allOf(sets), 'availableReplicas') - minAvailable, (_, size) => size);
    return [...sizes].map(([replicaSet, size]) => this.setSize(replicaSet, size, deployment)).some(Boolean);
  }

  emptyOld({ deployment, old }: ReplicaSetsOf): boolean {
    return activeOf(old).map((replicaSet) => this.setSize(replicaSet, 0, deployment)).length > 0;
  }

  setSize(replicaSet: KubernetesObject, size: number, deployment: KubernetesObject): boolean {
    const before: number = replicaSet['spec'].replicas;
    const draft = draftOf(replicaSet);
    const annotated = annotateSizes(draft, deployment);
    if (size === before && !annotated) return false;
    draft['spec'].replicas = size;
    this.api.update('replicasets', draft);
    if (size === before) return false;
    this.recordScaling(deployment, replicaSet.metadata.name, before, size);
    return true;
  }

  recordScaling(deployment: KubernetesObject, name: string, before: number, after: number): void {
    const direction = after > before ? 'up' : 'down';
    const message = `Scaled ${direction} replica set ${name} from ${before} to ${after}`;
    this.events.record(deployment, { type: 'Normal', reason: 'ScalingReplicaSet', message });
  }
}

function isSaturated({ deployment, new: current }: ReplicaSetsOf): boolean {
  if (!current) return false;
  const wanted: number = deployment['spec'].replicas;
  return (
    current['spec'].replicas === wanted &&
    desiredReplicasOf(current) === wanted &&
    (current['status']?.availableReplicas ?? 0) === wanted
  );
}
