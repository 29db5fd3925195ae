import { timestamp } from '../controllers/clock.js';
import { type Condition, findCondition } from '../controllers/pod-condition.js';
import type { KubernetesObject } from '../storage/api.js';
import type { ContainerMachine } from './container-machine.js';
import type { ContainerState, Terminated } from './container-state.js';
import { imageId } from './image.js';

/** Why the kubelet ended a pod by itself. */
export interface Eviction {
  readonly reason: string;
  readonly message: string;
}

/** What the pod worker knows beyond its containers. */
export interface PodFacts {
  readonly startTime: number;
  readonly hostIP: string;
  /** Undefined until the sandbox of the pod is ready. */
  readonly podIP: string | undefined;
  readonly init: readonly ContainerMachine[];
  readonly containers: readonly ContainerMachine[];
  readonly ephemeral: readonly ContainerMachine[];
  readonly now: number;
  readonly eviction?: Eviction | undefined;
}

/** The status that the kubelet reports for a pod. */
export function podStatus(pod: KubernetesObject, facts: PodFacts): Record<string, any> {
  const { hostIP, podIP, init, containers } = facts;
  const phase = phaseOf(facts);
  const conditions = conditionsOf(pod, facts, phase);
  return {
    observedGeneration: pod.metadata.generation ?? 1,
    phase,
    ...facts.eviction,
    conditions,
    hostIP,
    hostIPs: [{ ip: hostIP }],
    ...(podIP && { podIP, podIPs: [{ ip: podIP }] }),
    startTime: timestamp(facts.startTime),
    ...(init.length > 0 && { initContainerStatuses: init.map((machine) => containerStatus(machine, pod)) }),
    ...(facts.ephemeral.length > 0 && {
      ephemeralContainerStatuses: facts.ephemeral.map((machine) => containerStatus(machine, pod)),
    }),
    containerStatuses: [...containers]
      .sort((a, b) => a.spec.name.localeCompare(b.spec.name))
      .map((machine) => containerStatus(machine, pod)),
    ...(pod['status']?.qosClass && { qosClass: pod['status'].qosClass }),
  };
}

export const isInitialized = (init: readonly ContainerMachine[]): boolean =>
  init.every((machine) => (machine.role === 'sidecar' ? machine.isStarted : machine.hasSucceeded));

const TERMINATED = { reason: 'TerminationByKubelet' };

function phaseOf({ init, containers, eviction }: PodFacts): string {
  if (eviction) return 'Failed';
  if (init.some((machine) => machine.isDone && !machine.hasSucceeded && machine.role === 'init'))
    return 'Failed';
  if (!isInitialized(init)) return 'Pending';
  if (containers.every(({ isDone, instance }) => isDone && instance))
    return containers.every(({ hasSucceeded }) => hasSucceeded) ? 'Succeeded' : 'Failed';
  return containers.some(({ instance }) => instance) && containers.every(({ instance }) => instance)
    ? 'Running'
    : 'Pending';
}

function conditionsOf(pod: KubernetesObject, facts: PodFacts, phase: string): Condition[] {
  const { init, containers, podIP } = facts;
  const condition = (
    type: string,
    isTrue: boolean,
    why?: { reason: string; message?: string },
  ): Condition => {
    const status = isTrue ? 'True' : 'False';
    const before = findCondition(pod, type);
    const lastTransitionTime =
      (before?.status === status && before.lastTransitionTime) || timestamp(facts.now);
    const observedGeneration = pod.metadata.generation ?? 1;
    return { type, observedGeneration, status, lastProbeTime: null, lastTransitionTime, ...why };
  };
  const initialized = isInitialized(init);
  const pending = init.filter((machine) => !machine.isReady).map(({ spec }) => spec.name);
  const unready = containers.filter((machine) => !machine.isReady).map(({ spec }) => spec.name);
  const ended =
    phase === 'Succeeded'
      ? { reason: 'PodCompleted' }
      : phase === 'Failed'
        ? { reason: 'PodFailed' }
        : undefined;
  const whyUnready =
    unready.length === 0
      ? undefined
      : { reason: 'ContainersNotReady', message: `containers with unready status: [${unready.join(' ')}]` };
  const isReady = !ended && initialized && unready.length === 0;
  const gates: string[] = (pod['spec'].readinessGates ?? []).map((gate: any) => gate.conditionType);
  const closed = gates.find((gate) => findCondition(pod, gate)?.status !== 'True');
  const whyGated = closed
    ? {
        reason: 'ReadinessGatesNotReady',
        message: `corresponding condition of pod readiness gate "${closed}" does not exist.`,
      }
    : undefined;
  const own = [
    condition('PodReadyToStartContainers', podIP !== undefined && !ended),
    condition(
      'Initialized',
      initialized,
      initialized
        ? phase === 'Succeeded'
          ? { reason: 'PodCompleted' }
          : undefined
        : {
            reason: 'ContainersNotInitialized',
            message: `containers with incomplete status: [${pending.join(' ')}]`,
          },
    ),
    condition('Ready', isReady && !closed, ended ?? whyUnready ?? whyGated),
    condition('ContainersReady', isReady, ended ?? whyUnready),
  ];
  if (facts.eviction) own.push(condition('DisruptionTarget', true, { ...facts.eviction, ...TERMINATED }));
  const others: Condition[] = (pod['status']?.conditions ?? []).filter(
    ({ type }: Condition) => !own.some((known) => known.type === type),
  );
  const scheduled = others
    .filter(({ type }) => type === 'PodScheduled')
    .map((known) => ({ ...known, observedGeneration: pod.metadata.generation ?? 1 }));
  return [...others.filter(({ type }) => type !== 'PodScheduled'), ...own, ...scheduled];
}

function containerStatus(machine: ContainerMachine, pod: KubernetesObject): Record<string, any> {
  const { spec, image, instance, state, lastTerminated } = machine;
  const mounts: any[] = spec.volumeMounts ?? [];
  const requests = spec.resources?.requests;
  const user = spec.securityContext?.runAsUser ?? pod['spec'].securityContext?.runAsUser ?? 0;
  return {
    name: spec.name,
    state: stateStatus(state),
    lastState:
      lastTerminated && state !== lastTerminated ? { terminated: terminatedStatus(lastTerminated) } : {},
    ready: machine.isReady,
    restartCount: machine.restartCount,
    image: instance && image ? image.full : spec.image,
    imageID: instance && image ? imageId(image) : '',
    ...(instance && { containerID: instance.id }),
    started: machine.isStarted,
    ...(instance && requests && { allocatedResources: requests }),
    ...(instance && { resources: spec.resources ?? {} }),
    ...(mounts.length > 0 && {
      volumeMounts: mounts.map(({ name, mountPath, readOnly }) => ({
        name,
        mountPath,
        ...(readOnly && { readOnly, recursiveReadOnly: 'Disabled' }),
      })),
    }),
    ...(instance && { user: { linux: { uid: user, gid: user, supplementalGroups: [user] } } }),
  };
}

function stateStatus(state: ContainerState): Record<string, any> {
  switch (state.kind) {
    case 'waiting':
      return { waiting: { reason: state.reason, ...(state.message && { message: state.message }) } };
    case 'running':
      return { running: { startedAt: timestamp(state.startedAt) } };
    case 'terminated':
      return { terminated: terminatedStatus(state) };
  }
}

const terminatedStatus = ({ exitCode, reason, message, startedAt, finishedAt, containerID }: Terminated) => ({
  exitCode,
  reason,
  ...(message && { message }),
  startedAt: timestamp(startedAt),
  finishedAt: timestamp(finishedAt),
  containerID,
});
