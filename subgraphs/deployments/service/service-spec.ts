/** What a service is to look like, as stored with the service and, as a snapshot for ever, with each deployment. */
export interface ServiceSpec {
  image: string;
  replicas: number;
  /** Null: what the image says. */
  command: string[] | null;
  args: string[] | null;
  ports: PortSpec[];
  environmentVariables: EnvironmentVariableSpec[];
  files: ConfigFileSpec[];
  volumes: VolumeSpec[];
  requests: ResourceAmountsSpec | null;
  limits: ResourceAmountsSpec | null;
  readiness: ProbeSpec | null;
  liveness: ProbeSpec | null;
  /** Until it succeeds, the other probes don't count. */
  startup: ProbeSpec | null;
  strategy: StrategySpec;
  /** Null: always `replicas`. */
  autoscaling: AutoscalingSpec | null;
  /** Kubernetes Secret of type kubernetes.io/dockerconfigjson in the namespace; null for public images. */
  imagePullSecret: string | null;
  /** Labels that a node must have. */
  nodeSelector: NodeLabelSpec[];
  /** Taints of nodes that the pods bear. */
  tolerations: TolerationSpec[];
  stopGraceSeconds: number;
  progressDeadlineSeconds: number;
  /** Go back by ourselves to the last deployment that succeeded when one fails. */
  rollbackOnFailure: boolean;
}

export const exposures = ['INTERNAL', 'PUBLIC'] as const;
export type Exposure = (typeof exposures)[number];
export const protocols = ['HTTP', 'HTTPS', 'TCP', 'UDP'] as const;
export type Protocol = (typeof protocols)[number];
export const strategyTypes = ['ROLLING', 'RECREATE', 'CANARY'] as const;
export type StrategyType = (typeof strategyTypes)[number];

export interface PortSpec {
  name: string;
  exposure: Exposure;
  port: number;
  protocol: Protocol;
  targetPort: number;
  domain: string | null;
  /** Requests whose path begins with it, by whole segments. */
  path: string;
  /** Kubernetes Secret of type kubernetes.io/tls in the namespace; null: the ingress's own certificate. */
  tlsSecret: string | null;
}

export interface EnvironmentVariableSpec {
  name: string;
  /** Null when it comes from a Secret. */
  value: string | null;
  /** Kubernetes Secret that holds the value, never the value itself. */
  secretRef: string | null;
  /** Which of the Secret's keys. A new value gets a new key, so that older deployments keep theirs. */
  secretKey: string | null;
}

export interface ConfigFileSpec {
  /** Absolute path of the file in the container; also its name in diffs. */
  name: string;
  /** Null when it is in a Secret. */
  content: string | null;
  /** As with environment variables. */
  secretRef: string | null;
  secretKey: string | null;
}

export interface VolumeSpec {
  name: string;
  path: string;
  /** Null: an empty directory that lives as long as its pod. */
  size: string | null;
  storageClass: string | null;
}

export interface ResourceAmountsSpec {
  cpu: string | null;
  memory: string | null;
}

export interface ProbeSpec {
  httpPath: string | null;
  port: number | null;
  command: string[] | null;
  initialDelaySeconds: number;
  periodSeconds: number;
  timeoutSeconds: number;
  failureThreshold: number;
}

export interface StrategySpec {
  type: StrategyType;
  /** Pods above the wanted number during a rollout: a number or a percentage. */
  maxSurge: string;
  maxUnavailable: string;
  /** Of CANARY: which share of the pods is new, one after the other. All of them follow by themselves. */
  steps: CanaryStepSpec[];
}

export interface CanaryStepSpec {
  /** Share of the pods that are new, 1 to 99. */
  percent: number;
  /** How long to stay there before going on; null: until somebody promotes the rollout. */
  pauseSeconds: number | null;
}

export interface AutoscalingSpec {
  minReplicas: number;
  maxReplicas: number;
  /** Average use of the requested amount to aim at, in percent; null: don't scale by it. */
  cpuPercent: number | null;
  memoryPercent: number | null;
}

