import type { LimitRange, Namespace, ResourceQuota } from '../../shared/kubernetes/resources.js';
import { type ResourceLimits, toHardLimits } from './quota.js';

export const managedByMeridian = 'app.kubernetes.io/managed-by=meridian';
/** Name of the ResourceQuota and LimitRange in each namespace. */
export const objectName = 'meridian';

export interface Placed {
  readonly id: string;
  readonly projectId: string;
  readonly namespace: string;
  readonly quota: ResourceLimits;
}

const labelsOf = (environment: Placed): Record<string, string> => ({
  'app.kubernetes.io/managed-by': 'meridian',
  'meridian.dev/environment': environment.id,
  'meridian.dev/project': environment.projectId,
});

export const toNamespace = (environment: Placed): Namespace =>
  ({
    apiVersion: 'v1',
    kind: 'Namespace',
    metadata: { name: environment.namespace, labels: labelsOf(environment) },
  }) as Namespace;

export const toResourceQuota = (environment: Placed): ResourceQuota =>
  ({
    apiVersion: 'v1',
    kind: 'ResourceQuota',
    metadata: { name: objectName, namespace: environment.namespace, labels: labelsOf(environment) },
    spec: { hard: toHardLimits(environment.quota) },
  }) as ResourceQuota;

/** What a container asks for that says nothing itself: with a quota, it would not be admitted otherwise. */
export const defaultRequest = { cpu: '100m', memory: '128Mi' };

export const toLimitRange = (environment: Placed): LimitRange =>
  ({
    apiVersion: 'v1',
    kind: 'LimitRange',
    metadata: { name: objectName, namespace: environment.namespace, labels: labelsOf(environment) },
    spec: { limits: [{ type: 'Container', defaultRequest }] },
  }) as LimitRange;

/** Whose a namespace is, by its labels. */
export interface NamespaceOwner {
  readonly uid: string;
  /** Null when Meridian did not make it. */
  readonly environmentId: string | null;
  readonly projectId: string | null;
  readonly terminating: boolean;
}

export function ownerOf({ metadata, status }: Namespace): NamespaceOwner {
  const labels = metadata?.labels ?? {};
  const ours = labels['app.kubernetes.io/managed-by'] === 'meridian';
  return {
    uid: metadata?.uid ?? '',
    environmentId: ours ? (labels['meridian.dev/environment'] ?? null) : null,
    projectId: ours ? (labels['meridian.dev/project'] ?? null) : null,
    terminating: metadata?.deletionTimestamp !== undefined || status?.phase === 'Terminating',
  };
}
