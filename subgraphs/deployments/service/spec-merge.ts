import {
  type AutoscalingSpec,
  type ConfigFileSpec,
  defaultSpec,
  type EnvironmentVariableSpec,
  type PortSpec,
  type ProbeSpec,
  type ServiceSpec,
  type ServiceSpecChange,
  type StrategySpec,
  type TolerationSpec,
} from './service-spec.js';

/** A value that goes into the service's Secret under a key of its own. */
export interface SecretValue {
  readonly key: string;
  readonly value: string;
}

export interface MergedSpec {
  readonly spec: ServiceSpec;
  readonly secrets: readonly SecretValue[];
}

export const secretNameOf = (serviceName: string): string => `${serviceName}-env`;

/** Keys of the service's own Secret that a specification needs. */
export const secretKeysOf = (
  serviceName: string,
  { environmentVariables, files }: Pick<ServiceSpec, 'environmentVariables' | 'files'>,
): string[] =>
  [...environmentVariables, ...files].flatMap(({ secretRef, secretKey }) =>
    secretRef === secretNameOf(serviceName) && secretKey !== null ? [secretKey] : [],
  );

interface MergeOptions {
  readonly serviceName: string;
  readonly marker: string;
}

/**
 * The change over the current specification. Secret values go to `secrets`, never into the specification; `marker`
 * names their keys and must be new for each change. A secret variable or file given without a value keeps the one it
 * has.
 */
export function mergeSpec(
  current: ServiceSpec | undefined,
  change: ServiceSpecChange,
  options: MergeOptions,
): MergedSpec {
  const base: ServiceSpec = current ?? { image: '', ...defaultSpec };
  const secrets = new NewSecrets(options);
  const spec: ServiceSpec = {
    image: change.image ?? base.image,
    replicas: given(change.replicas, base.replicas, defaultSpec.replicas),
    command: given(change.command && [...change.command], base.command, null),
    args: given(change.args && [...change.args], base.args, null),
    ports: given(change.ports?.map(portOf), base.ports, []),
    environmentVariables: given(
      change.environmentVariables && variablesOf(change.environmentVariables, base, secrets),
      base.environmentVariables,
      [],
    ),
    files: given(change.files && filesOf(change.files, base, secrets), base.files, []),
    volumes: given(
      change.volumes?.map(({ name, path, size, storageClass }) => ({
        name,
        path,
        size: size ?? null,
        storageClass: storageClass ?? null,
      })),
      base.volumes,
      [],
    ),
    requests: given(change.requests && amounts(change.requests, base.requests), base.requests, null),
    limits: given(change.limits && amounts(change.limits, base.limits), base.limits, null),
    readiness: given(change.readiness && probeOf(change.readiness), base.readiness, null),
    liveness: given(change.liveness && probeOf(change.liveness), base.liveness, null),
    startup: given(change.startup && probeOf(change.startup), base.startup, null),
    strategy: given(
      change.strategy && strategyOf(change.strategy, base.strategy),
      base.strategy,
      defaultSpec.strategy,
    ),
    autoscaling: given(change.autoscaling && autoscalingOf(change.autoscaling), base.autoscaling, null),
    imagePullSecret: given(change.imagePullSecret, base.imagePullSecret, null),
    nodeSelector: given(
      change.nodeSelector?.map(({ name, value }) => ({ name, value })),
      base.nodeSelector,
      [],
    ),
    tolerations: given(change.tolerations?.map(tolerationOf), base.tolerations, []),
    stopGraceSeconds: given(change.stopGraceSeconds, base.stopGraceSeconds, defaultSpec.stopGraceSeconds),
    progressDeadlineSeconds: given(
      change.progressDeadlineSeconds,
      base.progressDeadlineSeconds,
      defaultSpec.progressDeadlineSeconds,
    ),
    rollbackOnFailure: given(change.rollbackOnFailure, base.rollbackOnFailure, defaultSpec.rollbackOnFailure),
  };
  return { spec, secrets: secrets.values };
}

interface SecretReference {
  readonly secretRef: string | null;
  readonly secretKey: string | null;
}

/** Values for the service's Secret, collected under keys that no earlier value has. */
class NewSecrets {
  readonly values: SecretValue[] = [];

  constructor(private readonly options: MergeOptions) {}

  add(name: string, value: string): SecretReference {
    const key = `${name}.${this.options.marker}`;
    this.values.push({ key, value });
    return { secretRef: secretNameOf(this.options.serviceName), secretKey: key };
  }

