import type { Api, Draft, KubernetesObject } from '../storage/api.js';
import { matchesLabelSelector } from '../storage/label-selector.js';
import type { Clock } from './clock.js';
import { draftOf, isEqual } from './draft.js';
import { keyOf, type ObjectCache, splitKey } from './object-cache.js';
import { controllerReference, isControlledBy } from './ownership.js';
import { isPodFinished, isPodReady } from './pod-condition.js';
import { TriggerTimes } from './trigger-times.js';
import { WorkQueue } from './work-queue.js';

const CHANGED_AT = 'endpoints.kubernetes.io/last-change-trigger-time';
const SERVICE_NAME = 'kubernetes.io/service-name';

export interface EndpointsCaches {
  /** Indexed by namespace. */
  readonly services: ObjectCache;
  /** Indexed by `namespace/<name>`. */
  readonly pods: ObjectCache;
}

/** Tells which pods stand behind each Service with a selector, as Endpoints and as EndpointSlice. */
export class EndpointsController {
  private readonly queue: WorkQueue;
  private readonly triggers = new TriggerTimes();

  constructor(
    private readonly api: Api,
    clock: Clock,
    private readonly caches: EndpointsCaches,
  ) {
    this.queue = new WorkQueue(clock, (key) => this.reconcile(key));
    caches.services.subscribe(({ object }) => this.queue.add(keyOf(object)));
    caches.pods.subscribe(({ object, previous }) => {
      if (previous && isEqual(stateOf(previous), stateOf(object))) return;
      for (const service of caches.services.by(object.metadata.namespace ?? ''))
        if (selects(service, object) || (previous && selects(service, previous)))
          this.queue.add(keyOf(service));
    });
  }

  dispose(): void {
    this.queue.dispose();
  }

  private reconcile(key: string): void {
    const { namespace = '', name } = splitKey(key);
    const service = this.caches.services.get(key);
    if (!service?.['spec'].selector || service['spec'].type === 'ExternalName') {
      this.triggers.forget(key);
      if (!service) this.removeFor(namespace, name);
      return;
    }
    const selected = this.caches.pods.by(`namespace/${namespace}`).filter((pod) => selects(service, pod));
    const pods = selected
      .filter((pod) => !isPodFinished(pod) && pod['status']?.podIP)
      .sort((a, b) => a.metadata.name.localeCompare(b.metadata.name));
    const changedAt = this.triggers.next(key, service, selected);
    this.publishEndpoints(service, pods, changedAt);
    this.publishSlice(service, pods, changedAt);
  }

  /** The slice goes with its owner; Endpoints have no owner. */
  private removeFor(namespace: string, name: string): void {
    if (this.api.get('endpoints', namespace, name)) this.api.remove('endpoints', namespace, name);
  }

  private publishEndpoints(
    service: KubernetesObject,
    pods: readonly KubernetesObject[],
    changedAt: string | undefined,
  ): void {
    const { namespace, name, labels } = service.metadata;
    const living = pods.filter(({ metadata }) => !metadata.deletionTimestamp);
    const includesUnready = service['spec'].publishNotReadyAddresses === true;
    const ready = living.filter((pod) => includesUnready || isPodReady(pod)).map(addressOf);
    const unready = living.filter((pod) => !includesUnready && !isPodReady(pod)).map(addressOf);
    const ports = portsOf(service, pods[0]);
    const subset = {
      ...(ready.length > 0 && { addresses: ready }),
      ...(unready.length > 0 && { notReadyAddresses: unready }),
      ...(ports.length > 0 && { ports }),
    };
    const subsets = living.length > 0 ? [subset] : undefined;
    const existing = this.api.get('endpoints', namespace, name);
    if (existing && isEqual(existing['subsets'], subsets)) return;
    const draft: Draft = existing
      ? draftOf(existing)
      : { apiVersion: 'v1', kind: 'Endpoints', metadata: { name, namespace } };
    draft.metadata['labels'] = { ...labels, 'endpoints.kubernetes.io/managed-by': 'endpoint-controller' };
    stamp(draft, changedAt);
    if (subsets) draft['subsets'] = subsets;
    else delete draft['subsets'];
    if (existing) this.api.update('endpoints', draft);
    else this.api.create('endpoints', draft);
  }

