import type { KubernetesObject } from '../storage/api.js';
import type { ImageReference } from './image.js';

export const PREFIX = 'sandbox.meridian.dev/';

/**
 * How to make a sandbox misbehave. On a pod (or in the template of its workload) by the annotation
 * `sandbox.meridian.dev/fault`, for all its containers or as `container:fault` for one; or by a word in the name of a
 * container's image (registry, repository or tag), for that container.
 *
 * | fault                  | word in the image          | what happens                                             |
 * |------------------------|----------------------------|----------------------------------------------------------|
 * | `image-pull`           | `does-not-exist`, `missing`| ErrImagePull, ImagePullBackOff: there is no such image   |
 * | `image-denied`         | `denied`, `unauthorized`   | the same: the registry refuses                           |
 * | `registry-unreachable` | `unreachable`              | the same: the registry does not answer                   |
 * | `slow-pull`            | `slow-pull`                | the pull takes 30 s                                      |
 * | `config-error`         |                            | CreateContainerConfigError                               |
 * | `mount-error`          |                            | FailedMount for ever, ContainerCreating                  |
 * | `crash-loop`           | `crash`, `crashloop`       | exits 1 after a second, with the log of the crash        |
 * | `oom`                  | `oom`                      | OOMKilled (137) after two seconds                        |
 * | `slow-start`           | `slow`                     | the program needs 30 s until it serves                   |
 * | `never-ready`          | `never-ready`, `unready`   | the readiness probe fails for ever                       |
 * | `failing-liveness`     | `unlive`                   | the liveness probe fails, the container is restarted     |
 * | `failing-startup`      | `never-started`            | the startup probe fails, the container is restarted      |
 * | `ignore-term`          |                            | the program ignores SIGTERM and is killed after the grace|
 * | `unschedulable`        |                            | no node takes the pod                                    |
 * | `evicted`              |                            | the kubelet evicts the pod (Failed, reason Evicted)      |
 *
 * More annotations of a pod; durations in seconds before pace:
 * `…/pull-seconds`, `…/start-seconds` (creation of the container), `…/ready-seconds` (from the start of the program
 * until it serves), `…/exit-after-seconds` with `…/exit-code` (default 1; how long the program runs each time),
 * `…/cpu-millicores` and `…/memory-mebibytes` (usage of the pod that metrics report). On a Deployment, StatefulSet or
 * DaemonSet: `…/load-millicores`, the CPU that its ready pods use together.
 *
 * On a node, `sandbox.meridian.dev/fault` is a list, separated by commas, of:
 *
 * | fault                  | what happens                                                                             |
 * |------------------------|------------------------------------------------------------------------------------------|
 * | `lost`                 | no heartbeats: NotReady after 40 s, tainted unreachable, pods evicted when their         |
 * |                        | toleration ends and Terminating until the node returns or is deleted                     |
 * | `not-ready`            | the kubelet reports Ready=False (the network plugin is missing); tainted not-ready: pods |
 * |                        | run on until their toleration ends                                                       |
 * | `memory-pressure`      | MemoryPressure; pods above their requests are evicted one by one                         |
 * | `disk-pressure`        | DiskPressure; the same for ephemeral storage                                             |
 * | `pid-pressure`         | PIDPressure: no new pods                                                                 |
 * | `registry-unreachable` | images that the node does not have cannot be pulled                                      |
 *
 * All of it can be put on and taken off while it runs. Besides, pods fail as their specification says: a missing
 * ConfigMap, Secret or claim, an executable that the image does not have, a shell command that exits, a probe of a
 * path (`/nosuch`, `/missing`) or command (`false`) that cannot succeed.
 */
const WORDS: readonly (readonly [RegExp, Fault])[] = [
  [/does-not-exist|missing/, 'image-pull'],
  [/\bdenied\b|\bunauthorized\b/, 'image-denied'],
  [/unreachable/, 'registry-unreachable'],
  [/\bslow-pull\b/, 'slow-pull'],
  [/never-ready|unready/, 'never-ready'],
  [/never-started/, 'failing-startup'],
  [/crash/, 'crash-loop'],
  [/\boom\b/, 'oom'],
  [/unlive/, 'failing-liveness'],
  [/\bslow\b/, 'slow-start'],
];

const POD_FAULTS = [
  'image-pull',
  'image-denied',
  'registry-unreachable',
  'slow-pull',
  'config-error',
  'mount-error',
  'crash-loop',
  'oom',
  'slow-start',
  'never-ready',
  'failing-liveness',
  'failing-startup',
  'ignore-term',
  'unschedulable',
  'evicted',
] as const;

const NODE_FAULTS = [
  'lost',
  'not-ready',
  'memory-pressure',
  'disk-pressure',
  'pid-pressure',
  'registry-unreachable',
] as const;

export type Fault = (typeof POD_FAULTS)[number];
export type NodeFault = (typeof NODE_FAULTS)[number];

/** Durations in milliseconds before pace; what is absent is up to the image. */
export interface Steering {
  readonly fault: Fault | undefined;
  readonly pullMs: number | undefined;
  readonly startMs: number | undefined;
  readonly readyMs: number | undefined;
  readonly exitAfterMs: number | undefined;
  readonly exitCode: number;
}

const isPodFault = (text: string): text is Fault => (POD_FAULTS as readonly string[]).includes(text);
const isNodeFault = (text: string): text is NodeFault => (NODE_FAULTS as readonly string[]).includes(text);

const numberOf = ({ metadata }: KubernetesObject, name: string): number | undefined => {
  const value = Number.parseFloat(metadata.annotations?.[PREFIX + name] ?? '');
  return value >= 0 ? value : undefined;
};

/** The fault that the pod is annotated with, for this container or for all. */
export function annotatedFault({ metadata }: KubernetesObject, container?: string): Fault | undefined {
  for (const entry of (metadata.annotations?.[`${PREFIX}fault`] ?? '').split(',')) {
    const [first = '', second] = entry.trim().split(':');
    const fault = second ?? first;
    if (isPodFault(fault) && (second === undefined || first === container)) return fault;
  }
  return undefined;
}

export function readSteering(pod: KubernetesObject, container: string, image: ImageReference): Steering {
  const milliseconds = (name: string): number | undefined => {
    const seconds = numberOf(pod, name);
    return seconds === undefined ? undefined : seconds * 1000;
  };
  const name = `${image.registry}/${image.repository}:${image.tag}`;
  return {
    fault: annotatedFault(pod, container) ?? WORDS.find(([word]) => word.test(name))?.[1],
    pullMs: milliseconds('pull-seconds'),
    startMs: milliseconds('start-seconds'),
    readyMs: milliseconds('ready-seconds'),
    exitAfterMs: milliseconds('exit-after-seconds'),
    exitCode: numberOf(pod, 'exit-code') ?? 1,
  };
}

export function readNodeFaults({ metadata }: KubernetesObject): ReadonlySet<NodeFault> {
  const words = (metadata.annotations?.[`${PREFIX}fault`] ?? '').split(',').map((word) => word.trim());
  return new Set(words.filter(isNodeFault));
}

/** What usage is to be reported: CPU in millicores, memory in MiB; `load` is shared by all ready pods of a workload. */
export interface UsageSteering {
  readonly cpu: number | undefined;
  readonly memory: number | undefined;
  readonly load: number | undefined;
}

export const readUsageSteering = (object: KubernetesObject): UsageSteering => ({
  cpu: numberOf(object, 'cpu-millicores'),
  memory: numberOf(object, 'memory-mebibytes'),
  load: numberOf(object, 'load-millicores'),
});
