import type { Deployment, Pod, ReplicaSet } from '../../shared/kubernetes/resources.js';
import type { Blocker, BlockerKind } from './rollout-phase.js';

/** Starting a container normally takes less; what takes longer is worth a word. */
const patience = 15_000;
/** How long after its end an out-of-memory kill still counts as what blocks. */
const recently = 10 * 60_000;

type ContainerStatus = NonNullable<NonNullable<Pod['status']>['containerStatuses']>[number];
interface Finding {
  readonly kind: BlockerKind;
  readonly message: string;
  readonly since: string | undefined;
}

const imageReasons = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'InvalidImageName',
  'ErrImageNeverPull',
  'ImageInspectError',
  'RegistryUnavailable',
]);
export const isImageError = (reason: string | undefined): boolean => imageReasons.has(reason ?? '');

/** Why pods of the new template, or their making, do not get on. Pods with the same trouble are named together. */
export function blockersOf(
  now: number,
  facts: { workload: Deployment; replicaSets: readonly ReplicaSet[]; pods: readonly Pod[] },
): Blocker[] {
  const blockers = new Map<string, { finding: Finding; pods: string[]; since: string | undefined }>();
  for (const pod of facts.pods) {
    const finding = podFinding(pod, now);
    if (!finding) continue;
    const key = `${finding.kind} ${finding.message}`;
    const known = blockers.get(key);
    if (known) {
      known.pods.push(pod.metadata?.name ?? '');
      known.since = earlier(known.since, finding.since);
    } else {
      blockers.set(key, { finding, pods: [pod.metadata?.name ?? ''], since: finding.since });
    }
  }
  const found = [...blockers.values()].map(({ finding, pods, since }) => ({
    kind: finding.kind,
    message: finding.message,
    pods: pods.sort(),
    since: since ?? null,
  }));
  return [...found, ...creationBlockers(facts)];
}

/** Pods that could not even be created. */
function creationBlockers({
  workload,
  replicaSets,
}: {
  workload: Deployment;
  replicaSets: readonly ReplicaSet[];
}): Blocker[] {
  const failures = [
    ...replicaSets.flatMap((set) => set.status?.conditions ?? []),
    ...(workload.status?.conditions ?? []),
  ].filter((condition) => condition.type === 'ReplicaFailure' && condition.status === 'True');
  const [failure] = failures;
  if (!failure) return [];
  const text = failure.message ?? '';
  const quota = /exceeded quota: (\S+), requested: ([^:]*), used: ([^:]*), limited: (.*)$/.exec(text);
  const since = failure.lastTransitionTime ?? null;
  if (quota) {
    const [, name, requested, used, limited] = quota;
    return [
      {
        kind: 'QUOTA_EXCEEDED',
        message: `The quota of this environment leaves no room for another pod: it needs ${requested}, ${used} of ${limited} is in use (quota ${name}). Ask for a larger quota, or lower replicas or requests.`,
        pods: [],
        since,
      },
    ];
  }
  return [
    {
      kind: 'REJECTED',
      message: `The cluster refuses to create pods: ${text}`,
      pods: [],
      since,
    },
  ];
}

function podFinding(pod: Pod, now: number): Finding | undefined {
  if (pod.metadata?.deletionTimestamp) return undefined;
  const scheduled = conditionOf(pod, 'PodScheduled');
  if (scheduled?.status === 'False' && scheduled.reason === 'Unschedulable') {
    return {
      kind: 'UNSCHEDULABLE',
      message: `No node has room for the pod: ${firstSentence(scheduled.message)} Lower its requests, or ask for more nodes.`,
      since: scheduled.lastTransitionTime,
    };
  }
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  for (const status of statuses) {
    const finding = containerFinding(status, pod, now);
    if (finding) return finding;
  }
  if (pod.status?.phase === 'Failed') {
    return {
      kind: 'CRASH_LOOP',
      message: `The pod failed: ${pod.status.reason ?? ''} ${pod.status.message ?? ''}`.trim(),
      since: pod.metadata?.creationTimestamp,
    };
  }
  return waitingFinding(pod, now);
}

