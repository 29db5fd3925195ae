import type { Exposure, Protocol, ServiceSpec } from '../service/service-spec.js';
import { publicHosts } from '../workload/workload.builder.js';

export interface RouteValue {
  exposure: Exposure;
  port: number;
  protocol: Protocol;
  targetPort: number;
  domain: string | null;
  url: string | null;
  ready: boolean;
}

/** How each port of a service can be reached. Ready: a pod behind it takes requests. */
export function routesOf(
  service: { name: string; namespace: string },
  spec: ServiceSpec,
  ingressDomain: string | null,
  hasReadyPods: boolean,
): RouteValue[] {
  const hosts = publicHosts(service, spec, ingressDomain);
  return spec.ports.map((port) => {
    const host = hosts.find((entry) => entry.port === port)?.host ?? null;
    const scheme = port.protocol.toLowerCase();
    const inside = `${service.name}.${service.namespace}.svc:${port.port}`;
    const url =
      host !== null ? `${scheme}://${host}` : port.exposure === 'INTERNAL' ? `${scheme}://${inside}` : null;
    return {
      exposure: port.exposure,
      port: port.port,
      protocol: port.protocol,
      targetPort: port.targetPort,
      domain: host,
      url,
      ready: hasReadyPods,
    };
  });
}
