import type { ContainerInstance } from '../container-instance.js';
import { parseImage } from '../image.js';
import { programOf } from '../programs/catalogue.js';
import type { Program } from '../programs/program.js';

/** What a connection within the simulated cluster meets. */
export type Meeting =
  | { readonly kind: 'unknown host' }
  | { readonly kind: 'refused'; readonly address: string }
  | { readonly kind: 'timed out'; readonly address: string }
  | { readonly kind: 'API server'; readonly address: string }
  | { readonly kind: 'program'; readonly address: string; readonly program: Program; readonly pod: any };

const LOCAL = /^(localhost|127\.\d+\.\d+\.\d+|::1|\[::1\]|0\.0\.0\.0)$/;

/** The addresses of a name as the cluster's DNS gives them; none when it has no such name. */
export function lookUp(instance: ContainerInstance, host: string): string[] {
  if (LOCAL.test(host)) return ['127.0.0.1'];
  if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) return [host];
  const { pod } = instance.context;
  if (host === pod.name) return [pod.ip];
  const service = serviceOf(instance, host);
  if (!service) return podOfSubdomain(instance, host);
  if (service['spec'].clusterIP === 'None') return endpoints(instance, service).map(({ address }) => address);
  return [service['spec'].clusterIP];
}

/** `service`, `service.namespace` and `service.namespace.svc.cluster.local`. */
function serviceOf(instance: ContainerInstance, host: string): any {
  const [name = '', namespace = instance.context.pod.namespace, svc = 'svc', ...domain] = host
    .replace(/\.$/, '')
    .split('.');
  if (svc !== 'svc' || !['', 'cluster.local'].includes(domain.join('.'))) return undefined;
  return instance.host.api.get('services', namespace, name);
}

/** `pod-0.service.namespace.svc.cluster.local` of a StatefulSet. */
function podOfSubdomain({ host, context }: ContainerInstance, name: string): string[] {
  const [podName = '', , namespace = context.pod.namespace] = name.split('.');
  if (!name.includes('.')) return [];
  const pod = host.api.get('pods', namespace, podName);
  return pod?.['spec'].subdomain === name.split('.')[1] && pod?.['status']?.podIP
    ? [pod['status'].podIP]
    : [];
}

function endpoints({ host }: ContainerInstance, service: any): { address: string; ports: any[] }[] {
  const labels = { 'kubernetes.io/service-name': service.metadata.name };
  return host.api
    .list('endpointslices', { namespace: service.metadata.namespace, labels })
    .flatMap((slice: any) =>
      (slice.endpoints ?? [])
        .filter(({ conditions }: any) => conditions?.ready !== false)
        .map(({ addresses }: any) => ({ address: addresses[0], ports: slice.ports ?? [] })),
    );
}

/** Connects to a port of a host, as a client in the container would. */
export function meet(instance: ContainerInstance, host: string, port: number): Meeting {
  const [address] = lookUp(instance, host);
  if (address === undefined) return { kind: 'unknown host' };
  const { api } = instance.host;
  if (LOCAL.test(address) || address === instance.context.pod.ip)
    return atPod(instance.host.pod, address, port);
  const service = api.list('services', {}).find((each: any) => each.spec.clusterIP === address);
  if (service) {
    if (service.metadata.name === 'kubernetes' && service.metadata.namespace === 'default')
      return port === 443 ? { kind: 'API server', address } : { kind: 'timed out', address };
    const wanted = service['spec'].ports?.find((each: any) => each.port === port);
    if (!wanted) return { kind: 'timed out', address };
    const ready = endpoints(instance, service);
    const chosen = ready[Math.floor(instance.host.random() * ready.length)];
    if (!chosen) return { kind: 'refused', address };
    const target = chosen.ports.find(
      (each) => each.name === (wanted.name ?? each.name) || each.port === wanted.targetPort,
    );
    return atAddress(instance, chosen.address, target?.port ?? port);
  }
  return atAddress(instance, address, port);
}

function atAddress(instance: ContainerInstance, address: string, port: number): Meeting {
  const pod = instance.host.api
    .list('pods', {})
    .find((each: any) => each.status?.podIP === address && each.status.phase === 'Running');
  return pod ? atPod(pod, address, port) : { kind: 'timed out', address };
}

function atPod(pod: any, address: string, port: number): Meeting {
  for (const container of pod.spec.containers) {
    const program = programOf(parseImage(container.image));
    const ports: number[] = container.ports?.map((each: any) => each.containerPort) ?? [];
    const isServing =
      program.port !== 0 &&
      !container.command &&
      (ports.includes(port) || (ports.length === 0 && program.port === port));
    if (isServing) return { kind: 'program', address, program, pod };
  }
  return { kind: 'refused', address };
}
