import { pino } from 'pino';
import { createAddressPolicy } from '../../subgraphs/shared/kubernetes/address-policy.js';
import { Connections } from '../../subgraphs/shared/kubernetes/connections.js';
import { Informers } from '../../subgraphs/shared/kubernetes/informers.js';
import type { ClusterAddress } from './messages.js';

/** Meridian's connections and informers for clusters that are named by their index. */
export const informersOf = (clusters: readonly ClusterAddress[]) => {
  const logger = pino({ level: 'warn' });
  const connections = new Connections({
    source: {
      find: async (id) => {
        const { url, token } = clusters[Number(id)] as ClusterAddress;
        const authentication = { kind: 'TOKEN', token } as const;
        return {
          clusterName: `cluster ${id}`,
          credentials: { server: url, caCertificate: null, tlsServerName: null, authentication },
        };
      },
    },
    actors: { get: () => Promise.reject(new Error('nobody acts here')) },
    addressPolicy: createAddressPolicy({ networks: [], origins: clusters.map(({ url }) => url) }),
    logger,
  });
  const informers = new Informers({ connections, logger });
  const dispose = async (): Promise<void> => {
    await informers.dispose();
    await connections.dispose();
  };
  return { connections, informers, dispose };
};
