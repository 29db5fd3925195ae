import { type Api, ApiError, type Draft, type KubernetesObject } from '../../storage/api.js';
import { type PacedClock, timestamp } from '../clock.js';
import { draftOf, isEqual } from '../draft.js';
import { EventRecorder } from '../event-recorder.js';
import { keyOf, type ObjectCache, splitKey } from '../object-cache.js';
import { controllerOf, controllerReference } from '../ownership.js';
import { findCondition } from '../pod-condition.js';
import { WorkQueue } from '../work-queue.js';
import { nextTime, parseCron } from './cron-schedule.js';
import { isJobFinished } from './job-status.js';

const SCHEDULED_AT = 'batch.kubernetes.io/cronjob-scheduled-timestamp';
const MINUTE_MS = 60_000;

export interface CronJobCaches {
  readonly cronJobs: ObjectCache;
  /** Indexed by the uid of the controller. */
  readonly jobs: ObjectCache;
}

/** Makes a Job at each time of a schedule. Schedules follow the clock of the day, in UTC, whatever the pace. */
export class CronJobController {
  private readonly queue: WorkQueue;
  private readonly events: EventRecorder;

  constructor(
    private readonly api: Api,
    private readonly clock: PacedClock,
    private readonly caches: CronJobCaches,
  ) {
    this.queue = new WorkQueue(clock, (key) => this.reconcile(key));
    this.events = new EventRecorder(api, clock, { component: 'cronjob-controller' });
    caches.cronJobs.subscribe(({ object }) => this.queue.add(keyOf(object)));
    caches.jobs.subscribe(({ object }) => {
      const owner = controllerOf(object);
      if (owner?.kind === 'CronJob') this.queue.add(`${object.metadata.namespace}/${owner.name}`);
    });
  }

  dispose(): void {
    this.queue.dispose();
  }

  private reconcile(key: string): void {
    const { namespace, name } = splitKey(key);
    const cronJob = this.api.get('cronjobs', namespace, name);
    if (!cronJob || cronJob.metadata.deletionTimestamp) return;
    const jobs = this.caches.jobs.by(cronJob.metadata.uid);
    this.removeOld(cronJob, jobs);
    const status = { ...cronJob['status'], ...this.outcomeOf(jobs) };
    const schedule = parseCron(cronJob['spec'].schedule);
    if (!schedule) {
      const message = `Unparseable schedule: ${cronJob['spec'].schedule}`;
      this.events.record(cronJob, { type: 'Warning', reason: 'UnparseableSchedule', message });
      return;
    }
    const now = this.clock.now();
    const since = Date.parse(cronJob['status']?.lastScheduleTime ?? cronJob.metadata.creationTimestamp);
    const missed = nextTime(schedule, since);
    if (missed !== undefined && missed <= now && !cronJob['spec'].suspend)
      this.start(cronJob, jobs, latestTime(schedule, missed, now), status);
    this.publish(cronJob, status);
    const next = nextTime(schedule, now);
    if (next !== undefined) this.queue.addAfter(key, next - now);
  }

