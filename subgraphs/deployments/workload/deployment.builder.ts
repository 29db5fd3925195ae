import type { ConfigMap, Deployment, PersistentVolumeClaim } from '../../shared/kubernetes/resources.js';
import type {
  AutoscalingSpec,
  PortSpec,
  ProbeSpec,
  ServiceSpec,
  TolerationEffect,
} from '../service/service-spec.js';
import { canaryTrack, deploymentLabel, trackLabel } from './labels.js';
import { transportOf } from './network.builder.js';
import { metadata, selector, type WorkloadInput } from './workload-input.js';

type PodSpec = NonNullable<NonNullable<Deployment['spec']>['template']['spec']>;
type Container = PodSpec['containers'][number];
type Volume = NonNullable<PodSpec['volumes']>[number];

/** The main workload. */
export const buildDeployment = (input: WorkloadInput): Deployment =>
  deploymentOf(input, { name: input.service.name, replicas: replicasOf(input), labels: {} });

export const canaryName = (serviceName: string): string => `${serviceName}-canary`;

/** The workload that runs the new template beside the main one. */
export const buildCanary = (input: WorkloadInput, replicas: number): Deployment =>
  deploymentOf(input, {
    name: canaryName(input.service.name),
    replicas,
    labels: { [trackLabel]: canaryTrack },
  });

function deploymentOf(
  input: WorkloadInput,
  { name, replicas, labels }: { name: string; replicas: number; labels: Record<string, string> },
): Deployment {
  const { spec, id, templateId, paused } = input.deployment;
  const about = metadata(input, name);
  const allLabels = { ...about.labels, ...labels };
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { ...about, labels: allLabels, annotations: { [deploymentLabel]: id } },
    spec: {
      replicas,
      paused,
      revisionHistoryLimit: 5,
      progressDeadlineSeconds: spec.progressDeadlineSeconds,
      selector: { matchLabels: { ...selector(input), ...labels } },
      strategy: strategyOf(spec),
      template: {
        metadata: { labels: { ...allLabels, [deploymentLabel]: templateId } },
        spec: podSpec(input),
      },
    },
  };
}

const strategyOf = ({ strategy }: ServiceSpec): NonNullable<NonNullable<Deployment['spec']>['strategy']> =>
  strategy.type === 'RECREATE'
    ? { type: 'Recreate' }
    : {
        type: 'RollingUpdate',
        rollingUpdate: {
          maxSurge: countOrPercent(strategy.maxSurge),
          maxUnavailable: countOrPercent(strategy.maxUnavailable),
        },
      };

const podSpec = (input: WorkloadInput): PodSpec => {
  const { spec } = input.deployment;
  return {
    terminationGracePeriodSeconds: spec.stopGraceSeconds,
    // What Kubernetes would tell every pod about its own API is no business of an application.
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    containers: [container(input)],
    ...(spec.imagePullSecret === null ? {} : { imagePullSecrets: [{ name: spec.imagePullSecret }] }),
    ...placement(spec),
    ...(volumes(input).length > 0 ? { volumes: volumes(input) } : {}),
  };
};

/**
 * An autoscaler owns the number once it runs. Left out of what we apply, the field would fall back to 1 when we are its
 * only owner, so what the autoscaler wants is repeated:
 * https://kubernetes.io/docs/reference/using-api/server-side-apply/#transferring-ownership
 */
function replicasOf({ deployment, scaledTo }: WorkloadInput): number {
  const { replicas, autoscaling } = deployment.spec;
  return autoscaling ? within(autoscaling, scaledTo ?? replicas) : replicas;
}

const within = ({ minReplicas, maxReplicas }: AutoscalingSpec, wanted: number): number =>
  Math.min(maxReplicas, Math.max(minReplicas, wanted));

const effects: Record<TolerationEffect, string> = {
  NO_SCHEDULE: 'NoSchedule',
  PREFER_NO_SCHEDULE: 'PreferNoSchedule',
  NO_EXECUTE: 'NoExecute',
};

const placement = ({ nodeSelector, tolerations }: ServiceSpec) => ({
  ...(nodeSelector.length > 0
    ? { nodeSelector: Object.fromEntries(nodeSelector.map(({ name, value }) => [name, value])) }
    : {}),
  ...(tolerations.length > 0
    ? {
        tolerations: tolerations.map(({ name, value, effect, seconds }) => ({
          key: name,
          ...(value === null ? { operator: 'Exists' } : { operator: 'Equal', value }),
          ...(effect === null ? {} : { effect: effects[effect] }),
          ...(seconds === null ? {} : { tolerationSeconds: seconds }),
        })),
      }
    : {}),
});

// Kubernetes types these as "IntOrString": a number must not be sent as text.
const countOrPercent = (value: string): number | string => (value.endsWith('%') ? value : Number(value));

function container(input: WorkloadInput): Container {
  const { spec } = input.deployment;
  const mounts = [
    ...spec.files.map(({ name, content }, index) => ({
      name: content === null ? 'secret-files' : 'files',
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
    ...(spec.startup ? { startupProbe: probe(spec.startup) } : {}),
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

export function buildConfigMap(input: WorkloadInput): ConfigMap {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: metadata(input, filesName(input)),
    data: Object.fromEntries(
      input.deployment.spec.files.flatMap(({ content }, index) =>
        content === null ? [] : [[fileKey(index), content]],
      ),
    ),
  };
}

/** Of the template, so that pods of an older template keep the files that they were started with. */
const filesName = ({ service, deployment: { templateId } }: WorkloadInput): string =>
  `${service.name}-files-${templateId.slice(-12)}`;

export const claimName = (serviceName: string, volume: string): string => `${serviceName}-${volume}`;

function volumes(input: WorkloadInput): Volume[] {
  const { spec } = input.deployment;
  return [
    ...(spec.files.some(({ content }) => content !== null)
      ? [{ name: 'files', configMap: { name: filesName(input) } }]
      : []),
    ...secretFiles(spec),
    ...spec.volumes.map(({ name, size }) =>
      size === null
        ? { name, emptyDir: {} }
        : { name, persistentVolumeClaim: { claimName: claimName(input.service.name, name) } },
    ),
  ];
}

/** One volume for all files in Secrets, whichever Secret each is in. */
function secretFiles({ files }: ServiceSpec): Volume[] {
  const sources = files.flatMap(({ content, secretRef, secretKey }, index) =>
    content !== null || secretRef === null || secretKey === null
      ? []
      : [{ secret: { name: secretRef, items: [{ key: secretKey, path: fileKey(index) }] } }],
  );
  return sources.length > 0 ? [{ name: 'secret-files', projected: { sources } }] : [];
}

export function buildClaim(
  input: WorkloadInput,
  { name, size, storageClass }: ServiceSpec['volumes'][number],
): PersistentVolumeClaim {
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: metadata(input, claimName(input.service.name, name)),
    spec: {
      accessModes: ['ReadWriteOnce'],
      resources: { requests: { storage: size ?? '1Gi' } },
      ...(storageClass === null ? {} : { storageClassName: storageClass }),
    },
  };
}
