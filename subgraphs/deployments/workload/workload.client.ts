import type {
  Informer,
  InformerEvent,
  Observation as InformerObservation,
} from '../../shared/kubernetes/informer.js';
import type { Informers } from '../../shared/kubernetes/informers.js';
import { type Deployment, type Pod, type ReplicaSet, resources } from '../../shared/kubernetes/resources.js';
import type { KubernetesObject } from '../../shared/kubernetes/wire.js';
import type { ClusterFacts } from '../rollout/rollout.js';
import { managedSelector, serviceIdOf, templateIdOf } from './labels.js';

/** How long a query waits for a cluster that it asks for the first time. */
const syncMilliseconds = 2_000;

const byService = { service: (object: KubernetesObject) => [serviceIdOf(object) ?? ''] };

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
  /** The deployment whose template the controller was last given; undefined when there is none. */
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
    const request = { clusterId, labelSelector: managedSelector, indexes: byService };
    const deployments = this.informers.acquire({ ...request, resource: resources.deployments });
    const replicaSets = this.informers.acquire({ ...request, resource: resources.replicaSets });
    const pods = this.informers.acquire({ ...request, resource: resources.pods });
    return new ClusterView(clusterId, deployments.informer, replicaSets.informer, pods.informer, () => {
      for (const lease of [deployments, replicaSets, pods]) lease.release();
    });
  }
}

export interface WorkloadWatch {
  state(): WorkloadState;
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
    readonly release: () => void,
  ) {}

  get #informers(): Informer<KubernetesObject>[] {
    return [this.deployments, this.replicaSets, this.pods] as Informer<KubernetesObject>[];
  }

  async synced(signal?: AbortSignal): Promise<void> {
    // One that has failed already answers no sooner for being waited for.
    const waiting = this.#informers.filter(
      (informer) => !informer.hasSynced && !informer.observation().error,
    );
    if (waiting.length === 0) return;
    const deadline = AbortSignal.timeout(syncMilliseconds);
    const either = signal ? AbortSignal.any([deadline, signal]) : deadline;
    // Not in time, or not at all: `known` and `observed` say so.
    await Promise.allSettled(waiting.map((informer) => informer.synced(either)));
  }

  state(serviceId: string): WorkloadState {
    const workload = this.deployments.listBy('service', serviceId)[0];
    return {
      known: this.#informers.every((informer) => informer.hasSynced),
      observed: this.observed(),
      workload,
      replicaSets: this.replicaSets.listBy('service', serviceId),
      pods: [...this.pods.listBy('service', serviceId)].sort(byName),
      templateId: workload?.spec?.template.metadata
        ? templateIdOf({ metadata: { labels: workload.spec.template.metadata.labels ?? {} } })
        : undefined,
    };
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
    return () => {
      for (const unsubscribe of unsubscribers) unsubscribe();
    };
  }
}
