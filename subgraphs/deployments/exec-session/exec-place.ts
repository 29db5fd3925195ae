import type { Caller } from '../../shared/caller.js';
import { BadUserInputError, NotFoundError } from '../../shared/errors.js';
import type { ContainerValue, PodValue } from '../pod/pod.mapper.js';
import type { ServiceEntity } from '../service/service.entity.js';

/** Where a session is opened. */
export interface ExecPlace {
  /** Whose session it is. */
  readonly person: Caller;
  readonly clusterId: string;
  readonly namespace: string;
  readonly pod: string;
  readonly uid: string;
  readonly container: string;
  readonly serviceId: string;
}

export interface WantedPlace {
  /** Null: the best one. */
  readonly pod: string | null;
  readonly container: string | null;
  /** For a debugging container any pod that has a node will do. */
  readonly debug: boolean;
}

/** Only pods of the service, and of those only what its template declares: no init and no debugging containers. */
export function choosePlace(
  pods: readonly PodValue[],
  wanted: WantedPlace,
  service: ServiceEntity,
  person: Caller,
): ExecPlace {
  const pod = choosePod(pods, wanted);
  const container = chooseContainer(pod, wanted, service.name);
  return {
    person,
    clusterId: service.clusterId,
    namespace: service.namespace,
    pod: pod.name,
    uid: pod.uid,
    container: container.name,
    serviceId: service.id,
  };
}

function choosePod(pods: readonly PodValue[], wanted: WantedPlace): PodValue {
  if (wanted.pod !== null) {
    const named = pods.find(({ name }) => name === wanted.pod);
    if (!named) throw new NotFoundError('Pod', wanted.pod, ['input', 'pod']);
    return named;
  }
  const best = bestPod(pods, wanted.debug);
  if (best) return best;
  throw BadUserInputError.at(
    ['input', 'serviceId'],
    wanted.debug
      ? 'No pod of this service has a node: deploy or scale it first.'
      : 'No pod of this service runs: deploy or scale it first, or open a debugging container with debug.',
  );
}

function chooseContainer(
  pod: PodValue,
  { container, debug }: WantedPlace,
  serviceName: string,
): ContainerValue {
  const field = debug ? ['input', 'debug', 'target'] : ['input', 'container'];
  const serving = pod.containers.filter(({ type }) => type === 'APP' || type === 'SIDECAR');
  const chosen =
    container === null
      ? (serving.find(({ name }) => name === serviceName) ?? serving[0])
      : serving.find(({ name }) => name === container);
  if (chosen) return chosen;
  const other = pod.containers.find(({ name }) => name === container);
  if (!other) throw new NotFoundError('Container', container ?? '', field);
  throw BadUserInputError.at(
    field,
    other.type === 'EPHEMERAL'
      ? `Container ${JSON.stringify(other.name)} is there to debug the pod, for one session: open a debugging container of your own with debug.`
      : `Container ${JSON.stringify(other.name)} only prepares the pod: choose ${serving.map(({ name }) => JSON.stringify(name)).join(' or ')}.`,
  );
}

function bestPod(pods: readonly PodValue[], debug: boolean): PodValue | undefined {
  const running = pods.filter(({ status }) => status === 'RUNNING' || status === 'STARTING');
  const best =
    running.find(({ ready, generation }) => ready && generation === 'NEW') ??
    running.find(({ ready }) => ready) ??
    running[0];
  if (!debug) return best;
  const over = new Set(['SUCCEEDED', 'FAILED', 'TERMINATING', 'UNKNOWN']);
  // What doesn't get ready is what there is to debug.
  return pods.find((pod) => pod.nodeName !== null && !pod.ready && !over.has(pod.status)) ?? best;
}
