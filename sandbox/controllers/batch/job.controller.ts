import type { Api, KubernetesObject } from '../../storage/api.js';
import { type PacedClock, timestamp } from '../clock.js';
import { draftOf, isEqual } from '../draft.js';
import { EventRecorder } from '../event-recorder.js';
import { keyOf, type ObjectCache, splitKey } from '../object-cache.js';
import { controllerOf } from '../ownership.js';
import { type Condition, findCondition, isPodActive, isPodFinished, isPodReady } from '../pod-condition.js';
import { WorkQueue } from '../work-queue.js';
import { backOffUntil, indexesFor, isTracked, isUncounted, jobPodDraft, TRACKING } from './job-pods.js';
import {
  deadlineOf,
  endConditions,
  finishedAt,
  isJobFinished,
  type JobEnd,
  jobEnd,
  suspendedCondition,
  withEnded,
} from './job-status.js';

/** Runs pods until as many as asked for have succeeded, or too many have failed. */
export class JobController {
  private readonly queue: WorkQueue;
  private readonly events: EventRecorder;

  constructor(
    private readonly api: Api,
    private readonly clock: PacedClock,
    private readonly caches: { readonly jobs: ObjectCache; readonly pods: ObjectCache },
  ) {
    this.queue = new WorkQueue(clock, (key) => this.reconcile(key));
    this.events = new EventRecorder(api, clock, { component: 'job-controller' });
    caches.jobs.subscribe(({ object }) => this.queue.add(keyOf(object)));
    caches.pods.subscribe(({ type, object }) => {
      const owner = controllerOf(object);
      if (owner?.kind !== 'Job') return;
      this.queue.add(`${object.metadata.namespace}/${owner.name}`);
      const isForgotten = !caches.jobs.get(`${object.metadata.namespace}/${owner.name}`);
      if (type !== 'DELETED' && isForgotten) this.release(object);
    });
  }

  dispose(): void {
    this.queue.dispose();
  }

  private reconcile(key: string): void {
    const { namespace, name } = splitKey(key);
    const job = this.api.get('jobs', namespace, name);
    if (!job) return;
    const pods = this.caches.pods.by(job.metadata.uid);
    if (job.metadata.deletionTimestamp) {
      for (const pod of pods) this.release(pod);
      return;
    }
    if (isJobFinished(job)) {
      this.expire(job);
      return;
    }
    const counted = this.count(job, pods);
    const end = this.endOf(job, counted);
    if (end) {
      this.finish(job, pods, counted, end);
      return;
    }
    const active = pods.filter(isPodActive);
    if (job['spec'].suspend) for (const pod of active) this.remove(job, pod);
    else this.manage(job, active, counted);
    this.publish(job, counted, this.suspensionOf(job, counted));
  }

  /** Adds what ended since the last look, and lets go of it. */
  private count(job: KubernetesObject, pods: readonly KubernetesObject[]): Record<string, any> {
    const ended = pods.filter(isUncounted);
    const counted = withEnded(job, ended, timestamp(this.clock.now()));
    for (const pod of ended) this.release(pod);
    return counted;
  }

  private endOf(job: KubernetesObject, counted: Record<string, any>): JobEnd | undefined {
    const deadline = deadlineOf(job, counted, this.clock);
    const now = this.clock.now();
    const hasActive = this.caches.pods.by(job.metadata.uid).some(isPodActive);
    const end = jobEnd(job, counted, { isOverdue: deadline !== undefined && deadline <= now, hasActive });
    if (!end && deadline !== undefined) this.queue.addAfter(keyOf(job), deadline - now);
    return end;
  }

  private finish(
    job: KubernetesObject,
    pods: readonly KubernetesObject[],
    counted: Record<string, any>,
    end: JobEnd,
  ): void {
    for (const pod of pods.filter(isPodActive)) this.remove(job, pod);
    const time = timestamp(this.clock.now());
    const isComplete = end.type === 'Complete';
    const { active: _, ready: __, ...rest } = counted;
    this.write(job, {
      ...rest,
      conditions: [...(job['status']?.conditions ?? []), ...endConditions(end, time)],
      terminating: 0,
      ready: 0,
      ...(isComplete && { completionTime: time }),
    });
    this.events.record(job, {
      type: isComplete ? 'Normal' : 'Warning',
      reason: isComplete ? 'Completed' : end.reason,
      message: isComplete ? 'Job completed' : end.message,
    });
  }

