import { type Api, ApiError, type KubernetesObject } from '../storage/api.js';
import { matchesLabelSelector } from '../storage/label-selector.js';
import type { PacedClock } from './clock.js';
import { DeploymentNotes } from './deployment-notes.js';
import {
  findNewReplicaSet,
  newReplicaSetDraft,
  nextRevision,
  removeOldReplicaSets,
  reuseReplicaSet,
  revisionOf,
} from './deployment-revisions.js';
import { activeOf, allOf, DeploymentScaling, type ReplicaSetsOf } from './deployment-scaling.js';
import {
  countReplicas,
  type DeploymentStatus,
  isComplete,
  progressDeadline,
  withRolloutConditions,
} from './deployment-status.js';
import { draftOf } from './draft.js';
import { EventRecorder } from './event-recorder.js';
import { keyOf, type ObjectCache, splitKey } from './object-cache.js';
import { controllerOf, controllerReference, isControlledBy } from './ownership.js';
import { isPodFinished } from './pod-condition.js';
import { WorkQueue } from './work-queue.js';

export interface DeploymentCaches {
  readonly deployments: ObjectCache;
  /** Indexed by namespace. */
  readonly replicaSets: ObjectCache;
  /** Indexed by the uid of the controller. */
  readonly pods: ObjectCache;
}

/** Rolls Deployments out over ReplicaSets, in the steps and with the conditions of Kubernetes' own controller. */
export class DeploymentController {
  private readonly queue: WorkQueue;
  private readonly scaling: DeploymentScaling;
  private readonly notes: DeploymentNotes;

  constructor(
    private readonly api: Api,
    private readonly clock: PacedClock,
    private readonly caches: DeploymentCaches,
  ) {
    this.queue = new WorkQueue(clock, (key) => this.reconcile(key));
    this.scaling = new DeploymentScaling(
      api,
      new EventRecorder(api, clock, { component: 'deployment-controller' }),
    );
    this.notes = new DeploymentNotes(api, clock);
    caches.deployments.subscribe(({ object }) => this.queue.add(keyOf(object)));
    caches.replicaSets.subscribe(({ object }) => this.enqueueOwner(object));
    caches.pods.subscribe(({ type, object }) => {
      // Recreate waits for old pods to be gone; nothing else here depends on single pods.
      const replicaSet = type === 'DELETED' ? controllerOf(object) : undefined;
      const owner = replicaSet && caches.replicaSets.get(`${object.metadata.namespace}/${replicaSet.name}`);
      if (owner) this.enqueueOwner(owner);
    });
  }

  dispose(): void {
    this.queue.dispose();
  }

  private enqueueOwner(replicaSet: KubernetesObject): void {
    const owner = controllerOf(replicaSet);
    if (owner?.kind === 'Deployment') this.queue.add(`${replicaSet.metadata.namespace}/${owner.name}`);
  }

  private reconcile(key: string): void {
    const { namespace, name } = splitKey(key);
    const read = () => this.api.get('deployments', namespace, name);
    const found = read();
    if (!found) return;
    if (found.metadata.deletionTimestamp) {
      this.publishCounts(this.lookUp(found));
      return;
    }
    this.notes.pause(found);
    const deployment = read();
    if (!deployment) return;
    const { paused, strategy } = deployment['spec'];
    const known = this.lookUp(deployment);
    if (paused || this.scaling.isScaled(known)) {
      this.resize(known);
      return;
    }
    if (strategy?.type === 'Recreate') {
      this.recreate(known);
      return;
    }
    this.roll(this.provideNew(known));
  }

  private resize(known: ReplicaSetsOf): void {
    this.scaling.resize(known.new ? this.provideNew(known) : known);
    const sets = this.refresh(known.deployment);
    if (sets.deployment['spec'].paused) removeOldReplicaSets(this.api, sets.deployment, sets.old);
    this.publishCounts(this.refresh(known.deployment));
  }

  private roll(sets: ReplicaSetsOf): void {
    if (
      !this.scaling.growNew(sets) &&
      !this.scaling.shrinkOld(sets) &&
      isComplete(sets.deployment, statusOf(sets))
    )
      removeOldReplicaSets(this.api, sets.deployment, sets.old);
    this.publishRollout(this.refresh(sets.deployment));
  }

  private recreate(known: ReplicaSetsOf): void {
    const isWaiting = this.scaling.emptyOld(known) || this.hasPods(known.old);
    if (isWaiting) {
      this.publishRollout(this.refresh(known.deployment));
      return;
    }
    const sets = this.provideNew(known);
    this.scaling.growNew(sets);
    if (isComplete(sets.deployment, statusOf(sets)))
      removeOldReplicaSets(this.api, sets.deployment, sets.old);
    this.publishRollout(this.refresh(sets.deployment));
  }