  private start(
    cronJob: KubernetesObject,
    jobs: readonly KubernetesObject[],
    at: number,
    status: Record<string, any>,
  ): void {
    const { concurrencyPolicy, startingDeadlineSeconds } = cronJob['spec'];
    if (startingDeadlineSeconds !== undefined && at + startingDeadlineSeconds * 1000 < this.clock.now()) {
      const message = `Missed scheduled time to start a job: ${new Date(at).toUTCString()}`;
      this.events.record(cronJob, { type: 'Warning', reason: 'MissSchedule', message });
      status['lastScheduleTime'] = timestamp(at);
      return;
    }
    const active = jobs.filter((job) => !isJobFinished(job));
    if (concurrencyPolicy === 'Forbid' && active.length > 0) {
      const message = 'Not starting job because prior execution is running and concurrency policy is Forbid';
      this.events.record(cronJob, { type: 'Normal', reason: 'JobAlreadyActive', message });
      return;
    }
    if (concurrencyPolicy === 'Replace') for (const job of active) this.remove(cronJob, job);
    status['lastScheduleTime'] = timestamp(at);
    try {
      const job = this.api.create('jobs', jobDraft(cronJob, at));
      const message = `Created job ${job.metadata.name}`;
      this.events.record(cronJob, { type: 'Normal', reason: 'SuccessfulCreate', message });
      status['active'] = [...(status['active'] ?? []), referenceTo(job)];
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.reason === 'AlreadyExists') return;
      const message = `Error creating job: ${error.message}`;
      this.events.record(cronJob, { type: 'Warning', reason: 'FailedCreate', message });
    }
  }

  private outcomeOf(jobs: readonly KubernetesObject[]): Record<string, any> {
    const active = jobs.filter((job) => !isJobFinished(job)).map(referenceTo);
    const successes = jobs
      .filter((job) => findCondition(job, 'Complete')?.status === 'True')
      .map((job) => String(job['status'].completionTime))
      .sort();
    const lastSuccessfulTime = successes.at(-1);
    return {
      active: active.length > 0 ? active : undefined,
      ...(lastSuccessfulTime && { lastSuccessfulTime }),
    };
  }

  private removeOld(cronJob: KubernetesObject, jobs: readonly KubernetesObject[]): void {
    const { successfulJobsHistoryLimit, failedJobsHistoryLimit } = cronJob['spec'];
    for (const [type, limit] of [
      ['Complete', successfulJobsHistoryLimit],
      ['Failed', failedJobsHistoryLimit],
    ] as const) {
      const ended = jobs
        .filter((job) => findCondition(job, type)?.status === 'True')
        .sort((a, b) => a.metadata.creationTimestamp.localeCompare(b.metadata.creationTimestamp));
      for (const job of ended.slice(0, Math.max(0, ended.length - (limit ?? ended.length))))
        this.remove(cronJob, job);
    }
  }

  private remove(cronJob: KubernetesObject, job: KubernetesObject): void {
    this.api.remove('jobs', job.metadata.namespace, job.metadata.name, { propagationPolicy: 'Background' });
    const message = `Deleted job ${job.metadata.name}`;
    this.events.record(cronJob, { type: 'Normal', reason: 'SuccessfulDelete', message });
  }

  private publish(cronJob: KubernetesObject, status: Record<string, any>): void {
    const known = Object.fromEntries(Object.entries(status).filter(([, value]) => value !== undefined));
    if (!isEqual(cronJob['status'] ?? {}, known))
      this.api.update('cronjobs', { ...draftOf(cronJob), status: known }, 'status');
  }
}

/** Of several missed times only the last is made up for. */
function latestTime(schedule: NonNullable<ReturnType<typeof parseCron>>, first: number, now: number): number {
  let latest = first;
  for (
    let next = nextTime(schedule, latest);
    next !== undefined && next <= now;
    next = nextTime(schedule, next)
  )
    latest = next;
  return latest;
}

const referenceTo = ({ apiVersion, kind, metadata }: KubernetesObject) => ({
  kind,
  namespace: metadata.namespace,
  name: metadata.name,
  uid: metadata.uid,
  apiVersion,
  resourceVersion: metadata.resourceVersion,
});

function jobDraft(cronJob: KubernetesObject, at: number): Draft {
  const { metadata = {}, spec } = cronJob['spec'].jobTemplate;
  return structuredClone({
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      name: `${cronJob.metadata.name}-${Math.floor(at / MINUTE_MS)}`,
      namespace: cronJob.metadata.namespace,
      ...(metadata.labels && { labels: metadata.labels }),
      annotations: { ...metadata.annotations, [SCHEDULED_AT]: timestamp(at) },
      ownerReferences: [controllerReference(cronJob)],
    },
    spec,
  });
}
