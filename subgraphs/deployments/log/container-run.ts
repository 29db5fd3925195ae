import type { Pod } from '../../shared/kubernetes/resources.js';

/**
 * The containers of a pod whose logs are read. Those that prepare it are among them, for they say why it does not
 * start; what somebody debugs in an ephemeral one is that person's, and read only when it is named.
 */
export function containersOf({ spec }: Pod, wanted: ReadonlySet<string> | null): string[] {
  const own = [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])].map(({ name }) => name);
  if (wanted === null) return own;
  const all = [...own, ...(spec?.ephemeralContainers ?? []).map(({ name }) => name)];
  return all.filter((name) => wanted.has(name));
}

/** How often a container was started again: it names the container's current run. */
export const restartsOf = (pod: Pod | undefined, container: string): number =>
  statusOf(pod, container)?.restartCount ?? 0;

/** What changes when a container starts or ends. */
export function stateOf(pod: Pod | undefined, container: string): string {
  const { state, restartCount = 0 } = statusOf(pod, container) ?? {};
  return `${restartCount} ${Object.keys(state ?? {}).join()} ${state?.running?.startedAt ?? ''}`;
}

/** How a run of a container ended, for a person; undefined while it goes on, or when nobody knows any more. */
export function endOf(pod: Pod | undefined, container: string, run: number): string | undefined {
  const { state, lastState, restartCount = 0 } = statusOf(pod, container) ?? {};
  const current = state?.terminated ?? (state?.waiting ? lastState?.terminated : undefined);
  const end = run === restartCount ? current : run === restartCount - 1 ? lastState?.terminated : undefined;
  if (!end) return undefined;
  const why = [end.reason, end.signal && `signal ${end.signal}`].filter(Boolean).join(', ');
  return `The container ended with exit code ${end.exitCode}${why ? ` (${why})` : ''}.`;
}

export function mayRunAgain(pod: Pod | undefined): boolean {
  const phase = pod?.status?.phase;
  return phase !== undefined && phase !== 'Succeeded' && phase !== 'Failed';
}

function statusOf(pod: Pod | undefined, container: string) {
  const {
    containerStatuses = [],
    initContainerStatuses = [],
    ephemeralContainerStatuses = [],
  } = pod?.status ?? {};
  return [...containerStatuses, ...initContainerStatuses, ...ephemeralContainerStatuses].find(
    ({ name }) => name === container,
  );
}