export interface NodeLabelSpec {
  name: string;
  value: string;
}

export const tolerationEffects = ['NO_SCHEDULE', 'PREFER_NO_SCHEDULE', 'NO_EXECUTE'] as const;
export type TolerationEffect = (typeof tolerationEffects)[number];

export interface TolerationSpec {
  /** Key of the taint. */
  name: string;
  /** Null: whatever the taint's value is. */
  value: string | null;
  /** Null: every effect. */
  effect: TolerationEffect | null;
  /** Of NO_EXECUTE: how long to stay; null: for good. */
  seconds: number | null;
}

export const defaultSpec: Omit<ServiceSpec, 'image'> = {
  replicas: 1,
  command: null,
  args: null,
  ports: [],
  environmentVariables: [],
  files: [],
  volumes: [],
  requests: { cpu: '50m', memory: '64Mi' },
  limits: null,
  readiness: null,
  liveness: null,
  startup: null,
  strategy: { type: 'ROLLING', maxSurge: '25%', maxUnavailable: '25%', steps: [] },
  autoscaling: null,
  imagePullSecret: null,
  nodeSelector: [],
  tolerations: [],
  stopGraceSeconds: 30,
  progressDeadlineSeconds: 600,
  rollbackOnFailure: false,
};

/** A specification as it was stored, with what has been added to the type since. */
export function completeSpec(stored: ServiceSpec): ServiceSpec {
  return {
    ...defaultSpec,
    ...stored,
    ports: stored.ports.map((port) => ({ ...portDefaults, ...port })),
    files: stored.files.map((file) => ({ ...secretDefaults, ...file })),
    strategy: { ...defaultSpec.strategy, ...stored.strategy },
  };
}

/** For columns that hold a specification. */
export const storedSpec = { to: (spec: ServiceSpec) => spec, from: completeSpec };

const portDefaults = { path: '/', tlsSecret: null };
const secretDefaults = { secretRef: null, secretKey: null };

type Partly<T> = { [K in keyof T]?: T[K] | null | undefined };

/** What a client gives: anything left out stays as it is, null goes back to the default. */
export interface ServiceSpecChange {
  image?: string | null;
  replicas?: number | null;
  command?: readonly string[] | null;
  args?: readonly string[] | null;
  ports?:
    | readonly (Pick<PortSpec, 'exposure' | 'port' | 'protocol' | 'targetPort'> &
        Partly<Pick<PortSpec, 'name' | 'domain' | 'path' | 'tlsSecret'>>)[]
    | null;
  environmentVariables?:
    | readonly ({ name: string } & Partly<{
        value: string;
        secret: boolean;
        secretRef: string;
        secretKey: string;
      }>)[]
    | null;
  files?: readonly ({ path: string } & Partly<{ content: string; secret: boolean }>)[] | null;
  volumes?:
    | readonly { name: string; path: string; size?: string | null; storageClass?: string | null }[]
    | null;
  requests?: Partly<ResourceAmountsSpec> | null;
  limits?: Partly<ResourceAmountsSpec> | null;
  readiness?: Partly<ProbeSpec> | null;
  liveness?: Partly<ProbeSpec> | null;
  startup?: Partly<ProbeSpec> | null;
  strategy?:
    | (Partly<Omit<StrategySpec, 'steps'>> & {
        steps?: readonly ({ percent: number } & Partly<CanaryStepSpec>)[] | null;
      })
    | null;
  autoscaling?: ({ maxReplicas: number } & Partly<AutoscalingSpec>) | null;
  imagePullSecret?: string | null;
  nodeSelector?: readonly NodeLabelSpec[] | null;
  tolerations?: readonly ({ name: string } & Partly<TolerationSpec>)[] | null;
  stopGraceSeconds?: number | null;
  progressDeadlineSeconds?: number | null;
  rollbackOnFailure?: boolean | null;
}
