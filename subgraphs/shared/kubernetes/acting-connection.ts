import type { KubernetesConnection } from './connection.js';
import type { Impersonation } from './impersonation.js';

/** The same connection, its limits and health included; every call and stream is made in this one's name. */
export const actingAs = (
  connection: KubernetesConnection,
  impersonate: Impersonation,
): KubernetesConnection => ({
  clusterId: connection.clusterId,
  clusterName: connection.clusterName,
  actsAs: impersonate.user,
  closed: connection.closed,
  get renewed() {
    return connection.renewed;
  },
  health: () => connection.health(),
  request: (request) => connection.request({ ...request, impersonate }),
  requestText: (request) => connection.requestText({ ...request, impersonate }),
  stream: (request) => connection.stream({ ...request, impersonate }),
  upgrade: (request, prepare) => connection.upgrade({ ...request, impersonate }, prepare),
});
