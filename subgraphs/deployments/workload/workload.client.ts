import { NotFoundError } from '../../shared/errors.js';
import { firstList } from '../../shared/kubernetes/first-list.js';
import type {
  Informer,
  InformerEvent,
  Observation as InformerObservation,
} from '../../shared/kubernetes/informer.js';
import type { Informers } from '../../shared/kubernetes/informers.js';
import {
  type Deployment,
  type Node,
  type Pod,
  type ReplicaSet,
  resources,
} from '../../shared/kubernetes/resources.js';
import { type KubernetesObject, keyOf } from '../../shared/kubernetes/wire.js';
import type { LostNodes } from '../rollout/blockers.js';
import type { ClusterFacts } from '../rollout/rollout.js';
import { isCanary, managedSelector, serviceIdOf, templateIdOf } from './labels.js';

/** How long a query waits for a cluster that it asks for the first time. */
const syncMilliseconds = 2_000;

export interface WorkloadKey {
  readonly id: string;
  readonly clusterId: string;
}

export interface Observed {
  readonly clusterId: string;
  readonly observedAt: Date | null;
  readonly stale: boolean;
  readonly error: { readonly code: string; readonly message: string } | null;
}

export interface WorkloadState extends ClusterFacts {
  /** False until the first list is in: nothing can be said about what runs. */
  readonly known: boolean;
  readonly observed: Observed;
  /** The deployment whose template a controller was last given, a canary's included; undefined without any. */
  readonly templateId: string | undefined;
}

/** What the API servers say about services' workloads, from memory. One watch for each cluster and kind. */
export class WorkloadClient {
  constructor(private readonly informers: Informers) {}

  /** The state now; waits a bounded time for the first list of a cluster. */
  async get(service: WorkloadKey, signal?: AbortSignal): Promise<WorkloadState> {
    const view = this.#acquire(service.clusterId);
    try {
      await view.synced(signal);
      return view.state(service.id);
    } finally {
      view.release();
    }
  }

  /** States of many services, in their order: one wait for each cluster. */
  async list(services: readonly WorkloadKey[]): Promise<WorkloadState[]> {
    const clusters = new Map<string, ClusterView>();
    for (const { clusterId } of services) {
      if (!clusters.has(clusterId)) clusters.set(clusterId, this.#acquire(clusterId));
    }
    try {
      await Promise.all([...clusters.values()].map((view) => view.synced()));
      return services.map(({ id, clusterId }) => (clusters.get(clusterId) as ClusterView).state(id));
    } finally {
      for (const view of clusters.values()) view.release();
    }
  }

  /** Calls `changed` after each change of the service's objects, or of how fresh they are; read `state` then. */
  watch(service: WorkloadKey, changed: () => void): WorkloadWatch {
    const view = this.#acquire(service.clusterId);
    const unsubscribe = view.subscribe(service.id, changed);
    void view.synced().then(changed);
    return {
      state: () => view.state(service.id),
      requireCluster: () => view.requireCluster(),
      synced: () => view.synced(),
      release: () => {
        unsubscribe();
        view.release();
      },
    };
  }

  /** Pods with these labels in a namespace, of marketplace instances for example. */
  async listPods(
    clusterId: string,
    namespace: string,
    labels: Readonly<Record<string, string>>,
  ): Promise<Pod[]> {
    const view = this.#acquire(clusterId);
    try {
      await view.synced();
      return view.pods
        .listBy('namespace', namespace)
        .filter((pod) =>
          Object.entries(labels).every(([name, value]) => pod.metadata?.labels?.[name] === value),
        )
        .sort(byName);
    } finally {
      view.release();
    }
  }

  #acquire(clusterId: string): ClusterView {
    const request = { clusterId, labelSelector: managedSelector };
    const deployments = this.informers.acquire({ ...request, resource: resources.deployments });
    const replicaSets = this.informers.acquire({ ...request, resource: resources.replicaSets });
    const pods = this.informers.acquire({ ...request, resource: resources.pods });
    const nodes = this.informers.acquire({ clusterId, resource: resources.nodes });
    const all = [deployments, replicaSets, pods, nodes];
    return new ClusterView(
      clusterId,
      deployments.informer,
      replicaSets.informer,
      pods.informer,
      nodes.informer,
      () => {
        for (const lease of all) lease.release();
      },
    );
  }
}

