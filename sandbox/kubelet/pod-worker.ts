import type { Clock, TimerHandle } from '../controllers/clock.js';
import { draftOf, isEqual } from '../controllers/draft.js';
import type { Occurrence } from '../controllers/event-memory.js';
import type { EventRecorder } from '../controllers/event-recorder.js';
import { type Api, ApiError, type KubernetesObject } from '../storage/api.js';
import type { ContainerHost } from './container-host.js';
import { ContainerMachine } from './container-machine.js';
import { annotatedFault, type NodeFault } from './faults.js';
import type { ImageStore } from './image.js';
import { type Eviction, podStatus } from './pod-status.js';
import { earliest, PodTermination } from './pod-termination.js';
import { PodVolumes } from './pod-volumes.js';
import { MissingReferenceError, readEnvironment } from './references.js';

const NOTICE_MS = 15;
const TELL_MS = 60;
const SANDBOX_MS = 600;
const REMOVE_AFTER_MS = 800;
const RETRY_MS = 1000;
const EVICTED_BY_ANNOTATION = 'The node was low on resource: ephemeral-storage. (injected fault)';

/** What a pod needs of its node; one for all pods of a node. */
export interface PodPlace {
  readonly api: Api;
  readonly clock: Clock;
  readonly random: () => number;
  readonly pace: number;
  /** How much slower or faster than ordinary machines the nodes are. */
  readonly latency: number;
  readonly images: ImageStore;
  readonly events: EventRecorder;
  readonly node: {
    readonly name: string;
    readonly address: string;
    readonly faults: () => ReadonlySet<NodeFault>;
  };
  /** Takes an address of the node's range for the pod. */
  readonly takeAddress: () => string;
}

/** Runs one pod on one node, from its assignment to its removal. */
export class PodWorker implements ContainerHost {
  readonly init: ContainerMachine[];
  readonly containers: ContainerMachine[];
  /** Added to the running pod, for looking into it. */
  readonly ephemeral: ContainerMachine[] = [];
  podIP = '';
  isStopping = false;
  private timer: TimerHandle;
  private startTime: number | undefined;
  private sandboxAt: number | undefined;
  /** Until all are mounted. */
  private volumes: PodVolumes | undefined;
  /** From when the pod began to end. */
  private ending: PodTermination | undefined;
  private eviction: Eviction | undefined;
  private isSuspended = false;
  private tellAt: number | undefined;
  private removeAt: number | undefined;
  private isDisposed = false;

  constructor(
    private readonly place: PodPlace,
    public pod: KubernetesObject,
  ) {
    const { containers, initContainers = [] } = pod['spec'];
    this.init = initContainers.map(
      (spec: any) => new ContainerMachine(this, spec, spec.restartPolicy === 'Always' ? 'sidecar' : 'init'),
    );
    this.containers = containers.map((spec: any) => new ContainerMachine(this, spec, 'main'));
    this.isSuspended = this.isNodeLost;
    this.schedule(this.now() + this.scaled(NOTICE_MS));
  }

  get api(): Api {
    return this.place.api;
  }

  get clock(): Clock {
    return this.place.clock;
  }

  get random(): () => number {
    return this.place.random;
  }

  get pace(): number {
    return this.place.pace;
  }

  get images(): ImageStore {
    return this.place.images;
  }

  get node(): string {
    return this.place.node.name;
  }

  get hasInit(): boolean {
    return (this.pod['spec'].initContainers ?? []).length > 0;
  }

  now(): number {
    return this.place.clock.now();
  }

  scaled(ms: number): number {
    return Math.round(ms * this.place.pace);
  }

  latency(ms: number): number {
    return Math.round(ms * this.place.pace * this.place.latency);
  }

  get isRegistryUnreachable(): boolean {
    return this.place.node.faults().has('registry-unreachable');
  }

  /** Nobody hears from the node: nothing happens that anybody could see. */
  get isNodeLost(): boolean {
    return this.place.node.faults().has('lost');
  }

  /** The node was lost or has come back. */
  nodeChanged(): void {
    if (this.isSuspended === this.isNodeLost) return;
    this.isSuspended = this.isNodeLost;
    this.schedule(this.now() + this.scaled(NOTICE_MS));
  }

  /** Ends the pod at once, because its node lacks something. */
  evict(eviction: Eviction): void {
    if (this.eviction || this.pod.metadata.deletionTimestamp) return;
    this.eviction = eviction;
    this.record('', { type: 'Warning', reason: 'Evicted', message: eviction.message });
    this.schedule(this.now());
  }

  machine(name: string): ContainerMachine | undefined {
    return [...this.containers, ...this.init, ...this.ephemeral].find(({ spec }) => spec.name === name);
  }

  /** The pod has changed at the API server. */
  update(pod: KubernetesObject): void {
    const { metadata } = this.pod;
    this.pod = pod;
    const isAsked =
      this.addEphemeral() ||
      metadata.deletionTimestamp !== pod.metadata.deletionTimestamp ||
      metadata.annotations !== pod.metadata.annotations;
    if (isAsked) this.schedule(this.now() + this.scaled(NOTICE_MS));
  }

