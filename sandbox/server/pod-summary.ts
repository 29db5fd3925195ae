import { ageOf } from './age.js';

/** What kubectl prints about a pod, computed as the real server's printer does. */
export const podReadiness = ({ spec, status }: any): string => {
  const ready = (status?.containerStatuses ?? []).filter(
    (each: any) => each.ready && each.state?.running,
  ).length;
  return `${ready}/${spec.containers.length}`;
};

export const podRestarts = ({ status }: any, now: number): string => {
  const statuses: any[] = status?.containerStatuses ?? [];
  const restarts = statuses.reduce((sum, { restartCount }) => sum + restartCount, 0);
  const last = statuses
    .map(({ lastState }) => lastState?.terminated?.finishedAt)
    .filter((time) => time)
    .sort()
    .at(-1);
  return restarts > 0 && last ? `${restarts} (${ageOf(last, now)} ago)` : String(restarts);
};

export const podReason = ({ metadata, spec, status = {} }: any): string => {
  let reason: string = status.reason || status.phase || 'Unknown';
  const initStatuses: any[] = status.initContainerStatuses ?? [];
  for (const [index, { state = {} }] of initStatuses.entries()) {
    if (state.terminated?.exitCode === 0) continue;
    if (state.terminated) reason = `Init:${terminatedReason(state.terminated)}`;
    else if (state.waiting?.reason && state.waiting.reason !== 'PodInitializing')
      reason = `Init:${state.waiting.reason}`;
    else reason = `Init:${index}/${spec.initContainers?.length ?? initStatuses.length}`;
    return metadata.deletionTimestamp ? 'Terminating' : reason;
  }
  let hasRunning = false;
  for (const { ready, state = {} } of [...(status.containerStatuses ?? [])].reverse()) {
    if (state.waiting?.reason) reason = state.waiting.reason;
    else if (state.terminated) reason = terminatedReason(state.terminated);
    else if (ready && state.running) hasRunning = true;
  }
  if (reason === 'Completed' && hasRunning) reason = 'Running';
  return metadata.deletionTimestamp && !['Succeeded', 'Failed'].includes(status.phase)
    ? 'Terminating'
    : reason;
};

const terminatedReason = ({ reason, signal, exitCode }: any): string =>
  reason || (signal ? `Signal:${signal}` : `ExitCode:${exitCode}`);
