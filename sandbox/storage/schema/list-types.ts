/**
 * How lists and maps merge, which the generated client models do not say: `x-kubernetes-list-type`,
 * `x-kubernetes-list-map-keys`, `x-kubernetes-map-type` and `x-kubernetes-patch-*` of the OpenAPI document.
 * Anything that is not here is atomic when it is a list and granular when it is a map or a struct.
 */
export interface ListType {
  /** Server-side apply: the keys of a list of type `map`. */
  readonly keys?: readonly string[];
  /** Server-side apply: a list of scalars that are each owned on their own. */
  readonly set?: true;
  /** Strategic merge patch: the one key that finds an item, or `''` for a list of scalars that is merged. */
  readonly patchKey?: string;
  /** A source is exactly one of many fields: `$retainKeys` clears the others. */
  readonly retainKeys?: true;
}

const byName: ListType = { keys: ['name'], patchKey: 'name' };
const conditions: ListType = { keys: ['type'], patchKey: 'type' };

/** Keyed by `model.field`. */
export const listTypes: Readonly<Record<string, ListType>> = {
  'V1ObjectMeta.ownerReferences': { keys: ['uid'], patchKey: 'uid' },
  'V1ObjectMeta.finalizers': { set: true, patchKey: '' },
  'V1PodSpec.containers': byName,
  'V1PodSpec.initContainers': byName,
  'V1PodSpec.ephemeralContainers': byName,
  'V1PodSpec.volumes': { ...byName, retainKeys: true },
  'V1PodSpec.imagePullSecrets': byName,
  'V1PodSpec.hostAliases': { keys: ['ip'], patchKey: 'ip' },
  'V1PodSpec.resourceClaims': byName,
  'V1PodSpec.schedulingGates': byName,
  'V1PodSpec.topologySpreadConstraints': {
    keys: ['topologyKey', 'whenUnsatisfiable'],
    patchKey: 'topologyKey',
  },
  'V1Container.ports': { keys: ['containerPort', 'protocol'], patchKey: 'containerPort' },
  'V1Container.env': byName,
  'V1Container.volumeMounts': { keys: ['mountPath'], patchKey: 'mountPath' },
  'V1Container.volumeDevices': { keys: ['devicePath'], patchKey: 'devicePath' },
  'V1ResourceRequirements.claims': { keys: ['name'] },
  'V1PodStatus.conditions': conditions,
  'V1PodStatus.podIPs': { keys: ['ip'], patchKey: 'ip' },
  'V1PodStatus.hostIPs': { patchKey: 'ip' },
  'V1ServiceSpec.ports': { keys: ['port', 'protocol'], patchKey: 'port' },
  'V1ServiceStatus.conditions': conditions,
  'V1ServiceAccount.secrets': byName,
  'V1DeploymentStatus.conditions': conditions,
  'V1ReplicaSetStatus.conditions': conditions,
  'V1StatefulSetStatus.conditions': conditions,
  'V1PersistentVolumeClaimStatus.conditions': conditions,
  'V1NamespaceStatus.conditions': conditions,
  'V1NodeStatus.conditions': conditions,
  'V1NodeStatus.addresses': conditions,
  'V1NodeStatus.volumesAttached': { keys: ['name'] },
  'V1NodeSpec.podCIDRs': { set: true, patchKey: '' },
  'V1PodDisruptionBudgetStatus.conditions': conditions,
  'V2HorizontalPodAutoscalerStatus.conditions': conditions,
};

/** Structs and maps that have one owner as a whole, by model or by `model.field`. */
export const atomicTypes: ReadonlySet<string> = new Set([
  'V1LabelSelector',
  'V1ConfigMapKeySelector',
  'V1SecretKeySelector',
  'V1ObjectFieldSelector',
  'V1ResourceFieldSelector',
  'V1FileKeySelector',
  'V1LocalObjectReference',
  'V1ObjectReference',
  'V1TypedLocalObjectReference',
  'V1SecretReference',
  'V1NodeSelector',
  'V1NodeSelectorTerm',
  'V1ScopeSelector',
  'V1RoleRef',
  'RbacV1Subject',
  'V1IngressServiceBackend.port',
  'V1ServiceSpec.selector',
  'V1PodSpec.nodeSelector',
  'V1CSIPersistentVolumeSource.volumeAttributes',
]);

/** References that are declared granular although their type is atomic. */
export const granularFields: ReadonlySet<string> = new Set(['V1PersistentVolumeSpec.claimRef']);

/** Structs whose fields exclude each other, outside lists: strategic merge knows `$retainKeys` for them. */
export const retainKeysFields: ReadonlySet<string> = new Set(['V1DeploymentSpec.strategy']);
