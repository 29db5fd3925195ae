import { readQuantity } from '../../shared/kubernetes/quantity.js';
import type { Pod } from '../../shared/kubernetes/resources.js';
import type { ResourceAmounts } from './resources.mapper.js';

const counted = ['cpu', 'memory', 'ephemeral-storage'] as const;
/** Those that a pod may ask for as a whole, instead of by its containers. */
const podLevel: ReadonlySet<string> = new Set(['cpu', 'memory']);

/** Amounts in units of 10^-9, in the order of `counted`: sums of thousands of pods stay exact. */
type Requests = readonly bigint[];

interface Requesting {
  readonly resources?: { readonly requests?: Readonly<Record<string, string>> };
  readonly restartPolicy?: string;
}

/** Objects of an informer never change: each is read once, however often its node is asked for. */
const known = new WeakMap<Pod, Requests>();

/** Neither Succeeded nor Failed: it holds what it asked for. */
export const isRunningOrWaiting = ({ status }: Pod): boolean =>
  status?.phase !== 'Succeeded' && status?.phase !== 'Failed';

/** What pods that are not finished have asked for, as the scheduler counts it. */
export function requestedResources(pods: readonly Pod[]): ResourceAmounts {
  const holding = pods.filter(isRunningOrWaiting);
  const totals = counted.map(() => 0n);
  for (const pod of holding) {
    for (const [index, nanos] of requestsOf(pod).entries()) totals[index] = (totals[index] ?? 0n) + nanos;
  }
  const [cpuCores = 0, memoryBytes = 0, storageBytes = 0] = totals.map(toNumber);
  return { cpuCores, memoryBytes, storageBytes, pods: holding.length };
}

function requestsOf(pod: Pod): Requests {
  let requests = known.get(pod);
  if (!requests) {
    requests = counted.map((resource) => effectiveRequest(pod, resource));
    known.set(pod, requests);
  }
  return requests;
}

/**
 * The containers and sidecars (init containers that go on) together, or the largest init container with the sidecars
 * that run before it when that is more; what the pod asks for as a whole instead, where it does; and its overhead
 * (https://kubernetes.io/docs/concepts/workloads/pods/init-containers/#resource-sharing-within-containers,
 * https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#resource-sharing-within-containers).
 */
function effectiveRequest({ spec }: Pod, resource: (typeof counted)[number]): bigint {
  const overhead = nanosOf(spec?.overhead?.[resource]);
  const ofPod = podLevel.has(resource) ? spec?.resources?.requests?.[resource] : undefined;
  if (ofPod !== undefined) return nanosOf(ofPod) + overhead;
  const of = ({ resources }: Requesting): bigint => nanosOf(resources?.requests?.[resource]);
  let sidecars = 0n;
  let starting = 0n;
  for (const container of (spec?.initContainers ?? []) as readonly Requesting[]) {
    if (container.restartPolicy === 'Always') sidecars += of(container);
    starting = larger(starting, sidecars + (container.restartPolicy === 'Always' ? 0n : of(container)));
  }
  const running = (spec?.containers ?? []).reduce((sum, container) => sum + of(container), sidecars);
  return larger(running, starting) + overhead;
}

const nanosOf = (value: string | undefined): bigint => readQuantity(value)?.nanos ?? 0n;

const larger = (one: bigint, other: bigint): bigint => (one > other ? one : other);

const toNumber = (nanos: bigint): number =>
  Number(nanos / 1_000_000_000n) + Number(nanos % 1_000_000_000n) / 1e9;
