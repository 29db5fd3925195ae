import { createHash } from 'node:crypto';

/**
 * Where a public HTTP port answers below the cluster's ingress domain: `<service>-<namespace>.<domain>`, in one label
 * because wildcard certificates cover only one.
 */
export const ingressHost = (service: { name: string; namespace: string }, ingressDomain: string): string =>
  `${ingressLabel(service)}.${ingressDomain}`;

/** The first label of it. What would be longer than a label is cut and marked with a hash. */
export function ingressLabel(service: { name: string; namespace: string }): string {
  const full = `${service.name}-${service.namespace}`;
  if (full.length <= 63) return full;
  const hash = createHash('sha256').update(full).digest('hex').slice(0, 8);
  return `${full.slice(0, 54).replace(/-+$/, '')}-${hash}`;
}
