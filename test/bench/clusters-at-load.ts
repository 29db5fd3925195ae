import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { machineMs, option, pause, percentile, row } from './measures.js';
import type {
  ClusterReport,
  FromCluster,
  FromWatcher,
  ToCluster,
  ToWatcher,
  Usage,
  WatcherReport,
} from './messages.js';

/**
 * Several sandboxes with many pods each, one process a cluster, and Meridian's informers (pods, Deployments,
 * ReplicaSets, Services and nodes of every cluster) in one more. First at rest, with the sandboxes' histories
 * compacted; then with so many pods annotated in each cluster every second.
 *
 *   --clusters 5 --pods 5000 --changes 100 --seconds 20
 *
 * `processor` is in percent of one core; latency is from just before the write in a cluster to the call of an
 * informer's listener.
 */
const clusterCount = option('clusters', 5);
const pods = option('pods', 5000);
const changes = option('changes', 100);
const seconds = option('seconds', 20);

const start = (name: string, args: string[]): ChildProcess =>
  fork(fileURLToPath(new URL(`./${name}.js`, import.meta.url)), args, {
    execArgv: ['--expose-gc', '--enable-source-maps'],
  });

const answer = async <T extends { type: string }>(child: ChildProcess, type: T['type']): Promise<any> => {
  for (;;) {
    const [message] = (await once(child, 'message')) as [T];
    if (message.type === type) return message;
  }
};

const ask = async <To extends object, From extends { type: string }>(
  child: ChildProcess,
  message: To,
  type: From['type'],
): Promise<any> => {
  const answered = answer<From>(child, type);
  child.send(message);
  return answered;
};

const clusters: ChildProcess[] = [];
const addresses: object[] = [];
for (let index = 0; index < clusterCount; index += 1) {
  const child = start('sandbox-process', [`cluster-${index}`, String(pods)]);
  const { url, token } = await answer<FromCluster>(child, 'started');
  clusters.push(child);
  addresses.push({ url, token });
}
const fillingSince = performance.now();
await Promise.all(clusters.map((child) => ask<ToCluster, FromCluster>(child, { type: 'fill' }, 'filled')));
row('clusters', clusterCount);
row('pods in each', pods);
row('all pods ready after, s', ((performance.now() - fillingSince) / 1000).toFixed(1));

const reportsOf = async (): Promise<ClusterReport[]> =>
  Promise.all(
    clusters.map(
      async (child) => (await ask<ToCluster, FromCluster>(child, { type: 'report' }, 'report')).report,
    ),
  );
const tell = (message: ToCluster): void => {
  for (const child of clusters) child.send(message);
};

const filled = await reportsOf();
row('processor time of filling, s of each', mean(filled.map((each) => each.cpuSecondsBefore)).toFixed(1));
tell({ type: 'rest' });
const watcher = start('watcher-process', [JSON.stringify(addresses)]);
const synced: Extract<FromWatcher, { type: 'synced' }> = await answer<FromWatcher>(watcher, 'synced');
row('all informers synced after, s', synced.seconds.toFixed(1));

interface Reports {
  /** When it was asked for, and when all had answered, on the clock of `machineMs`. */
  readonly from: number;
  readonly to: number;
  readonly clusters: ClusterReport[];
  readonly watcher: WatcherReport;
}
const look = async (): Promise<Reports> => ({
  from: machineMs(),
  clusters: await reportsOf(),
  watcher: (await ask<ToWatcher, FromWatcher>(watcher, { type: 'report' }, 'report')).report,
  to: machineMs(),
});

const SETTLE_MS = 3000;

const measure = async (): Promise<{ before: Reports; after: Reports }> => {
  await pause(SETTLE_MS);
  const before = await look();
  await pause(seconds * 1000);
  return { before, after: await look() };
};

const atRest = await measure();
tell({ type: 'change', perSecond: changes });
const changing = await measure();

row('', 'at rest', `${changes}/s each`);
const both = (name: string, value: (measured: typeof atRest) => string | number): void =>
  row(name, value(atRest), value(changing));
const percent = (used: number, { before, after }: typeof atRest): string =>
  `${((used / ((after.from - before.to) / 1000)) * 100).toFixed(1)} %`;
const mib = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(0)} MiB`;
const cpuOf = (before: Usage, after: Usage): number => after.cpuSecondsBefore - before.cpuSecondsAfter;
/** Of what was written while nobody looked, and not just after. */
const latencies = ({ before, after }: typeof atRest): number[] =>
  after.watcher.seen
    .filter(({ writtenAt, at }) => writtenAt > before.to + SETTLE_MS && at < after.from)
    .map(({ writtenAt, at }) => at - writtenAt);

both('sandbox, processor (mean)', (measured) =>
  percent(
    mean(
      measured.after.clusters.map((after, index) =>
        cpuOf(measured.before.clusters[index] as ClusterReport, after),
      ),
    ),
    measured,
  ),
);
both('sandbox, heap (mean)', ({ after }) => mib(mean(after.clusters.map((each) => each.heapBytes))));
both('sandbox, heap per pod, KiB', ({ after }) =>
  (mean(after.clusters.map((each) => each.heapBytes)) / 1024 / pods).toFixed(1),
);
both('sandbox, RSS (mean)', ({ after }) => mib(mean(after.clusters.map((each) => each.rssBytes))));
both('watches open (all clusters)', ({ after }) => sum(after.clusters.map((each) => each.watches)));
both('lists sent so far (all clusters)', ({ after }) => sum(after.clusters.map((each) => each.lists)));
both('Meridian, pods known', ({ after }) => after.watcher.pods);
both('Meridian, processor', (measured) =>
  percent(cpuOf(measured.before.watcher, measured.after.watcher), measured),
);
both('Meridian, heap', ({ after }) => mib(after.watcher.heapBytes));
both('Meridian, heap per pod, KiB', ({ after }) =>
  (after.watcher.heapBytes / 1024 / Math.max(1, after.watcher.pods)).toFixed(1),
);
both('Meridian, RSS', ({ after }) => mib(after.watcher.rssBytes));
both('changes seen per second', ({ before, after }) =>
  (after.watcher.events / ((after.from - before.to) / 1000)).toFixed(0),
);
both('latency p50, ms', (measured) => percentile(latencies(measured), 0.5).toFixed(1));
both('latency p99, ms', (measured) => percentile(latencies(measured), 0.99).toFixed(1));

tell({ type: 'stop' });
watcher.send({ type: 'stop' });

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

function mean(values: readonly number[]): number {
  return sum(values) / values.length;
}