  /** For one without a value: that of the entry of this name, if it has one; else what the rules will refuse. */
  keep(known: SecretReference | undefined): SecretReference {
    return known?.secretKey
      ? { secretRef: known.secretRef, secretKey: known.secretKey }
      : { secretRef: secretNameOf(this.options.serviceName), secretKey: null };
  }
}

const variablesOf = (
  variables: NonNullable<ServiceSpecChange['environmentVariables']>,
  base: ServiceSpec,
  secrets: NewSecrets,
): EnvironmentVariableSpec[] =>
  variables.map(({ name, value, secret, secretRef, secretKey }) => {
    if (secretRef != null || secretKey != null) {
      return { name, value: value ?? null, secretRef: secretRef ?? null, secretKey: secretKey ?? null };
    }
    if (!secret) return { name, value: value ?? null, secretRef: null, secretKey: null };
    const known = base.environmentVariables.find((variable) => variable.name === name);
    const reference = value == null ? secrets.keep(known) : secrets.add(name, value);
    return { name, value: null, ...reference };
  });

const filesOf = (
  files: NonNullable<ServiceSpecChange['files']>,
  base: ServiceSpec,
  secrets: NewSecrets,
): ConfigFileSpec[] =>
  files.map(({ path, content, secret }, index) => {
    if (!secret) return { name: path, content: content ?? null, secretRef: null, secretKey: null };
    const known = base.files.find(({ name }) => name === path);
    const reference = content == null ? secrets.keep(known) : secrets.add(`file-${index}`, content);
    return { name: path, content: null, ...reference };
  });

/** Left out: as it is. Null: back to the default. */
const given = <T>(value: T | null | undefined, current: T, whenNull: T): T =>
  value === undefined ? current : (value ?? whenNull);

const portOf = (port: NonNullable<ServiceSpecChange['ports']>[number]): PortSpec => ({
  name: port.name ?? `${port.protocol.toLowerCase()}-${port.port}`,
  exposure: port.exposure,
  port: port.port,
  protocol: port.protocol,
  targetPort: port.targetPort,
  domain: port.domain ?? null,
  path: port.path ?? '/',
  tlsSecret: port.tlsSecret ?? null,
});

const amounts = (
  change: { cpu?: string | null | undefined; memory?: string | null | undefined },
  current: { cpu: string | null; memory: string | null } | null,
) => ({
  cpu: change.cpu === undefined ? (current?.cpu ?? null) : change.cpu,
  memory: change.memory === undefined ? (current?.memory ?? null) : change.memory,
});

const probeOf = (probe: NonNullable<ServiceSpecChange['readiness']>): ProbeSpec => ({
  httpPath: probe.httpPath ?? null,
  port: probe.port ?? null,
  command: probe.command ?? null,
  initialDelaySeconds: probe.initialDelaySeconds ?? 0,
  periodSeconds: probe.periodSeconds ?? 5,
  timeoutSeconds: probe.timeoutSeconds ?? 2,
  failureThreshold: probe.failureThreshold ?? 3,
});

const strategyOf = (
  change: NonNullable<ServiceSpecChange['strategy']>,
  current: StrategySpec,
): StrategySpec => ({
  type: change.type ?? current.type,
  maxSurge: change.maxSurge ?? current.maxSurge,
  maxUnavailable: change.maxUnavailable ?? current.maxUnavailable,
  steps:
    change.steps?.map(({ percent, pauseSeconds }) => ({ percent, pauseSeconds: pauseSeconds ?? null })) ??
    // Steps are of a canary: another type has none.
    ((change.type ?? current.type) === 'CANARY' ? current.steps : []),
});

const autoscalingOf = (change: NonNullable<ServiceSpecChange['autoscaling']>): AutoscalingSpec => {
  const { minReplicas, maxReplicas, cpuPercent, memoryPercent } = change;
  return {
    minReplicas: minReplicas ?? 1,
    maxReplicas,
    cpuPercent: cpuPercent ?? (memoryPercent == null ? 80 : null),
    memoryPercent: memoryPercent ?? null,
  };
};

const tolerationOf = ({
  name,
  value,
  effect,
  seconds,
}: NonNullable<ServiceSpecChange['tolerations']>[number]): TolerationSpec => ({
  name,
  value: value ?? null,
  effect: effect ?? null,
  seconds: seconds ?? null,
});
