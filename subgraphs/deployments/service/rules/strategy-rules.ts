import type { InputProblem } from '../../../shared/errors.js';
import { quoted } from '../../../shared/kubernetes/names.js';
import type { ServiceSpec } from '../service-spec.js';
import { problem, rangeProblems } from './problem.js';

const countOrPercent = /^\d{1,4}%?$/;
const maximumSteps = 20;

/** How pods are replaced. */
export function strategyProblems(spec: ServiceSpec, at: readonly string[]): InputProblem[] {
  const { strategy } = spec;
  const problems = (['maxSurge', 'maxUnavailable'] as const)
    .filter((field) => !countOrPercent.test(strategy[field]))
    .map((field) =>
      problem(
        [...at, 'strategy', field],
        `${quoted(strategy[field])} is not a number or percentage, such as 1 or 25%.`,
      ),
    );
  if (/^\d+%$/.test(strategy.maxUnavailable) && Number.parseInt(strategy.maxUnavailable, 10) > 100) {
    problems.push(
      problem(
        [...at, 'strategy', 'maxUnavailable'],
        `maxUnavailable is ${quoted(strategy.maxUnavailable)}: use at most 100%.`,
      ),
    );
  }
  if (/^0+%?$/.test(strategy.maxSurge) && /^0+%?$/.test(strategy.maxUnavailable)) {
    problems.push(
      problem(
        [...at, 'strategy', 'maxSurge'],
        'maxSurge and maxUnavailable are both 0: nothing could ever change.',
      ),
    );
  }
  problems.push(...canaryProblems(spec, [...at, 'strategy', 'steps']));
  return problems;
}

function canaryProblems(
  { strategy: { type, steps }, autoscaling }: ServiceSpec,
  at: readonly string[],
): InputProblem[] {
  if (type !== 'CANARY') {
    return steps.length === 0 ? [] : [problem(at, 'steps are for the strategy CANARY only: leave them out.')];
  }
  if (steps.length === 0 || steps.length > maximumSteps) {
    return [
      problem(
        at,
        `CANARY has ${steps.length} steps: give 1 to ${maximumSteps}, such as [{ percent: 20, pauseSeconds: 60 }].`,
      ),
    ];
  }
  if (autoscaling) {
    return [
      problem(
        at.slice(0, -1),
        'CANARY shares a fixed number of pods between old and new: leave autoscaling out, or use ROLLING.',
      ),
    ];
  }
  return steps.flatMap(({ percent, pauseSeconds }, index) => {
    const before = steps[index - 1]?.percent ?? 0;
    return [
      ...rangeProblems(percent, [1, 99], [...at, String(index), 'percent']),
      ...rangeProblems(pauseSeconds, [1, 86_400], [...at, String(index), 'pauseSeconds']),
      ...(percent <= before
        ? [
            problem(
              [...at, String(index), 'percent'],
              `percent is ${percent}, not above that of the step before, ${before}: each step adds new pods.`,
            ),
          ]
        : []),
    ];
  });
}
