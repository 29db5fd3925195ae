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
  strategy: StrategySpec;
  stopGraceSeconds: number;
  progressDeadlineSeconds: number;
}

export const exposures = ['INTERNAL', 'PUBLIC'] as const;
export type Exposure = (typeof exposures)[number];
export const protocols = ['HTTP', 'HTTPS', 'TCP', 'UDP'] as const;
export type Protocol = (typeof protocols)[number];
export const strategyTypes = ['ROLLING', 'RECREATE'] as const;
export type StrategyType = (typeof strategyTypes)[number];

export interface PortSpec {
  name: string;
  exposure: Exposure;
  port: number;
  protocol: Protocol;
  targetPort: number;
  domain: string | null;
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
  content: string;
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
  strategy: { type: 'ROLLING', maxSurge: '25%', maxUnavailable: '25%' },
  stopGraceSeconds: 30,
  progressDeadlineSeconds: 600,
};

type Partly<T> = { [K in keyof T]?: T[K] | null | undefined };

/** What a client gives: anything left out stays as it is, null goes back to the default. */
export interface ServiceSpecChange {
  image?: string | null;
  replicas?: number | null;
  command?: readonly string[] | null;
  args?: readonly string[] | null;
  ports?:
    | readonly (Pick<PortSpec, 'exposure' | 'port' | 'protocol' | 'targetPort'> &
        Partly<Pick<PortSpec, 'name' | 'domain'>>)[]
    | null;
  environmentVariables?: readonly { name: string; value?: string | null; secret?: boolean | null }[] | null;
  files?: readonly { path: string; content: string }[] | null;
  volumes?:
    | readonly { name: string; path: string; size?: string | null; storageClass?: string | null }[]
    | null;
  requests?: Partly<ResourceAmountsSpec> | null;
  limits?: Partly<ResourceAmountsSpec> | null;
  readiness?: Partly<ProbeSpec> | null;
  liveness?: Partly<ProbeSpec> | null;
  strategy?: Partly<StrategySpec> | null;
  stopGraceSeconds?: number | null;
  progressDeadlineSeconds?: number | null;
}
