import type { EndpointSlice } from '../../shared/kubernetes/resources.js';
import type { Exposure, PortSpec, Protocol, ServiceSpec } from '../service/service-spec.js';
import { isPublicHttp, publicHosts, publicServiceName } from '../workload/network.builder.js';

export interface RouteValue {
  exposure: Exposure;
  port: number;
  protocol: Protocol;
  targetPort: number;
  domain: string | null;
  path: string | null;
  tls: boolean;
  url: string | null;
  ready: boolean;
  reason: string | null;
}

/** What tells whether requests find a pod. */
export interface RouteFacts {
  readonly ingressDomain: string | null;
  /** Null when the cluster does not tell: then ready pods have to do. */
  readonly slices: readonly EndpointSlice[] | null;
  readonly hasReadyPods: boolean;
  /** False: nothing may be concluded from the pods either. */
  readonly known: boolean;
}

/** How each port of a service can be reached. */
export function routesOf(
  service: { name: string; namespace: string },
  spec: ServiceSpec,
  facts: RouteFacts,
): RouteValue[] {
  const hosts = publicHosts(service, spec, facts.ingressDomain);
  return spec.ports.map((port) => {
    const host = hosts.find((entry) => entry.port === port)?.host ?? null;
    const reason = unreadyReason(service.name, port, host, facts);
    return {
      exposure: port.exposure,
      port: port.port,
      protocol: port.protocol,
      targetPort: port.targetPort,
      domain: host,
      path: host === null ? null : port.path,
      tls: host !== null && port.protocol === 'HTTPS',
      url: urlOf(service, port, host),
      ready: reason === null,
      reason,
    };
  });
}

function urlOf(
  service: { name: string; namespace: string },
  port: PortSpec,
  host: string | null,
): string | null {
  const scheme = port.protocol.toLowerCase();
  if (host !== null) return `${scheme}://${host}${port.path === '/' ? '' : port.path}`;
  if (port.exposure !== 'INTERNAL') return null;
  return `${scheme}://${service.name}.${service.namespace}.svc:${port.port}`;
}

/** Null when it is ready. */
function unreadyReason(
  serviceName: string,
  port: PortSpec,
  host: string | null,
  { slices, hasReadyPods, known }: RouteFacts,
): string | null {
  if (!known && slices === null) return 'The cluster does not answer.';
  if (isPublicHttp(port) && host === null) {
    return 'The cluster has no domain for routes: give the port a domain of its own.';
  }
  if (slices === null) return hasReadyPods ? null : noPod;
  const isOwn = !isPublicHttp(port) && port.exposure === 'PUBLIC';
  const kubernetesService = isOwn ? publicServiceName(serviceName) : serviceName;
  const own = slices.filter(
    ({ metadata }) => metadata?.labels?.['kubernetes.io/service-name'] === kubernetesService,
  );
  if (own.length === 0) return 'It was not deployed with this port yet.';
  const behind = own.filter(({ ports }) => ports?.some(({ name }) => name === port.name));
  const endpoints = behind.flatMap((slice) => slice.endpoints ?? []);
  if (endpoints.some(({ conditions }) => conditions?.ready !== false)) return null;
  return endpoints.length === 0 ? noPod : `None of ${endpoints.length} pods behind it takes requests.`;
}

const noPod = 'No pod behind it takes requests.';