export interface WorkloadWatch {
  state(): WorkloadState;
  /** Throws NotFoundError when the cluster was removed: nothing of it comes any more. */
  requireCluster(): void;
  /** Resolves when the first lists are in, or were waited for long enough. */
  synced(): Promise<void>;
  release(): void;
}

const byName = (a: KubernetesObject, b: KubernetesObject): number =>
  (a.metadata?.name ?? '').localeCompare(b.metadata?.name ?? '');

class ClusterView {
  constructor(
    private readonly clusterId: string,
    private readonly deployments: Informer<Deployment>,
    private readonly replicaSets: Informer<ReplicaSet>,
    readonly pods: Informer<Pod>,
    private readonly nodes: Informer<Node>,
    readonly release: () => void,
  ) {}

  /** Without the nodes: whether those may be seen, and are, changes nothing about what is known of a service. */
  get #informers(): Informer<KubernetesObject>[] {
    return [this.deployments, this.replicaSets, this.pods] as Informer<KubernetesObject>[];
  }

  async synced(signal?: AbortSignal): Promise<void> {
    // Not in time, or not at all: `known` and `observed` say so.
    const limit = { limitMs: syncMilliseconds, signal };
    await Promise.all(this.#informers.map((informer) => firstList(informer, limit)));
  }

  state(serviceId: string): WorkloadState {
    const own = this.deployments.listBy('service', serviceId);
    const workload = own.find((deployment) => !isCanary(deployment));
    const canary = own.find(isCanary);
    const newest = canary ?? workload;
    const pods = [...this.pods.listBy('service', serviceId)].sort(byName);
    return {
      known: this.#informers.every((informer) => informer.hasSynced),
      observed: this.observed(),
      workload,
      canary,
      replicaSets: this.replicaSets.listBy('service', serviceId),
      pods,
      lostNodes: this.#lostAmong(pods),
      templateId: newest?.spec?.template.metadata
        ? templateIdOf({ metadata: { labels: newest.spec.template.metadata.labels ?? {} } })
        : undefined,
    };
  }

  requireCluster(): void {
    // Of an API server’s own refusals of a list none has this code.
    if (this.#informers.some((informer) => informer.observation().error?.code === 'NOT_FOUND')) {
      throw new NotFoundError('cluster', this.clusterId);
    }
  }

  observed(): Observed {
    const all = this.#informers.map((informer) => informer.observation());
    const worst = all.find(({ stale }) => stale) ?? (all[0] as InformerObservation);
    const times = all.map(({ observedAt }) => observedAt?.getTime() ?? null);
    return {
      clusterId: this.clusterId,
      observedAt: times.includes(null) ? null : new Date(Math.min(...(times as number[]))),
      stale: worst.stale,
      error: worst.error ?? null,
    };
  }

  subscribe(serviceId: string, changed: () => void): () => void {
    const listener = (event: InformerEvent<KubernetesObject>): void => {
      if ('object' in event) {
        if (serviceIdOf(event.object) === serviceId) changed();
      } else if (event.type !== 'RESYNCED') changed();
    };
    const unsubscribers = this.#informers.map((informer) => informer.subscribe(listener));
    const lost = new Set<string>();
    const onNode = (event: InformerEvent<Node>): void => {
      if (!('object' in event)) return;
      const name = event.object.metadata?.name ?? '';
      const isLost = event.type !== 'DELETED' && lostCondition(event.object) !== undefined;
      if (isLost === lost.has(name)) return;
      if (isLost) lost.add(name);
      else lost.delete(name);
      changed();
    };
    for (const node of this.nodes.list()) {
      if (lostCondition(node)) lost.add(node.metadata?.name ?? '');
    }
    unsubscribers.push(this.nodes.subscribe(onNode));
    return () => {
      for (const unsubscribe of unsubscribers) unsubscribe();
    };
  }

  #lostAmong(pods: readonly Pod[]): LostNodes {
    const lost = new Map<string, string | undefined>();
    for (const name of new Set(pods.map(({ spec }) => spec?.nodeName ?? ''))) {
      const condition = lostCondition(this.nodes.get(keyOf({ metadata: { name } })));
      if (condition) lost.set(name, condition.lastTransitionTime);
    }
    return lost;
  }
}

/**
 * The condition that says that a node has stopped answering; one that says itself that it is not ready does answer.
 * https://kubernetes.io/docs/reference/node/node-status/#condition
 */
const lostCondition = (node: Node | undefined) =>
  node?.status?.conditions?.find(({ type, status }) => type === 'Ready' && status === 'Unknown');