  /** True when the pod has more ephemeral containers than before. */
  private addEphemeral(): boolean {
    const specs: any[] = this.pod['spec'].ephemeralContainers ?? [];
    // By name: a strategic merge puts what it adds in front.
    const added = specs.filter((spec) => this.ephemeral.every((machine) => machine.spec.name !== spec.name));
    this.ephemeral.push(...added.map((spec) => new ContainerMachine(this, spec, 'ephemeral')));
    return added.length > 0;
  }

  wake(): void {
    this.schedule(this.now());
  }

  record(fieldPath: string, occurrence: Occurrence): void {
    this.place.events.record(this.pod, { ...occurrence, ...(fieldPath && { fieldPath }) });
  }

  configError(container: any): string | undefined {
    try {
      readEnvironment(this.api, this.pod, container);
      return undefined;
    } catch (error) {
      if (error instanceof MissingReferenceError) return error.message;
      throw error;
    }
  }

  dispose(): void {
    this.isDisposed = true;
    if (this.timer !== undefined) this.clock.clear(this.timer);
    for (const machine of [...this.init, ...this.containers, ...this.ephemeral]) machine.dispose();
  }

  private schedule(at: number | undefined): void {
    if (this.isDisposed) return;
    if (this.timer !== undefined) this.clock.clear(this.timer);
    this.timer = undefined;
    if (at === undefined || this.isSuspended) return;
    this.timer = this.clock.setTimeout(
      () => {
        this.timer = undefined;
        this.schedule(this.attempt());
      },
      Math.max(0, at - this.now()),
    );
  }

  private attempt(): number | undefined {
    try {
      return this.step();
    } catch (error) {
      // The API server may refuse a write, of a pod that is gone for instance; the next look sees why.
      if (error instanceof ApiError) return this.now() + this.scaled(RETRY_MS);
      throw error;
    }
  }

  /** Does what is due and answers when something is due next. */
  private step(): number | undefined {
    if (this.isDisposed) return undefined;
    const now = this.now();
    if (this.pod.metadata.deletionTimestamp) return this.stepDeletion(now);
    this.startTime ??= now;
    if (annotatedFault(this.pod) === 'evicted')
      this.evict({ reason: 'Evicted', message: EVICTED_BY_ANNOTATION });
    const next = this.eviction ? this.end(0) : this.stepLife(now);
    this.publish();
    return next;
  }

  private stepLife(now: number): number | undefined {
    if (this.sandboxAt === undefined) {
      this.volumes ??= new PodVolumes(this);
      const retryAt = this.volumes.step(now);
      if (retryAt !== undefined) return retryAt;
      this.volumes = undefined;
      this.sandboxAt = now + this.latency(SANDBOX_MS * (0.75 + 0.5 * this.random()));
    }
    if (this.sandboxAt > now) return this.sandboxAt;
    if (!this.podIP) {
      this.podIP = this.place.takeAddress();
      this.publish();
    }
    return this.stepContainers();
  }

  private stepContainers(): number | undefined {
    const times: (number | undefined)[] = [];
    for (const machine of this.init) {
      machine.begin();
      times.push(machine.step());
      const isPassed = machine.role === 'sidecar' ? machine.isStarted : machine.hasSucceeded;
      if (!isPassed) return earliest(times);
    }
    for (const machine of [...this.containers, ...this.ephemeral]) {
      machine.begin();
      times.push(machine.step());
    }
    if (this.containers.every(({ isDone }) => isDone)) times.push(this.endSidecars());
    return earliest(times);
  }

  /** Stops what still runs; answers when something is due next. */
  private end(graceMs: number): number | undefined {
    this.isStopping = true;
    this.ending ??= new PodTermination(this, this.containers, this.init);
    return this.ending.step(graceMs);
  }

  /** Sidecars have nothing to stand beside any more. */
  private endSidecars(): number | undefined {
    return this.end(this.scaled((this.pod['spec'].terminationGracePeriodSeconds ?? 30) * 1000));
  }

  private stepDeletion(now: number): number | undefined {
    const grace = this.scaled((this.pod.metadata.deletionGracePeriodSeconds ?? 30) * 1000);
    for (const machine of this.ephemeral) machine.dispose();
    const next = this.end(grace);
    if (next !== undefined) {
      // Only a moment after the containers were told does the kubelet report that it saw the deletion.
      this.tellAt ??= now + this.scaled(TELL_MS);
      if (this.tellAt > now) return Math.min(this.tellAt, next);
      if (this.startTime !== undefined) this.publish();
      return next;
    }
    this.startTime ??= now;
    this.publish();
    this.removeAt ??= now + this.latency(REMOVE_AFTER_MS);
    if (this.removeAt > now) return this.removeAt;
    const { namespace, name } = this.pod.metadata;
    this.api.remove('pods', namespace, name, { gracePeriodSeconds: 0 });
    return undefined;
  }

  private publish(): void {
    const { namespace, name, uid } = this.pod.metadata;
    const current = this.api.get('pods', namespace, name);
    if (current?.metadata.uid !== uid) return;
    const status = podStatus(current, {
      startTime: this.startTime ?? this.now(),
      hostIP: this.place.node.address,
      podIP: this.podIP || undefined,
      init: this.init,
      containers: this.containers,
      ephemeral: this.ephemeral,
      now: this.now(),
      eviction: this.eviction,
    });
    if (isEqual(current['status'], status)) return;
    this.pod = this.api.update('pods', { ...draftOf(current), status }, 'status');
  }
}
