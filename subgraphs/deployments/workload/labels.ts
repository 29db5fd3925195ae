import type { KubernetesObject } from '../../shared/kubernetes/wire.js';

/** Labels and annotations by which Meridian finds again what it made. */
export const managedBy = 'app.kubernetes.io/managed-by';
export const managedSelector = `${managedBy}=meridian`;
export const nameLabel = 'app.kubernetes.io/name';
export const serviceLabel = 'meridian.dev/service';
export const applicationLabel = 'meridian.dev/application';
/**
 * In the pod template: whose template it is. A SCALE keeps the template, so its own id is not here.
 * As an annotation on the Deployment: the deployment that wrote it last, a SCALE included.
 */
export const deploymentLabel = 'meridian.dev/deployment';

export const serviceIdOf = (object: KubernetesObject): string | undefined =>
  object.metadata?.labels?.[serviceLabel];

/** The deployment whose template a pod was made from. */
export const templateIdOf = (object: KubernetesObject): string | undefined =>
  object.metadata?.labels?.[deploymentLabel];