function containerFinding(status: ContainerStatus, pod: Pod, now: number): Finding | undefined {
  const waiting = status.state?.waiting;
  const ended = status.state?.terminated ?? status.lastState?.terminated;
  const name = status.name;
  if (isImageError(waiting?.reason)) {
    return {
      kind: 'IMAGE_PULL',
      message: `The image of container ${name}, ${imageOf(pod, name) ?? status.image}, can't be pulled: ${waiting?.message ?? waiting?.reason}`,
      since: pod.metadata?.creationTimestamp,
    };
  }
  if (waiting?.reason === 'CreateContainerConfigError' || waiting?.reason === 'CreateContainerError') {
    return {
      kind: 'CONFIGURATION',
      message: `Container ${name} can't be created: ${waiting.message ?? waiting.reason}`,
      since: pod.metadata?.creationTimestamp,
    };
  }
  if (
    waiting?.reason === 'RunContainerError' ||
    ended?.reason === 'StartError' ||
    ended?.reason === 'ContainerCannotRun'
  ) {
    return {
      kind: 'CONFIGURATION',
      message: `Container ${name} can't be started: ${waiting?.message ?? ended?.message ?? 'its command does not run'}`,
      since: pod.metadata?.creationTimestamp,
    };
  }
  if (ended?.reason === 'OOMKilled' && (!status.ready || within(recently, ended.finishedAt, now))) {
    return {
      kind: 'OUT_OF_MEMORY',
      message: `Container ${name} was ended because it used more memory than its limit (${status.restartCount} restarts). Raise limits.memory or lower what it uses.`,
      since: ended.finishedAt,
    };
  }
  if (
    waiting?.reason === 'CrashLoopBackOff' ||
    (ended && ended.exitCode !== 0 && !status.ready && status.restartCount > 0)
  ) {
    return {
      kind: 'CRASH_LOOP',
      message: `Container ${name} keeps ending with exit code ${ended?.exitCode ?? 'unknown'} (${status.restartCount} restarts). Its log says why: read it with previous: true.`,
      since: ended?.finishedAt,
    };
  }
  return undefined;
}

/** Nothing is wrong yet, but it takes long. */
function waitingFinding(pod: Pod, now: number): Finding | undefined {
  const ready = conditionOf(pod, 'Ready');
  const since = ready?.lastTransitionTime ?? pod.metadata?.creationTimestamp;
  if (ready?.status === 'True' || within(patience, since, now)) return undefined;
  if (pod.status?.phase === 'Running') {
    return { kind: 'NOT_READY', message: notReadyMessage(pod), since };
  }
  if (conditionOf(pod, 'PodReadyToStartContainers')?.status === 'False' && mountsVolumes(pod)) {
    return {
      kind: 'VOLUME',
      message:
        'A volume of the pod is not there yet: its claim, ConfigMap or Secret is missing or not bound.',
      since,
    };
  }
  return undefined;
}

function notReadyMessage(pod: Pod): string {
  const unready = (pod.status?.containerStatuses ?? [])
    .filter((status) => !status.ready)
    .map((status) => status.name);
  const probe = pod.spec?.containers.find((container) => unready.includes(container.name))?.readinessProbe;
  const asked = probe?.httpGet
    ? `GET ${probe.httpGet.path ?? '/'} on port ${probe.httpGet.port}`
    : probe?.tcpSocket
      ? `connecting to port ${probe.tcpSocket.port}`
      : probe?.exec
        ? `running ${(probe.exec.command ?? []).join(' ')}`
        : undefined;
  return `Container ${unready.join(', ')} runs but is not ready: ${
    asked ? `its readiness probe (${asked}) does not succeed.` : 'it does not report ready.'
  }`;
}

const mountsVolumes = (pod: Pod): boolean => (pod.spec?.volumes ?? []).some((volume) => !volume.projected);

export const conditionOf = (pod: Pod, type: string) =>
  pod.status?.conditions?.find((condition) => condition.type === type);

const imageOf = (pod: Pod, container: string): string | undefined =>
  [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])].find(
    ({ name }) => name === container,
  )?.image;

const within = (span: number, time: string | undefined, now: number): boolean =>
  time !== undefined && now - Date.parse(time) < span;

const firstSentence = (text = ''): string => `${text.split('. ')[0] ?? ''}.`.replace(/\.+$/, '.');

const earlier = (a: string | undefined, b: string | undefined): string | undefined =>
  a === undefined ? b : b === undefined || a < b ? a : b;
