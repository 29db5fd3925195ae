/** What a probe can find out about a container. */
export interface ProbeSubject {
  readonly isServing: boolean;
  readonly fault: string | undefined;
  readonly podIP: string;
  readonly ports: readonly { name?: string; containerPort: number }[];
}

export type ProbeKind = 'Readiness' | 'Liveness' | 'Startup';

/** Undefined when the probe succeeds, otherwise what the kubelet reports. */
export function probeFailure(kind: ProbeKind, probe: any, subject: ProbeSubject): string | undefined {
  const { isServing, fault, podIP } = subject;
  if (probe.exec) {
    const [command = ''] = probe.exec.command ?? [];
    if (/(^|\/)false$/.test(command)) return '';
    if (/no\/such|nosuch/.test(command))
      return `command "${command}" failed: executable file not found in $PATH`;
  }
  const port = portOf(probe, subject);
  const address = `${podIP}:${port}`;
  if (!isServing && probe.exec) return 'connection refused';
  if (!isServing && (fault !== 'never-ready' || kind !== 'Readiness'))
    return probe.httpGet
      ? `Get "${(probe.httpGet.scheme ?? 'HTTP').toLowerCase()}://${address}${probe.httpGet.path ?? '/'}": dial tcp ${address}: connect: connection refused`
      : `dial tcp ${address}: connect: connection refused`;
  const isFaulty =
    (fault === 'never-ready' && kind === 'Readiness') ||
    (fault === 'failing-liveness' && kind === 'Liveness') ||
    (fault === 'failing-startup' && kind === 'Startup');
  if (isFaulty && probe.httpGet) return 'HTTP probe failed with statuscode: 503';
  if (isFaulty) return probe.exec ? 'check failed' : `dial tcp ${address}: i/o timeout`;
  if (/nosuch|missing|does-not-exist/.test(probe.httpGet?.path ?? ''))
    return 'HTTP probe failed with statuscode: 404';
  return undefined;
}

function portOf(probe: any, { ports }: ProbeSubject): number | string {
  const port = probe.httpGet?.port ?? probe.tcpSocket?.port ?? probe.grpc?.port ?? 0;
  if (typeof port === 'number') return port;
  return ports.find(({ name }) => name === port)?.containerPort ?? port;
}
