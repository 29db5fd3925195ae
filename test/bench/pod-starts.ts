import { planSandbox } from './filled-sandbox.js';
import { cpuSeconds, heapBytes, option, row, until } from './measures.js';

/**
 * What a pod's start costs the sandbox. Deployments with Services are created; controllers, scheduler and kubelets
 * bring the pods up: five writes of each pod and five events about it, its share of Deployment, ReplicaSet, Endpoints
 * and EndpointSlice. A first, smaller cluster warms the compiler up: short runs measure nothing else.
 *
 *   --pods 2000 --pace 1 --warm 500
 */
const pods = option('pods', 2000);

const fill = async (count: number) => {
  const { sandbox, fill: start, isReady } = await planSandbox('bench', count, option('pace', 1));
  const heapBefore = heapBytes();
  const cpuBefore = cpuSeconds();
  const startedAt = performance.now();
  start();
  await until(isReady, 600_000);
  const seconds = (performance.now() - startedAt) / 1000;
  const cpu = cpuSeconds() - cpuBefore;
  const heapWithHistory = heapBytes();
  sandbox.compact();
  const heap = heapBytes();
  await sandbox.dispose();
  const perPod = (bytes: number) => ((bytes - heapBefore) / 1024 / count).toFixed(1);
  return { seconds, cpu, withHistory: perPod(heapWithHistory), atRest: perPod(heap) };
};

const warm = option('warm', 500);
if (warm > 0) await fill(warm);
const { seconds, cpu, withHistory, atRest } = await fill(pods);
row('pods', pods);
row('ready after, s', seconds.toFixed(1));
row('processor time, s', cpu.toFixed(1));
row('processor time of a start, ms', ((cpu * 1000) / pods).toFixed(2));
row('pod starts per processor second', (pods / cpu).toFixed(0));
row('heap per pod, with the history, KiB', withHistory);
row('heap per pod, history compacted, KiB', atRest);
