import type { ResourceName } from '../api.js';
import type { KindRules } from '../kind-rules.js';
import { cronJobRules, jobRules } from './batch.js';
import { configMapRules, secretRules } from './config.js';
import { daemonSetRules } from './daemon-set.js';
import { ingressRules } from './ingress.js';
import { namespaceRules } from './namespace.js';
import { podRules } from './pod.js';
import {
  endpointSliceRules,
  endpointsRules,
  eventRules,
  horizontalPodAutoscalerRules,
  limitRangeRules,
  podDisruptionBudgetRules,
  resourceQuotaRules,
} from './policies.js';
import { roleBindingRules, roleRules } from './rbac.js';
import { serviceRules } from './service.js';
import { persistentVolumeClaimRules, persistentVolumeRules, storageClassRules } from './storage.js';
import { deploymentRules, replicaSetRules, statefulSetRules } from './workloads.js';

/** Resources that are not here have no rules of their own. */
export const allRules: Readonly<Record<ResourceName, KindRules>> = {
  clusterrolebindings: roleBindingRules,
  clusterroles: roleRules,
  configmaps: configMapRules,
  cronjobs: cronJobRules,
  daemonsets: daemonSetRules,
  deployments: deploymentRules,
  endpoints: endpointsRules,
  endpointslices: endpointSliceRules,
  events: eventRules,
  horizontalpodautoscalers: horizontalPodAutoscalerRules,
  ingresses: ingressRules,
  jobs: jobRules,
  limitranges: limitRangeRules,
  namespaces: namespaceRules,
  persistentvolumeclaims: persistentVolumeClaimRules,
  persistentvolumes: persistentVolumeRules,
  poddisruptionbudgets: podDisruptionBudgetRules,
  pods: podRules,
  replicasets: replicaSetRules,
  resourcequotas: resourceQuotaRules,
  rolebindings: roleBindingRules,
  roles: roleRules,
  secrets: secretRules,
  services: serviceRules,
  statefulsets: statefulSetRules,
  storageclasses: storageClassRules,
};
