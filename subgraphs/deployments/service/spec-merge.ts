import {
  defaultSpec,
  type EnvironmentVariableSpec,
  type PortSpec,
  type ProbeSpec,
  type ServiceSpec,
  type ServiceSpecChange,
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

/**
 * The change over the current specification. Secret values go to `secrets`, never into the specification; `marker`
 * names their keys and must be new for each change. A secret variable given without a value keeps the one it has.
 */
export function mergeSpec(
  current: ServiceSpec | undefined,
  change: ServiceSpecChange,
  options: { serviceName: string; marker: string },
): MergedSpec {
  const base: ServiceSpec = current ?? { image: '', ...defaultSpec };
  const secrets: SecretValue[] = [];
  const variables = change.environmentVariables?.map((variable): EnvironmentVariableSpec => {
    if (!variable.secret)
      return { name: variable.name, value: variable.value ?? null, secretRef: null, secretKey: null };
    const kept = base.environmentVariables.find(({ name, secretKey }) => name === variable.name && secretKey);
    if (typeof variable.value !== 'string')
      return (
        kept ?? {
          name: variable.name,
          value: null,
          secretRef: secretNameOf(options.serviceName),
          secretKey: null,
        }
      );
    const key = `${variable.name}.${options.marker}`;
    secrets.push({ key, value: variable.value });
    return { name: variable.name, value: null, secretRef: secretNameOf(options.serviceName), secretKey: key };
  });
  const spec: ServiceSpec = {
    image: change.image ?? base.image,
    replicas: given(change.replicas, base.replicas, defaultSpec.replicas),
    command: given(change.command && [...change.command], base.command, null),
    args: given(change.args && [...change.args], base.args, null),
    ports: given(change.ports?.map(portOf), base.ports, []),
    environmentVariables: given(
      change.environmentVariables === null ? null : variables,
      base.environmentVariables,
      [],
    ),
    files: given(
      change.files?.map(({ path, content }) => ({ name: path, content })),
      base.files,
      [],
    ),
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
    strategy: given(
      change.strategy && {
        type: change.strategy.type ?? base.strategy.type,
        maxSurge: change.strategy.maxSurge ?? base.strategy.maxSurge,
        maxUnavailable: change.strategy.maxUnavailable ?? base.strategy.maxUnavailable,
      },
      base.strategy,
      defaultSpec.strategy,
    ),
    stopGraceSeconds: given(change.stopGraceSeconds, base.stopGraceSeconds, defaultSpec.stopGraceSeconds),
    progressDeadlineSeconds: given(
      change.progressDeadlineSeconds,
      base.progressDeadlineSeconds,
      defaultSpec.progressDeadlineSeconds,
    ),
  };
  return { spec, secrets };
}

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
