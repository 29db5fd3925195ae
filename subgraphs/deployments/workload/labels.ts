import { serviceLabel } from '../../shared/kubernetes/object-indexes.js';
import type { KubernetesObject } from '../../shared/kubernetes/wire.js';

export { serviceLabel };

/** Labels and annotations by which Meridian finds again what it made. */
export const managedBy = 'app.kubernetes.io/managed-by';
export const managedSelector = `${managedBy}=meridian`;
export const nameLabel = 'app.kubernetes.io/name';
export const applicationLabel = 'meridian.dev/application';
/**
 * In the pod template: whose template it is. A SCALE keeps the template, so its own id is not here.
 * As an annotation on the Deployment: the deployment that wrote it last, a SCALE included.
 */
export const deploymentLabel = 'meridian.dev/deployment';

/** On the canary's workload and pods, which the main workload does not have: which of the two it is. */
export const trackLabel = 'meridian.dev/track';
export const canaryTrack = 'canary';

export const isCanary = (object: KubernetesObject): boolean =>
  object.metadata?.labels?.[trackLabel] === canaryTrack;

export const serviceIdOf = (object: KubernetesObject): string | undefined =>
  object.metadata?.labels?.[serviceLabel];

/** The deployment whose template a pod was made from. */
export const templateIdOf = (object: KubernetesObject): string | undefined =>
  object.metadata?.labels?.[deploymentLabel];
