import type { InputProblem } from '../../../shared/errors.js';
import { quoted } from '../../../shared/kubernetes/names.js';
import type { ProbeSpec } from '../service-spec.js';
import { inRange, problem } from './problem.js';

export function probeProblems(probe: ProbeSpec | null, at: readonly string[]): InputProblem[] {
  if (!probe) return [];
  const problems: InputProblem[] = [];
  const check = (good: boolean, field: string, message: string): void => {
    if (!good) problems.push(problem([...at, field], message));
  };
  check(
    (probe.command !== null) !== (probe.port !== null),
    'port',
    'A probe asks a port (with httpPath: by HTTP) or runs a command: give one of the two.',
  );
  check(
    probe.port === null || inRange(probe.port, 1, 65_535),
    'port',
    `port is ${probe.port}: use 1 to 65535.`,
  );
  check(
    probe.httpPath === null || (probe.httpPath.startsWith('/') && probe.httpPath.length <= 1_024),
    'httpPath',
    `${quoted(probe.httpPath)} is not a path: it starts with "/".`,
  );
  check(probe.httpPath === null || probe.port !== null, 'port', 'httpPath needs a port.');
  check(probe.command === null || probe.command.length > 0, 'command', 'command is empty.');
  check(
    inRange(probe.initialDelaySeconds, 0, 3_600),
    'initialDelaySeconds',
    `initialDelaySeconds is ${probe.initialDelaySeconds}: use 0 to 3600.`,
  );
  for (const field of ['periodSeconds', 'timeoutSeconds', 'failureThreshold'] as const) {
    check(inRange(probe[field], 1, 3_600), field, `${field} is ${probe[field]}: use 1 to 3600.`);
  }
  return problems;
}
