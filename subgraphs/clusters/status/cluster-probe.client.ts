import type { Clock } from '../../shared/clock.js';
import { ClusterUnavailableError } from '../../shared/errors.js';
import { serverPath } from '../../shared/kubernetes/api-path.js';
import type { KubernetesConnection } from '../../shared/kubernetes/connection.js';
import type { Connections } from '../../shared/kubernetes/connections.js';
import { statusOf } from '../../shared/kubernetes/errors.js';
import type { ProbeAnswer } from './cluster-state.js';

const deadlineMs = 5_000;

/** The cheapest question that shows whether a cluster answers, accepts the credentials and is ready. */
export class ClusterProbeClient {
  constructor(
    private readonly connections: Pick<Connections, 'get'>,
    private readonly clock: Clock,
  ) {}

  /** Rejects with a MeridianError when there is no answer. */
  async probe(clusterId: string): Promise<ProbeAnswer> {
    const connection = await this.connections.get(clusterId);
    const startedAt = this.clock.now();
    const kubernetesVersion = await readVersion(connection);
    const latencyMs = this.clock.now() - startedAt;
    return { kubernetesVersion, latencyMs, problem: await readinessProblem(connection) };
  }
}

export async function readVersion(connection: KubernetesConnection): Promise<string> {
  const version = await connection.request<{ gitVersion?: unknown } | undefined>({
    method: 'GET',
    path: serverPath('/version'),
    deadlineMs,
  });
  if (typeof version?.gitVersion === 'string') return version.gitVersion.slice(0, 100);
  throw new ClusterUnavailableError(
    connection.clusterId,
    `Cluster ${JSON.stringify(connection.clusterName)} answers, but not as a Kubernetes API server does.`,
  );
}

/** `/readyz` answers text; 403 and 404 mean that it can't be asked, which says nothing about readiness. */
async function readinessProblem(connection: KubernetesConnection): Promise<string | null> {
  try {
    await connection.requestText({ method: 'GET', path: serverPath('/readyz'), deadlineMs });
    return null;
  } catch (error) {
    const status = statusOf(error);
    if (!status) throw error;
    if (status.code < 500) return null;
    return `The API server says that it is not ready (/readyz answers ${status.code}).`;
  }
}
