import { exhaustsMemory } from './container-command.js';
import type { ContainerHost } from './container-host.js';
import type { Steering } from './faults.js';
import type { Program } from './programs/program.js';

export interface PlannedExit {
  readonly at: number;
  readonly code: number;
  readonly reason: string;
}

const CRASH_AFTER_MS = 1000;
const FAULTY_OOM_AFTER_MS = 2000;
const OOM_AFTER_MS = 400;
const IDLE_EXIT_AFTER_MS = 100;

/** The end that an injected fault gives a running container. */
export function faultExit(
  host: ContainerHost,
  { fault, exitAfterMs, exitCode }: Steering,
  startedAt: number,
): PlannedExit | undefined {
  if (exitAfterMs !== undefined)
    return {
      at: startedAt + host.scaled(exitAfterMs),
      code: exitCode,
      reason: exitCode === 0 ? 'Completed' : 'Error',
    };
  if (fault === 'crash-loop')
    return { at: startedAt + host.scaled(CRASH_AFTER_MS), code: 1, reason: 'Error' };
  if (fault === 'oom')
    return { at: startedAt + host.scaled(FAULTY_OOM_AFTER_MS), code: 137, reason: 'OOMKilled' };
  return undefined;
}

/** As faultExit, and the end that the program comes to by itself, if any. */
export function plannedExit(
  host: ContainerHost,
  spec: any,
  program: Program,
  steering: Steering,
  startedAt: number,
): PlannedExit | undefined {
  const injected = faultExit(host, steering, startedAt);
  if (injected) return injected;
  if (exhaustsMemory(spec))
    return { at: startedAt + host.latency(OOM_AFTER_MS), code: 137, reason: 'OOMKilled' };
  if (program.exitsWith === undefined) return undefined;
  return { at: startedAt + host.latency(IDLE_EXIT_AFTER_MS), code: program.exitsWith, reason: 'Completed' };
}
