import type { AddressPolicy } from './address-policy.js';
import type { ClusterCredentials } from './cluster-credentials.js';
/** Reads the current context of an uploaded kubeconfig. `field` is the input field that the text came in. */
export function readKubeconfig(
  _text: string,
  _policy: AddressPolicy,
  _field: readonly string[],
): ClusterCredentials {
  throw new Error('being written');
}
