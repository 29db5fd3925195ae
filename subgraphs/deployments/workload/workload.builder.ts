import type {
  ConfigMap,
  Deployment,
  Ingress,
  PersistentVolumeClaim,
  Service,
} from '../../shared/kubernetes/resources.js';
import type { KubernetesObject } from '../../shared/kubernetes/wire.js';
import type { BoundVariables } from '../binding/bound-variables.js';
import type { PortSpec, ProbeSpec, ServiceSpec } from '../service/service-spec.js';
import { ingressHost } from './ingress-host.js';
import { applicationLabel, deploymentLabel, managedBy, nameLabel, serviceLabel } from './labels.js';

export interface WorkloadInput {
  readonly service: { id: string; name: string; namespace: string; applicationId: string };
  readonly deployment: {
    id: string;
    /** Whose id the pod template carries. */
    templateId: string;
    spec: ServiceSpec;
    bound: readonly BoundVariables[];
    paused: boolean;
  };
  readonly ingressDomain: string | null;
}

type Container = NonNullable<NonNullable<Deployment['spec']>['template']['spec']>['containers'][number];
type Volume = NonNullable<
  NonNullable<NonNullable<Deployment['spec']>['template']['spec']>['volumes']
>[number];

const isHttp = ({ protocol }: PortSpec): boolean => protocol === 'HTTP' || protocol === 'HTTPS';
const transportOf = ({ protocol }: PortSpec): 'TCP' | 'UDP' => (protocol === 'UDP' ? 'UDP' : 'TCP');

/**
 * The Kubernetes objects of a service, in the order to apply them: what pods need and the ways in first, then the
 * Deployment, so that nothing starts when the cluster refuses one of them. A pure function.
 */
export function buildWorkload(input: WorkloadInput): KubernetesObject[] {
  const { spec } = input.deployment;
  return [
    ...(spec.files.length > 0 ? [configMap(input)] : []),
    ...spec.volumes.flatMap((volume) => (volume.size === null ? [] : [claim(input, volume)])),
    ...(spec.ports.length > 0 ? [internalService(input)] : []),
    ...publicService(input),
    ...ingress(input),
    deployment(input),
  ];
}

const metadata = ({ service }: WorkloadInput, name: string) => ({
  name,
  namespace: service.namespace,
  labels: {
    [managedBy]: 'meridian',
    [nameLabel]: service.name,
    [serviceLabel]: service.id,
    [applicationLabel]: service.applicationId,
  },
});

const selector = ({ service }: WorkloadInput) => ({ [serviceLabel]: service.id });

function deployment(input: WorkloadInput): Deployment {
  const { spec, id, templateId, paused } = input.deployment;
  const { name } = input.service;
  const about = metadata(input, name);
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { ...about, annotations: { [deploymentLabel]: id } },
    spec: {
      replicas: spec.replicas,
      paused,
      revisionHistoryLimit: 5,
      progressDeadlineSeconds: spec.progressDeadlineSeconds,
      selector: { matchLabels: selector(input) },
      strategy:
        spec.strategy.type === 'RECREATE'
          ? { type: 'Recreate' }
          : {
              type: 'RollingUpdate',
              rollingUpdate: {
                maxSurge: countOrPercent(spec.strategy.maxSurge),
                maxUnavailable: countOrPercent(spec.strategy.maxUnavailable),
              },
            },
      template: {
        metadata: { labels: { ...about.labels, [deploymentLabel]: templateId } },
        spec: {
          terminationGracePeriodSeconds: spec.stopGraceSeconds,
          // What Kubernetes would tell every pod about its own API is no business of an application.
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          containers: [container(input)],
          ...(volumes(input).length > 0 ? { volumes: volumes(input) } : {}),
        },
      },
    },
  };
}

// Kubernetes types these as "IntOrString": a number must not be sent as text.
const countOrPercent = (value: string): number | string => (value.endsWith('%') ? value : Number(value));

function container(input: WorkloadInput): Container {
  const { spec } = input.deployment;
  const mounts = [
    ...spec.files.map(({ name }, index) => ({
      name: 'files',
      mountPath: name,
      subPath: fileKey(index),
      readOnly: true,
    })),
    ...spec.volumes.map(({ name, path }) => ({ name, mountPath: path })),
  ];
  const resources = {
    ...(spec.requests ? { requests: amounts(spec.requests) } : {}),
    ...(spec.limits ? { limits: amounts(spec.limits) } : {}),
  };
  return {
    name: input.service.name,
    image: spec.image,
    ...(spec.command ? { command: spec.command } : {}),
    ...(spec.args ? { args: spec.args } : {}),
    ...(spec.ports.length > 0 ? { ports: containerPorts(spec.ports) } : {}),
    env: variables(input),
    resources,
    ...(spec.readiness ? { readinessProbe: probe(spec.readiness) } : {}),
    ...(spec.liveness ? { livenessProbe: probe(spec.liveness) } : {}),
    ...(mounts.length > 0 ? { volumeMounts: mounts } : {}),
  };
}

