import { BadUserInputError, MeridianError } from '../../shared/errors.js';
import type { KubernetesConnection } from '../../shared/kubernetes/connection.js';
import type { Connections } from '../../shared/kubernetes/connections.js';
import { statusOf } from '../../shared/kubernetes/errors.js';
import { collectionPath, resources } from '../../shared/kubernetes/resources.js';
import { readVersion } from '../status/cluster-probe.client.js';
import type { GivenCredentials } from './credentials-input.js';

/** Looks at a cluster with credentials that are not kept yet. */
export class ClusterCheckClient {
  constructor(private readonly connections: Pick<Connections, 'probe'>) {}

  /** Its version. Whatever is wrong is the input's fault: a BadUserInputError that says what. */
  async requireUsable(
    { credentials, field }: GivenCredentials,
    cluster: { id: string; name: string },
  ): Promise<string> {
    try {
      return await this.connections.probe(
        credentials,
        { clusterId: cluster.id, clusterName: cluster.name, field },
        async (connection) => {
          const version = await readVersion(connection);
          await requireNamespaceRights(connection, field);
          return version;
        },
      );
    } catch (error) {
      if (!(error instanceof MeridianError) || error instanceof BadUserInputError) throw error;
      throw BadUserInputError.at(field, advice(error));
    }
  }
}

/** Anybody may ask for the version; namespaces show whether the credentials are those of somebody. */
async function requireNamespaceRights(
  connection: KubernetesConnection,
  field: readonly string[],
): Promise<void> {
  try {
    await connection.request({
      method: 'GET',
      path: collectionPath(resources.namespaces),
      query: { limit: 1 },
    });
  } catch (error) {
    if (statusOf(error)?.code !== 403) throw error;
    throw BadUserInputError.at(
      field,
      'The cluster answers, but these credentials may not list namespaces: give them a ClusterRole that lets Meridian manage namespaces and what is in them, such as cluster-admin.',
    );
  }
}

const advice = (error: MeridianError): string =>
  error.code === 'CLUSTER_AUTH_FAILED'
    ? 'The cluster answers, but refuses these credentials: check that they are complete and have not expired.'
    : `The cluster was not accepted, because it could not be used: ${error.message}`;
