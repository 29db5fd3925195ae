import type { ServiceSpec } from '../service/service-spec.js';
import { ingressLabel } from '../workload/ingress-host.js';
import { isPublicHttp } from '../workload/network.builder.js';

/** One place of a cluster's ingress, which one service at most can have. */
export interface RouteClaim {
  /**
   * A custom domain; or the first label alone of what is below the cluster's own domain, whatever that is. No custom
   * domain is one label, and none is below the cluster's own (domainProblems), so the two can't be mistaken.
   */
  readonly host: string;
  readonly path: string;
}

/** The places that a service with these specifications takes: during a canary both the old and the new one's. */
export function claimsOf(
  service: { name: string; namespace: string },
  ...specs: readonly Pick<ServiceSpec, 'ports'>[]
): RouteClaim[] {
  const claims = specs.flatMap(({ ports }) =>
    ports
      .filter(isPublicHttp)
      .map(({ domain, path }) => ({ host: domain ?? ingressLabel(service), path: placeOf(path) })),
  );
  return [...new Map(claims.map((claim) => [`${claim.host}${claim.path}`, claim])).values()];
}

/** Ingress compares by whole segments: "/api" and "/api/" are the same place. */
const placeOf = (path: string): string => path.replace(/\/+$/, '') || '/';
