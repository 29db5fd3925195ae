import { BadUserInputError, type InputProblem } from '../../../shared/errors.js';
import { quoted } from '../../../shared/kubernetes/names.js';
import type { ServiceSpec } from '../service-spec.js';
import type { MergedSpec } from '../spec-merge.js';
import { commandProblems } from './command-rules.js';
import { portProblems } from './port-rules.js';
import { probeProblems } from './probe-rules.js';
import { inRange, inSpec, problem, type SpecField } from './problem.js';
import { amountProblems, autoscalingProblems, limitProblems, maximumReplicas } from './resource-rules.js';
import { schedulingProblems } from './scheduling-rules.js';
import { storageProblems } from './storage-rules.js';
import { strategyProblems } from './strategy-rules.js';
import { secretSizeProblems, variableProblems } from './variable-rules.js';

/** How many entries each list has at most. */
const most = {
  ports: 100,
  environmentVariables: 500,
  files: 100,
  volumes: 100,
  nodeSelector: 100,
  tolerations: 100,
  command: 500,
  args: 500,
} as const;
const lists = Object.keys(most) as (keyof typeof most)[];

/** Distribution's reference grammar: https://github.com/distribution/reference */
const imagePattern =
  /^(?:[a-zA-Z0-9](?:[a-zA-Z0-9.-]*[a-zA-Z0-9])?(?::\d{1,5})?\/)?[a-z0-9]+(?:(?:\.|__|_|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:\.|__|_|-+)[a-z0-9]+)*)*(?::\w[\w.-]{0,127})?(?:@[a-z0-9]+:[0-9a-f]{32,128})?$/;

export const isImageReference = (image: string): boolean => image.length <= 512 && imagePattern.test(image);

/** Everything that is wrong with a specification, each with the path of its field below `input`. */
export function specProblems(spec: ServiceSpec, at: readonly string[] = inSpec([])): InputProblem[] {
  const problems: InputProblem[] = [];
  const check = (good: boolean, field: readonly string[], message: string): void => {
    if (!good) problems.push(problem([...at, ...field], message));
  };
  check(
    isImageReference(spec.image),
    ['image'],
    spec.image === ''
      ? 'image is missing: name a container image such as nginx:1.27.'
      : `${quoted(spec.image)} is not an image reference: write [registry/]repository[:tag][@digest], such as registry.example/shop/web:1.4.`,
  );
  check(
    inRange(spec.replicas, 0, maximumReplicas),
    ['replicas'],
    `replicas is ${spec.replicas}: use 0 to ${maximumReplicas}.`,
  );
  check(
    inRange(spec.stopGraceSeconds, 0, 3_600),
    ['stopGraceSeconds'],
    `stopGraceSeconds is ${spec.stopGraceSeconds}: use 0 to 3600.`,
  );
  check(
    inRange(spec.progressDeadlineSeconds, 5, 86_400),
    ['progressDeadlineSeconds'],
    `progressDeadlineSeconds is ${spec.progressDeadlineSeconds}: use 5 to 86400.`,
  );
  const long = lists.filter((key) => (spec[key]?.length ?? 0) > most[key]);
  for (const key of long) {
    check(false, [key], `${key} has ${spec[key]?.length} entries: give at most ${most[key]}.`);
  }
  // Nobody reads what may be wrong with each of thousands.
  if (long.length > 0) return problems;
  problems.push(
    ...commandProblems(spec, at),
    ...portProblems(spec, at),
    ...variableProblems(spec, at),
    ...storageProblems(spec, at),
    ...amountProblems(spec.requests, [...at, 'requests']),
    ...amountProblems(spec.limits, [...at, 'limits']),
    ...limitProblems(spec, at),
    ...probeProblems(spec.readiness, [...at, 'readiness']),
    ...probeProblems(spec.liveness, [...at, 'liveness']),
    ...probeProblems(spec.startup, [...at, 'startup']),
    ...strategyProblems(spec, at),
    ...autoscalingProblems(spec, at),
    ...schedulingProblems(spec, at),
  );
  return problems;
}

export const mergedSpecProblems = (
  { spec, secrets }: MergedSpec,
  fieldOf: SpecField = inSpec,
): InputProblem[] =>
  [...specProblems(spec, []), ...secretSizeProblems(secrets, [])].map(({ field, message }) =>
    problem(fieldOf(field), message),
  );

export function requireValidSpec(merged: MergedSpec): void {
  const problems = mergedSpecProblems(merged);
  if (problems.length > 0) throw new BadUserInputError(problems);
}