  private publishSlice(
    service: KubernetesObject,
    pods: readonly KubernetesObject[],
    changedAt: string | undefined,
  ): void {
    const { namespace, name, labels } = service.metadata;
    const endpoints = pods.map((pod) => endpointOf(pod, service['spec'].publishNotReadyAddresses === true));
    const ports = pods.length > 0 ? portsOf(service, pods[0]) : null;
    const existing = this.api
      .list('endpointslices', { ...(namespace && { namespace }), labels: { [SERVICE_NAME]: name } })
      .find((slice) => isControlledBy(slice, service));
    const content = { endpoints: endpoints.length > 0 ? endpoints : null, ports };
    if (existing && isEqual({ endpoints: existing['endpoints'], ports: existing['ports'] }, content)) return;
    const draft: Draft = existing
      ? draftOf(existing)
      : {
          apiVersion: 'discovery.k8s.io/v1',
          kind: 'EndpointSlice',
          metadata: {
            generateName: `${name}-`,
            namespace,
            labels: {
              ...labels,
              'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
              [SERVICE_NAME]: name,
            },
            ownerReferences: [controllerReference(service)],
          },
          addressType: 'IPv4',
        };
    Object.assign(draft, content);
    stamp(draft, changedAt);
    if (existing) this.api.update('endpointslices', draft);
    else this.api.create('endpointslices', draft);
  }
}

/** When what the endpoints answer to happened; absent when nothing was that clients wait for. */
function stamp(draft: Draft, changedAt: string | undefined): void {
  const { [CHANGED_AT]: _, ...annotations } = draft.metadata['annotations'] ?? {};
  const next = { ...annotations, ...(changedAt && { [CHANGED_AT]: changedAt }) };
  if (Object.keys(next).length > 0) draft.metadata['annotations'] = next;
  else delete draft.metadata['annotations'];
}

function selects(service: KubernetesObject, pod: KubernetesObject): boolean {
  const { selector } = service['spec'];
  return selector !== undefined && matchesLabelSelector(pod.metadata.labels, { matchLabels: selector });
}

/** All of a pod that endpoints depend on. */
const stateOf = (pod: KubernetesObject) => [
  pod.metadata.labels,
  pod['status']?.podIP,
  isPodReady(pod),
  isPodFinished(pod),
  pod.metadata.deletionTimestamp !== undefined,
];

const targetOf = ({ metadata: { namespace, name, uid } }: KubernetesObject) => ({
  kind: 'Pod',
  namespace,
  name,
  uid,
});

const hostnameOf = ({ spec }: KubernetesObject) =>
  spec.subdomain && spec.hostname ? { hostname: spec.hostname } : {};

const addressOf = (pod: KubernetesObject) => ({
  ip: pod['status'].podIP,
  ...hostnameOf(pod),
  nodeName: pod['spec'].nodeName,
  targetRef: targetOf(pod),
});

function endpointOf(pod: KubernetesObject, includesUnready: boolean) {
  const serving = isPodReady(pod);
  const terminating = pod.metadata.deletionTimestamp !== undefined;
  return {
    addresses: [pod['status'].podIP],
    conditions: { ready: includesUnready || (serving && !terminating), serving, terminating },
    ...hostnameOf(pod),
    targetRef: targetOf(pod),
    nodeName: pod['spec'].nodeName,
  };
}

/** Named target ports are looked up in the pod. */
function portsOf(service: KubernetesObject, pod: KubernetesObject | undefined) {
  const containerPorts: any[] = (pod?.['spec'].containers ?? []).flatMap(
    (container: any) => container.ports ?? [],
  );
  return (service['spec'].ports ?? []).flatMap(({ name = '', protocol, targetPort, port }: any) => {
    const number =
      typeof targetPort === 'string'
        ? containerPorts.find((candidate) => candidate.name === targetPort)?.containerPort
        : (targetPort ?? port);
    return number === undefined ? [] : [{ ...(name && { name }), protocol, port: number }];
  });
}
