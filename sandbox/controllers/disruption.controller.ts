import type { Api, KubernetesObject } from '../storage/api.js';
import { matchesLabelSelector } from '../storage/label-selector.js';
import { type PacedClock, timestamp } from './clock.js';
import { draftOf, isEqual } from './draft.js';
import { keyOf, type ObjectCache, splitKey } from './object-cache.js';
import { controllerOf } from './ownership.js';
import { findCondition, isPodFinished, isPodReady } from './pod-condition.js';
import { resolveRoundingUp } from './rollout-arithmetic.js';
import { WorkQueue } from './work-queue.js';

/** How long an evicted pod that is still there counts as disrupted. */
const DISRUPTION_TIMEOUT_MS = 120_000;

export interface DisruptionCaches {
  /** Indexed by namespace. */
  readonly budgets: ObjectCache;
  readonly pods: ObjectCache;
  readonly replicaSets: ObjectCache;
  readonly deployments: ObjectCache;
  readonly statefulSets: ObjectCache;
}

/** Keeps count of how many pods of each PodDisruptionBudget may be evicted. */
export class DisruptionController {
  private readonly queue: WorkQueue;

  constructor(
    private readonly api: Api,
    private readonly clock: PacedClock,
    private readonly caches: DisruptionCaches,
  ) {
    this.queue = new WorkQueue(clock, (key) => this.reconcile(key));
    caches.budgets.subscribe(({ object }) => this.queue.add(keyOf(object)));
    caches.pods.subscribe(({ object }) => {
      for (const budget of caches.budgets.by(object.metadata.namespace ?? ''))
        if (matchesLabelSelector(object.metadata.labels, budget['spec'].selector))
          this.queue.add(keyOf(budget));
    });
  }

  dispose(): void {
    this.queue.dispose();
  }

  private reconcile(key: string): void {
    const { namespace, name } = splitKey(key);
    const budget = this.api.get('poddisruptionbudgets', namespace, name);
    if (!budget || budget.metadata.deletionTimestamp) return;
    const { selector, minAvailable, maxUnavailable } = budget['spec'];
    const pods = this.caches.pods
      .by(`namespace/${namespace}`)
      .filter((pod) => matchesLabelSelector(pod.metadata.labels, selector) && !isPodFinished(pod));
    const disruptedPods = this.stillDisrupted(budget, pods);
    const expected = this.expectedPods(
      pods,
      maxUnavailable !== undefined || String(minAvailable).endsWith('%'),
    );
    const desired =
      maxUnavailable === undefined
        ? resolveRoundingUp(minAvailable, expected)
        : Math.max(0, expected - resolveRoundingUp(maxUnavailable, expected));
    const healthy = pods.filter(
      (pod) => isPodReady(pod) && !pod.metadata.deletionTimestamp && !(pod.metadata.name in disruptedPods),
    ).length;
    const allowed = expected > 0 ? Math.max(0, healthy - desired) : 0;
    const status = {
      observedGeneration: budget.metadata.generation ?? 1,
      ...(Object.keys(disruptedPods).length > 0 && { disruptedPods }),
      disruptionsAllowed: allowed,
      currentHealthy: healthy,
      desiredHealthy: desired,
      expectedPods: expected,
      conditions: [this.condition(budget, allowed > 0)],
    };
    if (isEqual(budget['status'], status)) return;
    this.api.update('poddisruptionbudgets', { ...draftOf(budget), status }, 'status');
  }

  private stillDisrupted(
    budget: KubernetesObject,
    pods: readonly KubernetesObject[],
  ): Record<string, string> {
    const disrupted: [string, string][] = Object.entries(budget['status']?.disruptedPods ?? {});
    const oldest = this.clock.now() - this.clock.scaled(DISRUPTION_TIMEOUT_MS);
    return Object.fromEntries(
      disrupted.filter(([name, since]) => {
        const pod = pods.find(({ metadata }) => metadata.name === name);
        return pod && !pod.metadata.deletionTimestamp && Date.parse(since) > oldest;
      }),
    );
  }

  /** With a percentage or maxUnavailable what the owners ask for counts, otherwise the pods that are there. */
  private expectedPods(pods: readonly KubernetesObject[], byOwner: boolean): number {
    if (!byOwner) return pods.length;
    const sizes = new Map<string, number>();
    for (const pod of pods) {
      const owner = this.scaledOwner(pod);
      sizes.set(owner?.metadata.uid ?? pod.metadata.uid, owner?.['spec'].replicas ?? 1);
    }
    return [...sizes.values()].reduce((sum, size) => sum + size, 0);
  }

  private scaledOwner(pod: KubernetesObject): KubernetesObject | undefined {
    const owner = controllerOf(pod);
    const key = `${pod.metadata.namespace}/${owner?.name}`;
    if (owner?.kind === 'StatefulSet') return this.caches.statefulSets.get(key);
    const replicaSet = owner?.kind === 'ReplicaSet' ? this.caches.replicaSets.get(key) : undefined;
    const parent = replicaSet && controllerOf(replicaSet);
    return (parent && this.caches.deployments.get(`${pod.metadata.namespace}/${parent.name}`)) ?? replicaSet;
  }

  private condition(budget: KubernetesObject, isAllowed: boolean) {
    const status = isAllowed ? 'True' : 'False';
    const before = findCondition(budget, 'DisruptionAllowed');
    const lastTransitionTime =
      (before?.status === status && before.lastTransitionTime) || timestamp(this.clock.now());
    return {
      type: 'DisruptionAllowed',
      status,
      observedGeneration: budget.metadata.generation ?? 1,
      lastTransitionTime,
      reason: isAllowed ? 'SufficientPods' : 'InsufficientPods',
      message: '',
    };
  }
}
