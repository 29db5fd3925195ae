import { firstList } from '../../shared/kubernetes/first-list.js';
import type { Informer, Observation } from '../../shared/kubernetes/informer.js';
import type { InformerLease, Informers } from '../../shared/kubernetes/informers.js';
import {
  type PersistentVolumeClaim,
  type Pod,
  type Resource,
  resources,
  type StatefulSet,
} from '../../shared/kubernetes/resources.js';
import type { KubernetesObject } from '../../shared/kubernetes/wire.js';
import { instanceLabel, managedSelector } from '../offering/manifest-rendering.js';
import type { InstancePlace } from './workload.client.js';

/** How long a query waits for a cluster's first lists before it says that nothing is known. */
const firstListMilliseconds = 2_000;

/** An instance's objects as the cluster last told them. */
export interface ObservedWorkload {
  /** False until the cluster's first lists are in. */
  readonly known: boolean;
  readonly statefulSet: StatefulSet | undefined;
  readonly pods: readonly Pod[];
  readonly claims: readonly PersistentVolumeClaim[];
  readonly observation: Observation;
}

const index = 'instance';
const indexes = {
  [index]: (object: KubernetesObject): string[] => {
    const id = object.metadata?.labels?.[instanceLabel];
    return id === undefined ? [] : [id];
  },
};

/** What informers know of instances: one watch for each cluster and kind, whoever asks and how often. */
export class WorkloadObserver {
  constructor(private readonly informers: Pick<Informers, 'acquire'>) {}

  /** From memory; waits a moment for the first lists of a cluster that nobody asked about before. */
  async observe(place: InstancePlace): Promise<ObservedWorkload> {
    using view = this.#open(place.clusterId);
    await view.synced();
    return view.read(place);
  }

  /** Calls the listener after each change of the instance's objects or of their freshness. Returns the unsubscriber. */
  subscribe(place: InstancePlace, listener: () => void): () => void {
    const view = this.#open(place.clusterId);
    const unsubscribe = view.subscribe(place, listener);
    return () => {
      unsubscribe();
      view[Symbol.dispose]();
    };
  }

  #open(clusterId: string): ClusterView {
    const acquire = <T extends KubernetesObject>(resource: Resource<T>): InformerLease<T> =>
      this.informers.acquire({ clusterId, resource, labelSelector: managedSelector, indexes });
    return new ClusterView(
      acquire(resources.statefulSets),
      acquire(resources.pods),
      acquire(resources.persistentVolumeClaims),
    );
  }
}

class ClusterView implements Disposable {
  constructor(
    private readonly statefulSets: InformerLease<StatefulSet>,
    private readonly pods: InformerLease<Pod>,
    private readonly claims: InformerLease<PersistentVolumeClaim>,
  ) {}

  get #informers(): Informer<KubernetesObject>[] {
    return this.#leases.map(({ informer }) => informer as unknown as Informer<KubernetesObject>);
  }

  get #leases(): InformerLease<never>[] {
    return [this.statefulSets, this.pods, this.claims] as unknown as InformerLease<never>[];
  }

  async synced(): Promise<void> {
    // Whether it failed or is late: what is known says so.
    const limit = { limitMs: firstListMilliseconds };
    await Promise.all(this.#informers.map((informer) => firstList(informer, limit)));
  }

  read(place: InstancePlace): ObservedWorkload {
    return {
      known: this.#informers.every(({ hasSynced }) => hasSynced),
      statefulSet: this.statefulSets.informer.get(`${place.namespace}/${place.name}`),
      pods: this.pods.informer.listBy(index, place.id),
      claims: [...this.claims.informer.listBy(index, place.id)].sort((a, b) =>
        (a.metadata?.name ?? '').localeCompare(b.metadata?.name ?? '', 'en', { numeric: true }),
      ),
      observation: leastFresh(this.#informers.map((informer) => informer.observation())),
    };
  }

  subscribe(place: InstancePlace, listener: () => void): () => void {
    const unsubscribers = this.#informers.map((informer) =>
      informer.subscribe((event) => {
        if ('object' in event && event.object.metadata?.labels?.[instanceLabel] !== place.id) return;
        listener();
      }),
    );
    return () => {
      for (const unsubscribe of unsubscribers) unsubscribe();
    };
  }

  [Symbol.dispose](): void {
    for (const lease of this.#leases) lease.release();
  }
}

/** A value made of several lists is as old as the oldest of them. */
function leastFresh(observations: readonly Observation[]): Observation {
  const time = ({ observedAt }: Observation): number => observedAt?.getTime() ?? Number.NEGATIVE_INFINITY;
  const oldest = [...observations].sort((a, b) => time(a) - time(b))[0];
  const error = observations.find((observation) => observation.error)?.error;
  return {
    observedAt: oldest?.observedAt ?? null,
    stale: observations.some(({ stale }) => stale),
    ...(error ? { error } : {}),
  };
}
