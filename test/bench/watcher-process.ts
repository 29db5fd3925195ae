import { type Resource, resources } from '../../subgraphs/shared/kubernetes/resources.js';
import { informersOf } from './informers.js';
import { machineMs, usage } from './measures.js';
import type { ClusterAddress, ToWatcher, WatcherReport } from './messages.js';

/** Meridian's informers on every cluster, started and asked by clusters-at-load. */

const WRITTEN_AT = 'bench.example.com/written-at';
const WATCHED: readonly Resource[] = [
  resources.pods,
  resources.deployments,
  resources.replicaSets,
  resources.services,
  resources.nodes,
];

const clusters = JSON.parse(process.argv[2] ?? '[]') as ClusterAddress[];
const { informers, dispose } = informersOf(clusters);
let events = 0;
let seen: { writtenAt: number; at: number }[] = [];

const startedAt = performance.now();
const leases = clusters.flatMap((_cluster, index) =>
  WATCHED.map((resource) => {
    const { informer } = informers.acquire({ clusterId: String(index), resource });
    informer.subscribe((event) => {
      if (event.type !== 'MODIFIED') return;
      events += 1;
      const writtenAt = event.object.metadata?.annotations?.[WRITTEN_AT];
      if (writtenAt && resource === resources.pods)
        seen.push({ writtenAt: Number(writtenAt), at: machineMs() });
    });
    return { resource, informer };
  }),
);

const report = (): WatcherReport => {
  const pods = leases
    .filter(({ resource }) => resource === resources.pods)
    .reduce((sum, { informer }) => sum + informer.list().length, 0);
  const answer = {
    ...usage(),
    pods,
    events,
    seen,
  };
  seen = [];
  events = 0;
  return answer;
};

process.on('message', ({ type }: ToWatcher) => {
  if (type === 'report') process.send?.({ type: 'report', report: report() });
  else void dispose().then(() => process.disconnect());
});
await Promise.all(leases.map(({ informer }) => informer.synced()));
process.send?.({ type: 'synced', seconds: (performance.now() - startedAt) / 1000 });
