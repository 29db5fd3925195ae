import type { Pod as KubernetesPod } from '../../shared/kubernetes/resources.js';

export const containerTypes = ['APP', 'SIDECAR', 'INIT', 'EPHEMERAL'] as const;
export type ContainerType = (typeof containerTypes)[number];
export const probeKinds = ['STARTUP', 'READINESS', 'LIVENESS'] as const;
export type ProbeKind = (typeof probeKinds)[number];

export interface ContainerPortValue {
  name: string | null;
  port: number;
  protocol: string;
}

export interface ContainerProbeValue {
  kind: ProbeKind;
  check: string;
  passing: boolean | null;
}

export interface TerminationValue {
  reason: string | null;
  exitCode: number;
  signal: number | null;
  startedAt: string | null;
  at: string | null;
}

export interface ContainerValue {
  name: string;
  type: ContainerType;
  image: string;
  imageId: string | null;
  ready: boolean;
  restarts: number;
  state: string;
  since: string | null;
  reason: string | null;
  exitCode: number | null;
  lastTermination: TerminationValue | null;
  ports: ContainerPortValue[];
  probes: ContainerProbeValue[];
  requests: { cpu: string | null; memory: string | null };
  limits: { cpu: string | null; memory: string | null };
}

type ContainerStatus = NonNullable<NonNullable<KubernetesPod['status']>['containerStatuses']>[number];
type ContainerSpec = NonNullable<KubernetesPod['spec']>['containers'][number];
type Probe = NonNullable<ContainerSpec['readinessProbe']>;
type Terminated = NonNullable<NonNullable<ContainerStatus['state']>['terminated']>;

/** Those that serve first, then what helps them: sidecars, what only prepares the pod, what was added to debug it. */
export function containersOf({ spec, status }: KubernetesPod): ContainerValue[] {
  const inits = (spec?.initContainers ?? []).map(
    (container) => [container, container.restartPolicy === 'Always' ? 'SIDECAR' : 'INIT'] as const,
  );
  const all: (readonly [ContainerSpec, ContainerType])[] = [
    ...(spec?.containers ?? []).map((container) => [container, 'APP'] as const),
    ...inits.filter(([, type]) => type === 'SIDECAR'),
    ...inits.filter(([, type]) => type === 'INIT'),
    ...(spec?.ephemeralContainers ?? []).map((container) => [container, 'EPHEMERAL'] as const),
  ];
  const statuses = new Map(
    [
      ...(status?.initContainerStatuses ?? []),
      ...(status?.ephemeralContainerStatuses ?? []),
      ...(status?.containerStatuses ?? []),
    ].map((each) => [each.name, each]),
  );
  return all.map(([container, type]) => containerOf(container, type, statuses.get(container.name)));
}

function containerOf(
  container: ContainerSpec,
  type: ContainerType,
  status: ContainerStatus | undefined,
): ContainerValue {
  const { running, terminated, waiting } = status?.state ?? {};
  // An end of the present run, or of the one before it.
  const ended = terminated ?? status?.lastState?.terminated;
  return {
    name: container.name,
    type,
    image: container.image ?? '',
    imageId: status?.imageID || null,
    ready: status?.ready ?? false,
    restarts: status?.restartCount ?? 0,
    state: running ? 'running' : terminated ? 'terminated' : 'waiting',
    since: timeOf(running?.startedAt ?? terminated?.finishedAt),
    reason: waiting?.reason ?? ended?.reason ?? null,
    exitCode: ended?.exitCode ?? null,
    lastTermination: ended ? terminationOf(ended) : null,
    ports: (container.ports ?? []).map(({ name, containerPort, protocol }) => ({
      name: name ?? null,
      port: containerPort,
      protocol: protocol ?? 'TCP',
    })),
    probes: probesOf(container, status),
    requests: amountsOf(container.resources?.requests),
    limits: amountsOf(container.resources?.limits),
  };
}

const terminationOf = ({
  reason,
  exitCode,
  signal,
  startedAt,
  finishedAt,
}: Terminated): TerminationValue => ({
  reason: reason ?? null,
  exitCode,
  signal: signal || null,
  startedAt: timeOf(startedAt),
  at: timeOf(finishedAt),
});

/**
 * A status tells how the startup and the readiness probe stand. Of a liveness probe it tells nothing: a container that
 * fails it is started again.
 */
function probesOf(container: ContainerSpec, status: ContainerStatus | undefined): ContainerProbeValue[] {
  const running = status?.state?.running !== undefined;
  const probes: readonly (readonly [ProbeKind, Probe | undefined, boolean | null])[] = [
    ['STARTUP', container.startupProbe, running ? (status?.started ?? null) : null],
    ['READINESS', container.readinessProbe, running ? (status?.ready ?? null) : null],
    ['LIVENESS', container.livenessProbe, null],
  ];
  return probes.flatMap(([kind, probe, passing]) =>
    probe ? [{ kind, check: checkOf(probe), passing }] : [],
  );
}

/** As a person would say it. Commands are not shown: they may hold what is secret. */
function checkOf({ httpGet, tcpSocket, grpc, exec }: Probe): string {
  if (httpGet) {
    return `${httpGet.scheme === 'HTTPS' ? 'HTTPS' : 'HTTP'} GET ${httpGet.path ?? '/'} on port ${httpGet.port}`;
  }
  if (tcpSocket) return `TCP connection to port ${tcpSocket.port}`;
  if (grpc) return `gRPC health check on port ${grpc.port}`;
  return exec ? 'command in the container' : 'unknown';
}

const amountsOf = (amounts: Readonly<Record<string, string>> | undefined) => ({
  cpu: amounts?.['cpu'] ?? null,
  memory: amounts?.['memory'] ?? null,
});

/** The cluster is an untrusted peer: a time that is none must not break the list. */
export function timeOf(time: string | null | undefined): string | null {
  const date = new Date(time ?? '');
  return Number.isNaN(date.getTime()) ? null : date.toISOString();
}
