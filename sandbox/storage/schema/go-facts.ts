/**
 * What a Go server adds when it decodes and encodes an object again: zero values that `omitempty` drops, and
 * structs and fields that are always written.
 */

/** Structs held by value: present in every object, empty or not. By `model.field`. */
export const valueStructs: ReadonlySet<string> = new Set([
  'V1Container.resources',
  'V1PodTemplateSpec.metadata',
  'V1PodTemplateSpec.spec',
  'V1PodTemplate.template',
  'V1DeploymentSpec.template',
  'V1DeploymentSpec.strategy',
  'V1ReplicaSetSpec.template',
  'V1StatefulSetSpec.template',
  'V1StatefulSetSpec.updateStrategy',
  'V1DaemonSetSpec.template',
  'V1DaemonSetSpec.updateStrategy',
  'V1JobSpec.template',
  'V1CronJobSpec.jobTemplate',
  'V1JobTemplateSpec.metadata',
  'V1JobTemplateSpec.spec',
  'V1PersistentVolumeClaimTemplate.spec',
  'V1ServiceStatus.loadBalancer',
  'V1IngressStatus.loadBalancer',
  'V1PersistentVolumeClaimSpec.resources',
  'V1NodeStatus.daemonEndpoints',
  'V1NodeStatus.nodeInfo',
  'V1NodeDaemonEndpoints.kubeletEndpoint',
  'V1ContainerStatus.state',
  'V1ContainerStatus.lastState',
  'CoreV1Event.involvedObject',
  'CoreV1Event.source',
  'EventsV1Event.regarding',
  'EventsV1Event.deprecatedSource',
  'V2HorizontalPodAutoscalerSpec.scaleTargetRef',
  'V1HorizontalPodAutoscalerSpec.scaleTargetRef',
  'V1Endpoint.conditions',
  'V1RoleBinding.roleRef',
  'V1ClusterRoleBinding.roleRef',
  'V1IngressServiceBackend.port',
]);

/** Lists and references without `omitempty`: null when absent. By `model.field`. */
export const nullWhenAbsent: ReadonlySet<string> = new Set([
  'V1PodSpec.containers',
  'V1DeploymentSpec.selector',
  'V1ReplicaSetSpec.selector',
  'V1StatefulSetSpec.selector',
  'V1EndpointSlice.endpoints',
  'V1EndpointSlice.ports',
  'V1LimitRangeSpec.limits',
  'V1Role.rules',
  'V1ClusterRole.rules',
  'V2HorizontalPodAutoscalerStatus.currentMetrics',
  'V1HTTPIngressRuleValue.paths',
  'V1Endpoint.addresses',
  'CoreV1Event.firstTimestamp',
  'CoreV1Event.lastTimestamp',
  'CoreV1Event.eventTime',
  'EventsV1Event.eventTime',
  'EventsV1Event.deprecatedFirstTimestamp',
  'EventsV1Event.deprecatedLastTimestamp',
]);

/** Scalars without `omitempty`: written with their zero value when absent. By `model.field`. */
export const zeroWhenAbsent: Readonly<Record<string, string | number | boolean>> = {
  'CoreV1Event.reportingComponent': '',
  'CoreV1Event.reportingInstance': '',
  'V1ReplicaSetStatus.replicas': 0,
  'V1StatefulSetStatus.replicas': 0,
  'V1StatefulSetStatus.availableReplicas': 0,
  'V2HorizontalPodAutoscalerStatus.desiredReplicas': 0,
  'V1PodDisruptionBudgetStatus.disruptionsAllowed': 0,
  'V1PodDisruptionBudgetStatus.currentHealthy': 0,
  'V1PodDisruptionBudgetStatus.desiredHealthy': 0,
  'V1PodDisruptionBudgetStatus.expectedPods': 0,
};

/** Pointers, and fields without `omitempty`, whose empty string is kept. By field name. */
export const keptEmptyStrings: ReadonlySet<string> = new Set([
  'storageClassName',
  'ingressClassName',
  'EndpointPort.name',
  'DiscoveryV1EndpointPort.name',
  'V1Condition.message',
  'V1Condition.reason',
  'V1ContainerStatus.imageID',
  'V1ContainerStatus.image',
  'V1PolicyRule.apiGroups',
  'CoreV1Event.reportingComponent',
  'CoreV1Event.reportingInstance',
  'V2MetricSpec.type',
  'V1LabelSelectorRequirement.operator',
]);

/** Booleans held by value with `omitempty`: false is not written. By field name. */
export const droppedFalse: ReadonlySet<string> = new Set([
  'hostNetwork',
  'hostPID',
  'hostIPC',
  'stdin',
  'stdinOnce',
  'tty',
  'paused',
  'readOnly',
  'publishNotReadyAddresses',
  'unschedulable',
  'exec',
]);

/** Integers held by value with `omitempty`: 0 is not written. By field name or `model.field`. */
export const droppedZero: ReadonlySet<string> = new Set([
  'minReadySeconds',
  'hostPort',
  'nodePort',
  'initialDelaySeconds',
  'timeoutSeconds',
  'periodSeconds',
  'successThreshold',
  'failureThreshold',
  'observedGeneration',
  'readyReplicas',
  'updatedReplicas',
  'unavailableReplicas',
  'fullyLabeledReplicas',
  'currentReplicas',
  'count',
  'deprecatedCount',
  'V1DeploymentStatus.availableReplicas',
  'V1DeploymentStatus.replicas',
  'V1ReplicaSetStatus.availableReplicas',
]);

/** Maps of quantities, and single quantities; the models call them strings. By `model.field`. */
export const quantities: ReadonlySet<string> = new Set([
  'V1ResourceRequirements.limits',
  'V1ResourceRequirements.requests',
  'V1VolumeResourceRequirements.limits',
  'V1VolumeResourceRequirements.requests',
  'V1ResourceQuotaSpec.hard',
  'V1ResourceQuotaStatus.hard',
  'V1ResourceQuotaStatus.used',
  'V1LimitRangeItem._default',
  'V1LimitRangeItem.default',
  'V1LimitRangeItem.defaultRequest',
  'V1LimitRangeItem.max',
  'V1LimitRangeItem.min',
  'V1LimitRangeItem.maxLimitRequestRatio',
  'V1NodeStatus.capacity',
  'V1NodeStatus.allocatable',
  'V1PersistentVolumeSpec.capacity',
  'V1PersistentVolumeClaimStatus.capacity',
  'V1PersistentVolumeClaimStatus.allocatedResources',
  'V1ContainerStatus.allocatedResources',
  'V1PodSpec.overhead',
  'V1EmptyDirVolumeSource.sizeLimit',
  'V1ResourceFieldSelector.divisor',
  'V2MetricTarget.averageValue',
  'V2MetricTarget.value',
  'V2MetricValueStatus.averageValue',
  'V2MetricValueStatus.value',
]);
