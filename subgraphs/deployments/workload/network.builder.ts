import type { Ingress, Service } from '../../shared/kubernetes/resources.js';
import type { PortSpec, ServiceSpec } from '../service/service-spec.js';
import { ingressHost } from './ingress-host.js';
import { metadata, selector, type WorkloadInput } from './workload-input.js';

const isHttp = ({ protocol }: PortSpec): boolean => protocol === 'HTTP' || protocol === 'HTTPS';
export const isPublicHttp = (port: PortSpec): boolean => port.exposure === 'PUBLIC' && isHttp(port);
export const transportOf = ({ protocol }: PortSpec): 'TCP' | 'UDP' => (protocol === 'UDP' ? 'UDP' : 'TCP');

const servicePorts = (ports: readonly PortSpec[]) =>
  ports.map((port) => ({
    name: port.name,
    port: port.port,
    protocol: transportOf(port),
    targetPort: port.targetPort,
  }));

/** All ports, under the service's name, for other pods of the cluster and for the Ingress. */
export const buildInternalService = (input: WorkloadInput): Service => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: metadata(input, input.service.name),
  spec: {
    type: 'ClusterIP',
    selector: selector(input),
    ports: servicePorts(input.deployment.spec.ports),
  },
});

export const publicServiceName = (serviceName: string): string => `${serviceName}-public`;

/** What is public and not HTTP gets a load balancer of its own. */
export function buildPublicService(input: WorkloadInput): Service[] {
  const ports = input.deployment.spec.ports.filter((port) => port.exposure === 'PUBLIC' && !isHttp(port));
  if (ports.length === 0) return [];
  return [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: metadata(input, publicServiceName(input.service.name)),
      spec: { type: 'LoadBalancer', selector: selector(input), ports: servicePorts(ports) },
    },
  ];
}

export interface PublicHost {
  readonly port: PortSpec;
  readonly host: string;
}

/** The host names of public HTTP ports; a port without a custom domain has none when the cluster has no ingress domain. */
export function publicHosts(
  service: { name: string; namespace: string },
  spec: ServiceSpec,
  ingressDomain: string | null,
): PublicHost[] {
  const ports = spec.ports.filter(isPublicHttp);
  return ports.flatMap((port) => {
    const host = port.domain ?? (ingressDomain === null ? null : ingressHost(service, ingressDomain));
    return host === null ? [] : [{ port, host }];
  });
}

export function buildIngress(input: WorkloadInput): Ingress[] {
  const places = publicPlaces(input);
  if (places.length === 0) return [];
  const hosts = [...new Set(places.map(({ host }) => host))];
  return [
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: metadata(input, input.service.name),
      spec: {
        ...tlsOf(places),
        rules: hosts.map((host) => ({
          host,
          http: {
            paths: places
              .filter((place) => place.host === host)
              .map(({ port }) => ({
                path: port.path,
                pathType: 'Prefix',
                backend: { service: { name: input.service.name, port: { number: port.port } } },
              })),
          },
        })),
      },
    },
  ];
}

/** Several ports of one host and path can't be told apart: the first has it. */
function publicPlaces({ service, deployment, ingressDomain }: WorkloadInput): PublicHost[] {
  const places = new Map<string, PublicHost>();
  for (const place of publicHosts(service, deployment.spec, ingressDomain)) {
    const key = `${place.host}${place.port.path}`;
    if (!places.has(key)) places.set(key, place);
  }
  return [...places.values()];
}

/** Hosts with a certificate of their own have an entry each; the others share the ingress's. */
function tlsOf(places: readonly PublicHost[]) {
  const secretOf = new Map<string, string | null>();
  for (const { host, port } of places) {
    if (port.protocol === 'HTTPS') secretOf.set(host, secretOf.get(host) ?? port.tlsSecret);
  }
  const shared = [...secretOf].filter(([, secret]) => secret === null).map(([host]) => host);
  const tls = [
    ...(shared.length > 0 ? [{ hosts: shared.sort() }] : []),
    ...[...secretOf].flatMap(([host, secret]) =>
      secret === null ? [] : [{ hosts: [host], secretName: secret }],
    ),
  ];
  return tls.length > 0 ? { tls } : {};
}
