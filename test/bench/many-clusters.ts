import { fork } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import { createAddressPolicy } from '../../subgraphs/shared/kubernetes/address-policy.js';
import { Connections } from '../../subgraphs/shared/kubernetes/connections.js';
import { Informers } from '../../subgraphs/shared/kubernetes/informers.js';
import { resources } from '../../subgraphs/shared/kubernetes/resources.js';
import { cpuSeconds, heapBytes, option, row } from './measures.js';

/**
 * What informers cost that have nothing to do: so many clusters, each with an informer of eight kinds, of collections
 * that are streamed (WatchList) and then stay as they are. The API servers are one fake in a process of its own.
 *
 *   --clusters 50 --pods 200
 */
const clusterCount = option('clusters', 50);
const pods = option('pods', 200);

const kinds = [
  resources.pods,
  resources.deployments,
  resources.replicaSets,
  resources.statefulSets,
  resources.persistentVolumeClaims,
  resources.namespaces,
  resources.resourceQuotas,
  resources.nodes,
];

/** About as large as a pod of a small service: 4 KB, of which managed fields are the half. */
const podOf = (index: number): object => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: `web-7c5ddbdf54-${index}`,
    namespace: `shop-${index % 20}`,
    uid: `00000000-0000-0000-0000-${String(index).padStart(12, '0')}`,
    resourceVersion: String(1_000 + index),
    creationTimestamp: '2026-11-22T18:03:03Z',
    labels: { 'app.kubernetes.io/managed-by': 'meridian', 'meridian.dev/service': `service_${index % 40}` },
    ownerReferences: [
      { kind: 'ReplicaSet', name: 'web-7c5ddbdf54', uid: `rs-${index % 40}`, controller: true },
    ],
    managedFields: [{ manager: 'kubelet', operation: 'Update', fieldsV1: { text: 'f'.repeat(2_000) } }],
  },
  spec: {
    nodeName: `node-${index % 10}`,
    containers: [
      {
        name: 'web',
        image: 'nginx:1.27',
        env: Array.from({ length: 8 }, (_, n) => ({ name: `VARIABLE_${n}`, value: `value-${index}` })),
        ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
        resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '256Mi' } },
      },
    ],
  },
  status: {
    phase: 'Running',
    podIP: `10.0.${index % 250}.1`,
    conditions: ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map((type) => ({
      type,
      status: 'True',
      lastTransitionTime: '2026-11-22T18:03:05Z',
    })),
    containerStatuses: [
      {
        name: 'web',
        ready: true,
        restartCount: 0,
        image: 'nginx:1.27',
        state: { running: { startedAt: '2026' } },
      },
    ],
  },
});

if (process.argv[2] === 'serve') await serve(Number(process.argv[3]));
else await measure();

async function serve(count: number): Promise<void> {
  const initial = Array.from({ length: count }, (_, index) =>
    JSON.stringify({ type: 'ADDED', object: podOf(index) }),
  ).join('\n');
  const end = JSON.stringify({
    type: 'BOOKMARK',
    object: { metadata: { resourceVersion: '5000', annotations: { 'k8s.io/initial-events-end': 'true' } } },
  });
  const server = createServer((request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write(request.url?.includes('/pods?') && count > 0 ? `${initial}\n${end}\n` : `${end}\n`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  process.send?.((server.address() as AddressInfo).port);
}

async function measure(): Promise<void> {
  const child = fork(fileURLToPath(import.meta.url), ['serve', String(pods)]);
  const [port] = (await once(child, 'message')) as [number];
  const origin = `http://127.0.0.1:${port}`;
  const logger = pino({ level: 'silent' });
  const connections = new Connections({
    source: {
      find: async (clusterId) => ({
        clusterName: clusterId,
        credentials: {
          server: origin,
          caCertificate: null,
          tlsServerName: null,
          authentication: { kind: 'TOKEN', token: 'bench' },
        },
      }),
    },
    actors: { get: () => Promise.reject(new Error('nobody acts here')) },
    addressPolicy: createAddressPolicy({ networks: [], origins: [origin] }),
    logger,
  });
  const informers = new Informers({ connections, logger });
  const [heapBefore, cpuBefore] = [heapBytes(), cpuSeconds()];
  const startedAt = performance.now();
  const leases = Array.from({ length: clusterCount }, (_, index) =>
    kinds.map((resource) =>
      informers.acquire({ clusterId: `cluster-${index}`, resource: resource as never }),
    ),
  ).flat();
  await Promise.all(leases.map(({ informer }) => informer.synced()));
  const objects = leases.reduce((sum, { informer }) => sum + informer.list().length, 0);
  row('informers, objects', leases.length, objects);
  row(
    'in sync after, processor (s)',
    ((performance.now() - startedAt) / 1_000).toFixed(2),
    (cpuSeconds() - cpuBefore).toFixed(2),
  );
  row(
    'heap in all, for each cluster (MB)',
    megabytes(heapBytes() - heapBefore),
    megabytes((heapBytes() - heapBefore) / clusterCount),
  );
  row('resident (MB)', megabytes(process.memoryUsage().rss));
  const active = process.getActiveResourcesInfo();
  const count = (type: string) => active.filter((name) => name === type).length;
  row('sockets, timers', count('TCPSocketWrap'), count('Timeout'));
  const restBefore = cpuSeconds();
  await new Promise((resolve) => setTimeout(resolve, 10_000));
  row('processor at rest (ms/s)', ((cpuSeconds() - restBefore) * 100).toFixed(2));
  await informers.dispose();
  await connections.dispose();
  const left = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  row('timers after the end', left);
  child.kill();
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(2);
}
