import { collectionPath, resources } from '../../subgraphs/shared/kubernetes/resources.js';
import { planSandbox } from './filled-sandbox.js';
import { informersOf } from './informers.js';
import { option, percentile, row, until } from './measures.js';

/**
 * A page of pods of one namespace and the list of all pods of a cluster: from Meridian's informer, beside the same
 * asked of the API server over Meridian's connection. Client and server share this process, so the second column is
 * the whole cost of asking: serving, sending and parsing.
 *
 *   --pods 5000 --rounds 20
 */
const pods = option('pods', 5000);
const rounds = option('rounds', 20);

const { sandbox, fill, isReady } = await planSandbox('listed', pods);
fill();
await until(isReady, 600_000);
const { connections, informers, dispose } = informersOf([sandbox]);
const { informer } = informers.acquire({ clusterId: '0', resource: resources.pods });
await informer.synced();
const connection = await connections.get('0');
const namespace = informer.list()[0]?.metadata?.namespace ?? '';

const p50 = async (measured: () => unknown): Promise<number> => {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const startedAt = performance.now();
    await measured();
    times.push(performance.now() - startedAt);
  }
  return percentile(times, 0.5);
};
const ask = (path: ReturnType<typeof collectionPath>) => connection.request({ method: 'GET', path });

row('p50, ms', 'informer', 'API server', 'ratio');
const compare = (name: string, cached: number, asked: number): void =>
  row(name, cached.toFixed(3), asked.toFixed(1), `1 : ${(asked / cached).toFixed(0)}`);
compare(
  `all ${informer.list().length} pods`,
  await p50(() => informer.list()),
  await p50(() => ask(collectionPath(resources.pods))),
);
compare(
  `${informer.listBy('namespace', namespace).length} pods of a namespace`,
  await p50(() => informer.listBy('namespace', namespace)),
  await p50(() => ask(collectionPath(resources.pods, namespace))),
);
await dispose();
await sandbox.dispose();
