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

/** Names of nodes, with the time since when each does not answer, as the cluster says (RFC 3339). */
export type LostNodes = ReadonlyMap<string, string | undefined>;

/** Why pods of the new template, or their making, do not get on. Pods with the same trouble are named together. */
export function blockersOf(
  now: number,
  facts: {
    workload: Deployment;
    replicaSets: readonly ReplicaSet[];
    pods: readonly Pod[];
    lostNodes?: LostNodes | undefined;
  },
): Blocker[] {
  const blockers = new Map<string, { finding: Finding; pods: string[]; since: string | undefined }>();
  for (const pod of facts.pods) {
    const finding = podFinding(pod, now, facts.lostNodes);
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

function podFinding(pod: Pod, now: number, lostNodes?: LostNodes): Finding | undefined {
  const disruption = disruptionFinding(pod, now);
  if (disruption) return disruption;
  if (pod.metadata?.deletionTimestamp) return undefined;
  const scheduled = conditionOf(pod, 'PodScheduled');
  if (scheduled?.status === 'False' && scheduled.reason === 'Unschedulable') {
    return { ...placeFinding(firstSentence(scheduled.message)), since: scheduled.lastTransitionTime };
  }
  const lost = lostNodeFinding(pod, lostNodes);
  if (lost) return lost;
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

/** What the scheduler says that nodes lack, and what helps against it. */
const placeRemedies: readonly (readonly [RegExp, string])[] = [
  [/Insufficient|Too many pods/, 'Lower its requests, or ask for more nodes.'],
  [/affinity|selector/, 'Choose other labels in nodeSelector.'],
  [/taint/, 'Bear the taint with tolerations, if you may.'],
];

function placeFinding(said: string): Pick<Finding, 'kind' | 'message'> {
  if (/unbound immediate PersistentVolumeClaim|persistentvolumeclaim .* not found/i.test(said)) {
    return {
      kind: 'VOLUME',
      message: `The pod waits for a volume, its claim is not bound yet: ${said} The events of the service say what its storage class waits for.`,
    };
  }
  const remedies = placeRemedies.filter(([cause]) => cause.test(said)).map(([, remedy]) => ` ${remedy}`);
  return { kind: 'UNSCHEDULABLE', message: `No node takes the pod: ${said}${remedies.join('')}` };
}

function containerFinding(status: ContainerStatus, pod: Pod, now: number): Finding | undefined {
  const waiting = status.state?.waiting;
  const ended = status.state?.terminated ?? status.lastState?.terminated;
  const name = status.name;
  if (isImageError(waiting?.reason)) {
    return {
      kind: 'IMAGE_PULL',
      message: `The image of container ${name}, ${imageOf(pod, name) ?? status.image}, can't be pulled: ${waiting?.message ?? waiting?.reason}${pullAdvice(pod, waiting?.message)}`,
      since: pod.metadata?.creationTimestamp,
    };
  }
  if (waiting?.reason === 'CreateContainerConfigError' || waiting?.reason === 'CreateContainerError') {
    return {
      kind: 'CONFIGURATION',
      message: `Container ${name} can't be created: ${asSentence(waiting.message ?? waiting.reason)}${/not found|couldn't find/.test(waiting.message ?? '') ? ' Create what is missing, or deploy without it.' : ''}`,
      since: pod.metadata?.creationTimestamp,
    };
  }
  const neverRan = ended?.reason === 'StartError' || ended?.reason === 'ContainerCannotRun';
  if (waiting?.reason === 'RunContainerError' || neverRan) {
    // Later it waits to be tried again, and what it waits for says only that.
    const said = (neverRan ? ended?.message : undefined) ?? waiting?.message ?? 'its command does not run';
    return {
      kind: 'CONFIGURATION',
      message: `Container ${name} can't be started: ${asSentence(said)} Check command and args against what the image holds.`,
      since: pod.metadata?.creationTimestamp,
    };
  }
  if (ended?.reason === 'OOMKilled' && (!status.ready || within(recently, ended.finishedAt, now))) {
    return {
      kind: 'OUT_OF_MEMORY',
      message: `Container ${name} was ended because it used more memory than its limit. Raise limits.memory or lower what it uses.`,
      since: ended.finishedAt,
    };
  }
  if (waiting?.reason === 'CrashLoopBackOff' || (ended && !status.ready && status.restartCount > 0)) {
    return {
      kind: 'CRASH_LOOP',
      message: endingMessage(status, pod),
      since: ended?.finishedAt,
    };
  }
  return undefined;
}

/** Why the cluster takes pods away (`DisruptionTarget`), in words for whoever deploys. */
const disruptions: Readonly<Record<string, string>> = {
  PreemptionByScheduler: 'to make room for pods of a higher priority',
  DeletionByTaintManager: 'because its node does not answer any more, or no longer takes such pods',
  EvictionByEvictionAPI: 'because its node is being drained',
  TerminationByKubelet: 'because its node is short of memory, disk or processes',
};

/** https://kubernetes.io/docs/concepts/workloads/pods/disruptions/#pod-disruption-conditions */
function disruptionFinding(pod: Pod, now: number): Finding | undefined {
  const target = conditionOf(pod, 'DisruptionTarget');
  const isEvicted = pod.status?.phase === 'Failed' && pod.status.reason === 'Evicted';
  if (target?.status !== 'True' && !isEvicted) return undefined;
  const since = target?.lastTransitionTime ?? pod.metadata?.creationTimestamp;
  if (!within(recently, since, now)) return undefined;
  const why = disruptions[target?.reason ?? 'TerminationByKubelet'] ?? 'of the cluster’s own accord';
  const said = pod.status?.message ?? target?.message;
  return {
    kind: 'EVICTED',
    message: `The cluster takes the pod away from node ${pod.spec?.nodeName ?? 'unknown'} ${why}${said ? `: ${said}` : '.'}`,
    since,
  };
}

/**
 * The node is known to be lost; or, where nodes are not shown to us, the containers were all ready when it was last
 * heard of, and the pod no longer is.
 */
function lostNodeFinding(pod: Pod, lostNodes?: LostNodes): Finding | undefined {
  const ready = conditionOf(pod, 'Ready');
  const nodeName = pod.spec?.nodeName ?? '';
  const isOver = pod.status?.phase === 'Failed' || pod.status?.phase === 'Succeeded';
  if (lostNodes?.has(nodeName) && ready?.status !== 'True' && !isOver) {
    return lostNode(nodeName, lostNodes.get(nodeName) ?? ready?.lastTransitionTime);
  }
  const statuses = pod.status?.containerStatuses ?? [];
  const isLost =
    ready?.status === 'False' &&
    pod.status?.phase === 'Running' &&
    statuses.length > 0 &&
    statuses.every((status) => status.ready) &&
    conditionOf(pod, 'ContainersReady')?.status !== 'False' &&
    (pod.spec as { readinessGates?: unknown[] } | undefined)?.readinessGates === undefined;
  return isLost ? lostNode(nodeName || 'unknown', ready.lastTransitionTime) : undefined;
}

const lostNode = (name: string, since: string | undefined): Finding => ({
  kind: 'NODE_LOST',
  message: `Node ${name} does not answer any more, so nobody knows how the pod is. It is replaced when the cluster gives the node up.`,
  since,
});

/** Registries answer alike whether an image is not there or not for everybody. */
function pullAdvice(pod: Pod, said = ''): string {
  const secrets = (pod.spec?.imagePullSecrets ?? []).map(({ name }) => name).join(', ');
  if (secrets !== '') return `. It is pulled with the Secret ${secrets}: check that it is there and right.`;
  if (!/unauthori[sz]ed|denied|authentication|forbidden/i.test(said)) return '';
  return '. If it is there, the registry wants to know who asks: give the service an imagePullSecret.';
}

function endingMessage({ name, state, lastState, started }: ContainerStatus, pod: Pod): string {
  const ended = state?.terminated ?? lastState?.terminated;
  const container = pod.spec?.containers.find((one) => one.name === name);
  const isInit = (pod.spec?.initContainers ?? []).some((one) => one.name === name);
  // 137 and 143: it was killed, and not for want of memory. 0: it ended as it was asked to.
  const wasKilled = [0, 137, 143].includes(ended?.exitCode ?? -1);
  if (wasKilled && container?.startupProbe && started !== true) {
    return `Container ${name} is restarted again and again: its startup probe (${askedBy(container.startupProbe)}) does not succeed in time. Its log says how far it gets; allow it more time with failureThreshold or initialDelaySeconds.`;
  }
  if (wasKilled && container?.livenessProbe) {
    return `Container ${name} is restarted again and again: its liveness probe (${askedBy(container.livenessProbe)}) fails. Its log says why: read it with previous: true.`;
  }
  return `${isInit ? 'Init container' : 'Container'} ${name} keeps ending with exit code ${ended?.exitCode ?? 'unknown'}. Its log says why: read it with previous: true.`;
}

type Probe = NonNullable<NonNullable<Pod['spec']>['containers'][number]['readinessProbe']>;

function askedBy(probe: Probe): string {
  if (probe.httpGet) return `GET ${probe.httpGet.path ?? '/'} on port ${probe.httpGet.port}`;
  if (probe.tcpSocket) return `connecting to port ${probe.tcpSocket.port}`;
  return `running ${(probe.exec?.command ?? []).join(' ')}`;
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
  const unready = (pod.status?.containerStatuses ?? []).filter((status) => !status.ready);
  const names = unready.map(({ name }) => name).join(', ');
  const container = pod.spec?.containers.find((one) => unready.some(({ name }) => name === one.name));
  const isStarting = unready.some(({ name, started }) => name === container?.name && started === false);
  const [what, probe] =
    isStarting && container?.startupProbe
      ? ['startup', container.startupProbe]
      : ['readiness', container?.readinessProbe];
  return `Container ${names} runs but is not ready: ${
    probe ? `its ${what} probe (${askedBy(probe)}) does not succeed.` : 'it does not report ready.'
  }`;
}

/** Besides the token that Kubernetes itself adds. */
const mountsVolumes = (pod: Pod): boolean =>
  (pod.spec?.volumes ?? []).some(
    ({ projected }) => !projected?.sources?.some((source) => source.serviceAccountToken),
  );

export const conditionOf = (pod: Pod, type: string) =>
  pod.status?.conditions?.find((condition) => condition.type === type);

const imageOf = (pod: Pod, container: string): string | undefined =>
  [...(pod.spec?.initContainers ?? []), ...(pod.spec?.containers ?? [])].find(
    ({ name }) => name === container,
  )?.image;

const within = (span: number, time: string | undefined, now: number): boolean =>
  time !== undefined && now - Date.parse(time) < span;

const asSentence = (text: string): string => `${text}.`.replace(/[.\s]+$/, '.');
const firstSentence = (text = ''): string => asSentence(text.split('. ')[0] ?? '');

const earlier = (a: string | undefined, b: string | undefined): string | undefined =>
  a === undefined ? b : b === undefined || a < b ? a : b;