  private hasPods(replicaSets: readonly KubernetesObject[]): boolean {
    return replicaSets.some(({ metadata }) =>
      this.caches.pods.by(metadata.uid).some((pod) => !isPodFinished(pod)),
    );
  }

  private refresh({ metadata }: KubernetesObject): ReplicaSetsOf {
    const deployment = this.api.get('deployments', metadata.namespace, metadata.name);
    if (!deployment) throw new ApiError(404, 'NotFound', `deployments.apps "${metadata.name}" not found`);
    return this.lookUp(deployment);
  }

  /** The Deployment's ReplicaSets; orphans that its selector matches are adopted. */
  private lookUp(deployment: KubernetesObject): ReplicaSetsOf {
    const { namespace } = deployment.metadata;
    const owned: KubernetesObject[] = [];
    for (const replicaSet of this.caches.replicaSets.by(namespace ?? '')) {
      if (isControlledBy(replicaSet, deployment)) owned.push(replicaSet);
      else if (this.mayAdopt(deployment, replicaSet)) owned.push(this.adopt(deployment, replicaSet));
    }
    const current = findNewReplicaSet(deployment, owned);
    return { deployment, new: current, old: owned.filter((replicaSet) => replicaSet !== current) };
  }

  private mayAdopt(deployment: KubernetesObject, replicaSet: KubernetesObject): boolean {
    if (controllerOf(replicaSet) || replicaSet.metadata.deletionTimestamp) return false;
    if (deployment.metadata.deletionTimestamp) return false;
    return matchesLabelSelector(replicaSet.metadata.labels, deployment['spec'].selector);
  }

  private adopt(deployment: KubernetesObject, replicaSet: KubernetesObject): KubernetesObject {
    const draft = draftOf(replicaSet);
    const others = replicaSet.metadata.ownerReferences ?? [];
    draft.metadata['ownerReferences'] = [...others, controllerReference(deployment)];
    return this.api.update('replicasets', draft);
  }

  /** Makes sure that the ReplicaSet of the current template exists and carries the newest revision. */
  private provideNew(sets: ReplicaSetsOf): ReplicaSetsOf {
    const { deployment } = sets;
    const revision = nextRevision(sets.old);
    if (sets.new) {
      const reused = reuseReplicaSet(this.api, deployment, sets.new, revision);
      const message = `Found new replica set "${reused.metadata.name}"`;
      this.notes.revision(
        deployment,
        String(revisionOf(reused)),
        { reason: 'FoundNewReplicaSet', message },
        true,
      );
      return this.refresh(deployment);
    }
    const draft = newReplicaSetDraft(deployment, sets.old, revision);
    const name = draft.metadata.name ?? '';
    try {
      this.api.create('replicasets', draft);
    } catch (error) {
      if (error instanceof ApiError && error.reason === 'AlreadyExists')
        this.notes.collision(deployment, error);
      const message = `Failed to create new replica set "${name}": ${error instanceof Error ? error.message : error}`;
      this.notes.progress(deployment, { status: 'False', reason: 'ReplicaSetCreateError', message });
      throw error;
    }
    if (draft['spec'].replicas > 0) this.scaling.recordScaling(deployment, name, 0, draft['spec'].replicas);
    const message = `Created new replica set "${name}"`;
    this.notes.revision(deployment, String(revision), { reason: 'NewReplicaSetCreated', message }, false);
    return this.refresh(deployment);
  }

  private publishCounts(sets: ReplicaSetsOf): void {
    const { deployment } = sets;
    this.notes.write(deployment, countReplicas(deployment, allOf(sets), sets.new, this.clock.now()));
  }

  private publishRollout(sets: ReplicaSetsOf): void {
    const { deployment } = sets;
    const now = this.clock.now();
    const counted = countReplicas(deployment, allOf(sets), sets.new, now);
    const status = withRolloutConditions(deployment, counted, allOf(sets), sets.new, this.clock);
    this.notes.write(deployment, status);
    const deadline = progressDeadline(deployment, status);
    const isMoving = !isComplete(deployment, status) || activeOf(sets.old).length > 0;
    if (deadline !== undefined && isMoving) this.queue.addAfter(keyOf(deployment), deadline - now + 1000);
  }
}

const statusOf = ({ deployment }: ReplicaSetsOf): DeploymentStatus => deployment['status'] ?? {};
