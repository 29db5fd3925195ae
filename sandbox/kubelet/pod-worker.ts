import type { Clock, TimerHandle } from '../controllers/clock.js';
import { draftOf, isEqual } from '../controllers/draft.js';
import type { EventRecorder, Occurrence } from '../controllers/event-recorder.js';
import { type Api, ApiError, type KubernetesObject } from '../storage/api.js';
import type { ContainerHost } from './container-host.js';
import { ContainerMachine } from './container-machine.js';
import type { ImageStore } from './image.js';
import { podStatus } from './pod-status.js';
import { MissingReferenceError, missingVolume, readEnvironment } from './references.js';

const NOTICE_MS = 15;
const SANDBOX_MS = 600;
const REMOVE_AFTER_MS = 800;
const RETRY_MS = 1000;
const LAST_MOUNT_RETRY_MS = 122_000;

export interface PodWorkerOptions {
  readonly api: Api;
  readonly clock: Clock;
  readonly random: () => number;
  readonly pace: number;
  readonly images: ImageStore;
  readonly events: EventRecorder;
  readonly node: { readonly name: string; readonly address: string };
  /** Takes an address of the node's range for the pod. */
  readonly takeAddress: () => string;
}

/** Runs one pod on one node, from its assignment to its removal. */
export class PodWorker implements ContainerHost {
  readonly init: ContainerMachine[];
  readonly containers: ContainerMachine[];
  podIP = '';
  isStopping = false;
  private timer: TimerHandle;
  private startTime: number | undefined;
  private sandboxAt: number | undefined;
  private nextMountAt = 0;
  private mountRetryMs = 500;
  private removeAt: number | undefined;
  private isDisposed = false;

  constructor(
    private readonly options: PodWorkerOptions,
    public pod: KubernetesObject,
  ) {
    const { containers, initContainers = [] } = pod['spec'];
    this.init = initContainers.map(
      (spec: any) => new ContainerMachine(this, spec, spec.restartPolicy === 'Always' ? 'sidecar' : 'init'),
    );
    this.containers = containers.map((spec: any) => new ContainerMachine(this, spec, 'main'));
    this.schedule(this.now() + this.scaled(NOTICE_MS));
  }

  get api(): Api {
    return this.options.api;
  }

  get clock(): Clock {
    return this.options.clock;
  }

  get random(): () => number {
    return this.options.random;
  }

  get pace(): number {
    return this.options.pace;
  }

  get images(): ImageStore {
    return this.options.images;
  }

  get node(): string {
    return this.options.node.name;
  }

  get hasInit(): boolean {
    return (this.pod['spec'].initContainers ?? []).length > 0;
  }

  now(): number {
    return this.options.clock.now();
  }

  scaled(ms: number): number {
    return Math.round(ms * this.options.pace);
  }

  machine(name: string): ContainerMachine | undefined {
    return [...this.containers, ...this.init].find(({ spec }) => spec.name === name);
  }

  /** The pod has changed at the API server. */
  update(pod: KubernetesObject): void {
    const { metadata } = this.pod;
    this.pod = pod;
    const isAsked =
      metadata.deletionTimestamp !== pod.metadata.deletionTimestamp ||
      metadata.annotations !== pod.metadata.annotations;
    if (isAsked) this.schedule(this.now() + this.scaled(NOTICE_MS));
  }

  wake(): void {
    this.schedule(this.now());
  }

  record(fieldPath: string, occurrence: Occurrence): void {
    this.options.events.record(this.pod, { ...occurrence, ...(fieldPath && { fieldPath }) });
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
    for (const machine of [...this.init, ...this.containers]) machine.dispose();
  }

  private schedule(at: number | undefined): void {
    if (this.isDisposed) return;
    if (this.timer !== undefined) this.clock.clear(this.timer);
    this.timer = undefined;
    if (at === undefined) return;
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
      if (error instanceof ApiError) return this.now() + RETRY_MS;
      throw error;
    }
  }

  /** Does what is due and answers when something is due next. */
  private step(): number | undefined {
    if (this.isDisposed) return undefined;
    const now = this.now();
    if (this.pod.metadata.deletionTimestamp) return this.stepDeletion(now);
    this.startTime ??= now;
    const next = this.stepLife(now);
    this.publish();
    return next;
  }

  private stepLife(now: number): number | undefined {
    if (this.sandboxAt === undefined) {
      if (this.nextMountAt > now) return this.nextMountAt;
      const problem = missingVolume(this.api, this.pod);
      if (problem) return this.failMount(problem, now);
      this.sandboxAt = now + this.scaled(SANDBOX_MS * (0.75 + 0.5 * this.random()));
    }
    if (this.sandboxAt > now) return this.sandboxAt;
    if (!this.podIP) {
      this.podIP = this.options.takeAddress();
      this.publish();
    }
    return this.stepContainers();
  }

  private failMount(message: string, now: number): number {
    this.record('', { type: 'Warning', reason: 'FailedMount', message });
    this.nextMountAt = now + this.scaled(this.mountRetryMs);
    this.mountRetryMs = Math.min(2 * this.mountRetryMs, LAST_MOUNT_RETRY_MS);
    return this.nextMountAt;
  }

  private stepContainers(): number | undefined {
    const times: (number | undefined)[] = [];
    for (const machine of this.init) {
      machine.begin();
      times.push(machine.step());
      const isPassed = machine.role === 'sidecar' ? machine.isStarted : machine.hasSucceeded;
      if (!isPassed) return earliest(times);
    }
    for (const machine of this.containers) {
      machine.begin();
      times.push(machine.step());
    }
    return earliest(times);
  }

  private stepDeletion(now: number): number | undefined {
    const grace = this.scaled((this.pod.metadata.deletionGracePeriodSeconds ?? 30) * 1000);
    if (!this.isStopping) {
      this.isStopping = true;
      for (const machine of [...this.containers, ...this.init]) {
        if (machine.isRunning) {
          const message = `Stopping container ${machine.spec.name}`;
          this.record(machine.path, { type: 'Normal', reason: 'Killing', message });
        }
        machine.stop(grace);
      }
    }
    const times = [...this.containers, ...this.init].map((machine) => machine.step());
    const next = earliest(times);
    if (next !== undefined) return next;
    this.startTime ??= now;
    this.publish();
    this.removeAt ??= now + this.scaled(REMOVE_AFTER_MS);
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
      hostIP: this.options.node.address,
      podIP: this.podIP || undefined,
      init: this.init,
      containers: this.containers,
      now: this.now(),
    });
    if (isEqual(current['status'], status)) return;
    this.pod = this.api.update('pods', { ...draftOf(current), status }, 'status');
  }
}

const earliest = (times: readonly (number | undefined)[]): number | undefined => {
  const known = times.filter((time) => time !== undefined);
  return known.length > 0 ? Math.min(...known) : undefined;
};
