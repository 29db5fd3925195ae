import type { KubernetesObject } from '../storage/api.js';
import type { ImageReference } from './image.js';

const PREFIX = 'sandbox.meridian.dev/';

export type Fault =
  | 'image-pull'
  | 'config-error'
  | 'crash-loop'
  | 'oom'
  | 'never-ready'
  | 'failing-liveness'
  | 'slow-start';

/**
 * How to make a sandbox pod misbehave: by the annotation `sandbox.meridian.dev/fault` on the pod (all its
 * containers), or by a word in the repository or tag of a container's image (that container).
 *
 * | fault              | word in the image                      | what happens                                         |
 * |--------------------|----------------------------------------|------------------------------------------------------|
 * | `image-pull`       | `does-not-exist`, `missing`            | ErrImagePull, then ImagePullBackOff                  |
 * | `config-error`     | (annotation only)                      | CreateContainerConfigError                           |
 * | `crash-loop`       | `crash`, `crashloop`                   | exits 1 after a second, CrashLoopBackOff             |
 * | `oom`              | `oom`                                  | OOMKilled (137) after two seconds                    |
 * | `never-ready`      | `never-ready`, `unready`               | the readiness probe fails for ever                   |
 * | `failing-liveness` | `unlive`                               | the liveness probe fails, the container is restarted |
 * | `slow-start`       | `slow`                                 | the program needs 30 s until it serves               |
 *
 * Durations, in seconds before `pace`: `sandbox.meridian.dev/pull-seconds`, `…/start-seconds` (container creation)
 * and `…/ready-seconds` (from the start of the program until it serves). Besides, containers fail as their
 * specification says: a missing ConfigMap or Secret, an executable that the image does not have, a shell command
 * that exits, a probe of a path or command that cannot succeed.
 */
const WORDS: readonly (readonly [RegExp, Fault])[] = [
  [/does-not-exist|missing/, 'image-pull'],
  [/never-ready|unready/, 'never-ready'],
  [/crash/, 'crash-loop'],
  [/\boom\b/, 'oom'],
  [/unlive/, 'failing-liveness'],
  [/\bslow\b/, 'slow-start'],
];

const FAULTS = new Set<string>([...WORDS.map(([, fault]) => fault), 'config-error']);

/** Durations in milliseconds before pace; what is absent is up to the image. */
export interface Steering {
  readonly fault: Fault | undefined;
  readonly pullMs: number | undefined;
  readonly startMs: number | undefined;
  readonly readyMs: number | undefined;
}

export function readSteering(pod: KubernetesObject, image: ImageReference): Steering {
  const annotations = pod.metadata.annotations ?? {};
  const milliseconds = (name: string): number | undefined => {
    const seconds = Number.parseFloat(annotations[PREFIX + name] ?? '');
    return seconds >= 0 ? seconds * 1000 : undefined;
  };
  const annotated = annotations[`${PREFIX}fault`];
  const named = WORDS.find(([word]) => word.test(`${image.repository}:${image.tag}`))?.[1];
  return {
    fault: annotated !== undefined && FAULTS.has(annotated) ? (annotated as Fault) : named,
    pullMs: milliseconds('pull-seconds'),
    startMs: milliseconds('start-seconds'),
    readyMs: milliseconds('ready-seconds'),
  };
}
