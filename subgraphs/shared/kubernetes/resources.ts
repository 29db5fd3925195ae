import type {
  CoreV1Event,
  V1ConfigMap,
  V1ControllerRevision,
  V1Deployment,
  V1EndpointSlice,
  V1Endpoints,
  V1Ingress,
  V1IngressClass,
  V1LimitRange,
  V1Namespace,
  V1Node,
  V1PersistentVolume,
  V1PersistentVolumeClaim,
  V1Pod,
  V1PodDisruptionBudget,
  V1ReplicaSet,
  V1ResourceQuota,
  V1Secret,
  V1Service,
  V1ServiceAccount,
  V1StatefulSet,
  V1StorageClass,
  V2HorizontalPodAutoscaler,
} from '@kubernetes/client-node';
import { BadUserInputError } from '../errors.js';
import { type ApiPath, apiPath } from './api-path.js';
import { quoted } from './names.js';
import type { KubernetesObject, Wire } from './wire.js';

export type Pod = Wire<V1Pod>;
export type Deployment = Wire<V1Deployment>;
export type ReplicaSet = Wire<V1ReplicaSet>;
export type StatefulSet = Wire<V1StatefulSet>;
export type ControllerRevision = Wire<V1ControllerRevision>;
export type Service = Wire<V1Service>;
export type Endpoints = Wire<V1Endpoints>;
export type EndpointSlice = Wire<V1EndpointSlice>;
export type Ingress = Wire<V1Ingress>;
export type IngressClass = Wire<V1IngressClass>;
export type ConfigMap = Wire<V1ConfigMap>;
export type Secret = Wire<V1Secret>;
export type Namespace = Wire<V1Namespace>;
export type Node = Wire<V1Node>;
export type ResourceQuota = Wire<V1ResourceQuota>;
export type LimitRange = Wire<V1LimitRange>;
export type ServiceAccount = Wire<V1ServiceAccount>;
export type PersistentVolumeClaim = Wire<V1PersistentVolumeClaim>;
export type PersistentVolume = Wire<V1PersistentVolume>;
export type StorageClass = Wire<V1StorageClass>;
export type Event = Wire<CoreV1Event>;
export type HorizontalPodAutoscaler = Wire<V2HorizontalPodAutoscaler>;
export type PodDisruptionBudget = Wire<V1PodDisruptionBudget>;

/** One kind of object: how it is addressed, and its type. */
export interface Resource<T extends KubernetesObject = KubernetesObject> {
  readonly group?: string;
  readonly version: string;
  /** Plural name in paths. */
  readonly resource: string;
  readonly kind: string;
  readonly namespaced: boolean;
  /** Type only; never set. */
  readonly object?: T;
}

const core = <T extends KubernetesObject>(
  resource: string,
  kind: string,
  scope: 'Namespaced' | 'Cluster' = 'Namespaced',
): Resource<T> => ({ version: 'v1', resource, kind, namespaced: scope === 'Namespaced' });

const grouped = <T extends KubernetesObject>(
  group: string,
  version: string,
  resource: string,
  kind: string,
  scope: 'Namespaced' | 'Cluster' = 'Namespaced',
): Resource<T> => ({ group, version, resource, kind, namespaced: scope === 'Namespaced' });

/** Every kind that Meridian reads or writes. */
export const resources = {
  pods: core<Pod>('pods', 'Pod'),
  services: core<Service>('services', 'Service'),
  endpoints: core<Endpoints>('endpoints', 'Endpoints'),
  configMaps: core<ConfigMap>('configmaps', 'ConfigMap'),
  secrets: core<Secret>('secrets', 'Secret'),
  serviceAccounts: core<ServiceAccount>('serviceaccounts', 'ServiceAccount'),
  resourceQuotas: core<ResourceQuota>('resourcequotas', 'ResourceQuota'),
  limitRanges: core<LimitRange>('limitranges', 'LimitRange'),
  persistentVolumeClaims: core<PersistentVolumeClaim>('persistentvolumeclaims', 'PersistentVolumeClaim'),
  persistentVolumes: core<PersistentVolume>('persistentvolumes', 'PersistentVolume', 'Cluster'),
  events: core<Event>('events', 'Event'),
  namespaces: core<Namespace>('namespaces', 'Namespace', 'Cluster'),
  nodes: core<Node>('nodes', 'Node', 'Cluster'),
  deployments: grouped<Deployment>('apps', 'v1', 'deployments', 'Deployment'),
  replicaSets: grouped<ReplicaSet>('apps', 'v1', 'replicasets', 'ReplicaSet'),
  statefulSets: grouped<StatefulSet>('apps', 'v1', 'statefulsets', 'StatefulSet'),
  controllerRevisions: grouped<ControllerRevision>('apps', 'v1', 'controllerrevisions', 'ControllerRevision'),
  endpointSlices: grouped<EndpointSlice>('discovery.k8s.io', 'v1', 'endpointslices', 'EndpointSlice'),
  ingresses: grouped<Ingress>('networking.k8s.io', 'v1', 'ingresses', 'Ingress'),
  ingressClasses: grouped<IngressClass>(
    'networking.k8s.io',
    'v1',
    'ingressclasses',
    'IngressClass',
    'Cluster',
  ),
  storageClasses: grouped<StorageClass>('storage.k8s.io', 'v1', 'storageclasses', 'StorageClass', 'Cluster'),
  horizontalPodAutoscalers: grouped<HorizontalPodAutoscaler>(
    'autoscaling',
    'v2',
    'horizontalpodautoscalers',
    'HorizontalPodAutoscaler',
  ),
  podDisruptionBudgets: grouped<PodDisruptionBudget>(
    'policy',
    'v1',
    'poddisruptionbudgets',
    'PodDisruptionBudget',
  ),
} as const;

export const apiVersionOf = (resource: Resource): string =>
  resource.group ? `${resource.group}/${resource.version}` : resource.version;

/** The resource of an object that says its apiVersion and kind, such as one read from a template. */
export function resourceOf(object: KubernetesObject): Resource {
  const found = Object.values(resources).find(
    (resource) => resource.kind === object.kind && apiVersionOf(resource) === object.apiVersion,
  );
  if (!found) {
    throw BadUserInputError.at(
      ['kind'],
      `Meridian does not handle ${quoted(object.apiVersion ?? '')} ${quoted(object.kind ?? '')}: use one of ${Object.values(
        resources,
      )
        .map((resource) => resource.kind)
        .join(', ')}.`,
    );
  }
  return found;
}

export interface ObjectReference {
  /** Required for namespaced kinds, refused for the others. */
  readonly namespace?: string | undefined;
  readonly name: string;
}

/** The path of one object, every part validated. */
export function objectPath(resource: Resource, reference: ObjectReference, subresource?: string): ApiPath {
  requireScope(resource, reference.namespace);
  return apiPath({ ...address(resource), namespace: reference.namespace, name: reference.name, subresource });
}

/** The path of a collection; without a namespace, of the whole cluster's. */
export function collectionPath(resource: Resource, namespace?: string): ApiPath {
  if (namespace !== undefined) requireScope(resource, namespace);
  return apiPath({ ...address(resource), namespace });
}

const address = ({ group, version, resource }: Resource) => ({ group, version, resource });

function requireScope(resource: Resource, namespace: string | undefined): void {
  if (resource.namespaced === (namespace !== undefined)) return;
  throw BadUserInputError.at(
    ['namespace'],
    resource.namespaced
      ? `A ${resource.kind} lives in a namespace: name it.`
      : `A ${resource.kind} belongs to the whole cluster: leave the namespace out.`,
  );
}