/** Two ports may lead to one target port, which a container can declare only once. */
function containerPorts(ports: readonly PortSpec[]): NonNullable<Container['ports']> {
  const unique = new Map(ports.map((port) => [`${port.targetPort}/${transportOf(port)}`, port]));
  return [...unique.values()].map((port) => ({
    name: port.name,
    containerPort: port.targetPort,
    protocol: transportOf(port),
  }));
}

const amounts = ({ cpu, memory }: { cpu: string | null; memory: string | null }) => ({
  ...(cpu === null ? {} : { cpu }),
  ...(memory === null ? {} : { memory }),
});

/** What the service says itself wins over what a binding of the same name would give. */
function variables({ deployment }: WorkloadInput): NonNullable<Container['env']> {
  const own = deployment.spec.environmentVariables.map(({ name, value, secretRef, secretKey }) =>
    secretRef !== null && secretKey !== null
      ? { name, valueFrom: { secretKeyRef: { name: secretRef, key: secretKey } } }
      : { name, value: value ?? '' },
  );
  const names = new Set(own.map(({ name }) => name));
  const bound = deployment.bound.flatMap(({ secret, variables: given }) =>
    given
      .filter(({ name }) => !names.has(name))
      .map(({ name, key }) => ({ name, valueFrom: { secretKeyRef: { name: secret, key } } })),
  );
  return [...own, ...bound];
}

function probe(given: ProbeSpec): NonNullable<Container['readinessProbe']> {
  const { httpPath, port, command, ...timing } = given;
  if (command) return { exec: { command }, ...timing };
  if (httpPath !== null) return { httpGet: { path: httpPath, port: port ?? 80 }, ...timing };
  return { tcpSocket: { port: port ?? 80 }, ...timing };
}

const fileKey = (index: number): string => `file-${index}`;

function configMap(input: WorkloadInput): ConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: metadata(input, filesName(input)),
    data: Object.fromEntries(
      input.deployment.spec.files.map(({ content }, index) => [fileKey(index), content]),
    ),
  };
}

/** Of the template, so that pods of an older template keep the files that they were started with. */
const filesName = ({ service, deployment: { templateId } }: WorkloadInput): string =>
  `${service.name}-files-${templateId.slice(-12)}`;

const claimName = (input: WorkloadInput, volume: string): string => `${input.service.name}-${volume}`;

function volumes(input: WorkloadInput): Volume[] {
  const { spec } = input.deployment;
  return [
    ...(spec.files.length > 0 ? [{ name: 'files', configMap: { name: filesName(input) } }] : []),
    ...spec.volumes.map(({ name, size }) =>
      size === null
        ? { name, emptyDir: {} }
        : { name, persistentVolumeClaim: { claimName: claimName(input, name) } },
    ),
  ];
}

function claim(
  input: WorkloadInput,
  { name, size, storageClass }: ServiceSpec['volumes'][number],
): PersistentVolumeClaim {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: metadata(input, claimName(input, name)),
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: size ?? '1Gi' } },
      ...(storageClass === null ? {} : { storageClassName: storageClass }),
    },
  };
}

const servicePorts = (ports: readonly PortSpec[]) =>
  ports.map((port) => ({
    name: port.name,
    port: port.port,
    protocol: transportOf(port),
    targetPort: port.targetPort,
  }));

/** All ports, under the service's name, for other pods of the cluster and for the Ingress. */
const internalService = (input: WorkloadInput): Service => ({
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
function publicService(input: WorkloadInput): Service[] {
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

/** The host names of public HTTP ports; a port without a custom domain has none when the cluster has no ingress domain. */
export function publicHosts(
  service: { name: string; namespace: string },
  spec: ServiceSpec,
  ingressDomain: string | null,
): { port: PortSpec; host: string }[] {
  const ports = spec.ports.filter((port) => port.exposure === 'PUBLIC' && isHttp(port));
  return ports.flatMap((port) => {
    const host = port.domain ?? (ingressDomain === null ? null : ingressHost(service, ingressDomain));
    return host === null ? [] : [{ port, host }];
  });
}

function ingress(input: WorkloadInput): Ingress[] {
  const hosts = publicHosts(input.service, input.deployment.spec, input.ingressDomain);
  // Several ports of one host can't be told apart by path: the first has it.
  const byHost = new Map(hosts.toReversed().map(({ port, host }) => [host, port]));
  if (byHost.size === 0) return [];
  const secure = [...byHost].filter(([, port]) => port.protocol === 'HTTPS').map(([host]) => host);
  return [
    {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'Ingress',
      metadata: metadata(input, input.service.name),
      spec: {
        ...(secure.length > 0 ? { tls: [{ hosts: secure.sort() }] } : {}),
        rules: [...byHost].reverse().map(([host, port]) => ({
          host,
          http: {
            paths: [
              {
                path: '/',
                pathType: 'Prefix',
                backend: { service: { name: input.service.name, port: { number: port.port } } },
              },
            ],
          },
        })),
      },
    },
  ];
}