  private manage(
    job: KubernetesObject,
    active: readonly KubernetesObject[],
    counted: Record<string, any>,
  ): void {
    const { parallelism, completions } = job['spec'];
    const succeeded: number = counted['succeeded'] ?? 0;
    const wanted =
      completions === undefined
        ? succeeded > 0
          ? active.length
          : parallelism
        : Math.min(parallelism, completions - succeeded);
    for (const pod of active.slice(wanted)) this.remove(job, pod);
    const missing = wanted - active.length;
    if (missing <= 0) return;
    const pods = this.caches.pods.by(job.metadata.uid);
    const wait = backOffUntil(counted, pods, this.clock) - this.clock.now();
    if (wait > 0) {
      this.queue.addAfter(keyOf(job), wait);
      return;
    }
    for (const index of indexesFor(job, active, counted, missing)) this.create(job, index);
  }

  private create(job: KubernetesObject, index: number | undefined): void {
    try {
      const pod = this.api.create('pods', jobPodDraft(job, index));
      const message = `Created pod: ${pod.metadata.name}`;
      this.events.record(job, { type: 'Normal', reason: 'SuccessfulCreate', message });
    } catch (error) {
      const message = `Error creating: ${error instanceof Error ? error.message : error}`;
      this.events.record(job, { type: 'Warning', reason: 'FailedCreate', message });
      throw error;
    }
  }

  private remove(job: KubernetesObject, pod: KubernetesObject): void {
    this.release(pod);
    this.api.remove('pods', pod.metadata.namespace, pod.metadata.name);
    const message = `Deleted pod: ${pod.metadata.name}`;
    this.events.record(job, { type: 'Normal', reason: 'SuccessfulDelete', message });
  }

  private release(pod: KubernetesObject): void {
    const current = this.api.get('pods', pod.metadata.namespace, pod.metadata.name);
    if (current?.metadata.uid !== pod.metadata.uid || !isTracked(current)) return;
    const draft = draftOf(current);
    draft.metadata['finalizers'] = (current.metadata.finalizers ?? []).filter(
      (finalizer) => finalizer !== TRACKING,
    );
    this.api.update('pods', draft);
  }

  private suspensionOf(job: KubernetesObject, counted: Record<string, any>): readonly Condition[] {
    const conditions: readonly Condition[] = counted['conditions'] ?? [];
    const before = findCondition(job, 'Suspended');
    const isSuspended = job['spec'].suspend === true;
    if ((before?.status === 'True') === isSuspended) return conditions;
    const next = suspendedCondition(isSuspended, timestamp(this.clock.now()));
    const event = {
      type: 'Normal',
      reason: isSuspended ? 'Suspended' : 'Resumed',
      message: next.message,
    } as const;
    this.events.record(job, event);
    return [...conditions.filter(({ type }) => type !== 'Suspended'), next];
  }

  private publish(
    job: KubernetesObject,
    counted: Record<string, any>,
    conditions: readonly Condition[],
  ): void {
    const pods = this.caches.pods.by(job.metadata.uid);
    const active = pods.filter(isPodActive);
    const { active: _, ...rest } = counted;
    this.write(job, {
      ...rest,
      ...(conditions.length > 0 && { conditions }),
      ...(active.length > 0 && { active: active.length }),
      ready: active.filter(isPodReady).length,
      terminating: pods.filter((pod) => pod.metadata.deletionTimestamp && !isPodFinished(pod)).length,
    });
  }

  private write(job: KubernetesObject, status: Record<string, any>): void {
    const current = this.api.get('jobs', job.metadata.namespace, job.metadata.name);
    const known = Object.fromEntries(Object.entries(status).filter(([, value]) => value !== undefined));
    if (current && !isEqual(current['status'], known))
      this.api.update('jobs', { ...draftOf(current), status: known }, 'status');
  }

  /** ttlSecondsAfterFinished */
  private expire(job: KubernetesObject): void {
    for (const pod of this.caches.pods.by(job.metadata.uid)) if (isPodFinished(pod)) this.release(pod);
    const seconds: number | undefined = job['spec'].ttlSecondsAfterFinished;
    if (seconds === undefined) return;
    const left = finishedAt(job) + this.clock.scaled(seconds * 1000) - this.clock.now();
    if (left > 0) this.queue.addAfter(keyOf(job), left);
    else
      this.api.remove('jobs', job.metadata.namespace, job.metadata.name, { propagationPolicy: 'Foreground' });
  }
}
