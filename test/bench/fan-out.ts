import { httpSource } from '../../gateway/sources/http.js';
import type { SubgraphSource } from '../../gateway/sources/source.js';
import { deriveKey } from '../../subgraphs/shared/keys.js';
import { printHead, printRatios, printRun } from './fan-out-rows.js';
import { answer, ask, type Pace, type Run, run, startGatewayProcess } from './fan-out-run.js';
import { machineMs, option, pause, percentile, row } from './measures.js';

/**
 * Viewers on graphql-transport-ws, in processes of their own, and a gateway with small subgraphs in another. Each run
 * has a gateway of its own:
 * - so many viewers of one federated subscription, whose events have two entity hops;
 * - so many different subscriptions, each with one viewer;
 * - one viewer: what the gateway and its hops add to an event, against the owning subgraph asked directly.
 *
 *   --viewers 1000 --interval 100 --seconds 20 --different 2000 --single 300 --graphql-ws 0
 *
 * 0 leaves a part out. `--graphql-ws 3` has three rounds of the first part instead of one, and after each the same
 * with the same engine behind graphql-ws's own server; the last row is graphql-ws's medians over ours.
 *
 * Each viewer is a file descriptor in two processes: `ulimit -n` has to be above the number of viewers by some hundreds
 * in this shell (20,000 for 10,000 viewers). A user may have 100 subscriptions, so there are as many users as it takes,
 * all with the same permissions.
 *
 * `delivered` is of all that should have arrived; latency is from the publishing in the subgraph to the reading in a
 * viewer; processor time and memory are the gateway's with its subgraphs, memory for each viewer being what grows from
 * the empty gateway to all being subscribed. `rss` and `heap` at the end are after all was delivered.
 */
const viewers = option('viewers', 1_000);
const interval = option('interval', 100);
const seconds = option('seconds', 20);
const different = option('different', 2_000);
const single = option('single', 300);
const graphqlWsRounds = option('graphql-ws', 0);

const federated = `subscription ($id: ID!) { rollout(deploymentId: $id) {
  ... on RolloutProgressed { percent deployment { id number project { id name cluster { name } } } } } }`;
const owningOnly = `subscription ($id: ID!) { rollout(deploymentId: $id) {
  ... on RolloutProgressed { percent deployment { id number } } } }`;

printHead();
if (viewers > 0) {
  const events = Math.round((seconds * 1_000) / interval);
  const shared = { query: federated, variables: { id: 'd1' } };
  const name = `${viewers} viewers, an event each ${interval} ms`;
  const pace = { milliseconds: interval, events };
  const own: Run[] = [];
  const graphqlWs: Run[] = [];
  for (let round = 0; round < Math.max(1, graphqlWsRounds); round += 1) {
    const result = await run(viewers, () => shared, pace);
    own.push(result);
    printRun(name, result);
    if (graphqlWsRounds === 0) continue;
    const other = await run(viewers, () => shared, pace, 'graphql-ws');
    graphqlWs.push(other);
    printRun('  the same, by graphql-ws', other);
  }
  if (graphqlWsRounds > 0) printRatios('graphql-ws over ours', graphqlWs, own);
}
if (different > 0) {
  const result = await run(different, (index) => ({ query: federated, variables: { id: `d${index}` } }), {
    milliseconds: 1_000,
    events: 10,
  });
  printRun(`${different} different, an event each 1 s`, result);
}
if (single > 0) await overhead();

/** In the same minute, one after the other: the ratio counts. */
async function overhead(): Promise<void> {
  row('', 'events', 'p50 ms', 'p99 ms');
  const pace = { milliseconds: 20, events: single };
  const rows: [string, readonly number[]][] = [
    ['the owning subgraph, asked directly', await direct(pace)],
    [
      'the gateway, nothing else asked',
      (await run(1, () => ({ query: owningOnly, variables: { id: 'd1' } }), pace)).latencies,
    ],
    [
      'the gateway, two entity hops',
      (await run(1, () => ({ query: federated, variables: { id: 'd1' } }), pace)).latencies,
    ],
  ];
  for (const [name, latencies] of rows) {
    row(
      name,
      latencies.length,
      percentile(latencies, 0.5).toFixed(2),
      percentile(latencies, 0.99).toFixed(2),
    );
  }
}

async function direct(pace: Pace): Promise<number[]> {
  const gateway = startGatewayProcess('own');
  const { subgraphUrl, secretKey, base } = await answer(gateway, 'started');
  const source: SubgraphSource = httpSource({
    name: 'deployments',
    url: subgraphUrl,
    key: deriveKey(secretKey, 'caller-context'),
  });
  const caller = { userId: null, requestId: 'bench', address: null };
  const stream = await source.subscribe(
    { query: owningOnly, variables: { id: 'd1' } },
    { caller, signal: new AbortController().signal },
  );
  const latencies: number[] = [];
  const reading = (async () => {
    for await (const { data } of stream) {
      const event = data?.['rollout'] as { percent: number } | undefined;
      if (event) latencies.push(machineMs() - base - event.percent / 1_000);
      if (latencies.length === pace.events) return;
    }
  })();
  await pause(500);
  await ask(gateway, { type: 'publish', ...pace }, 'published');
  await reading;
  await source.dispose();
  gateway.send({ type: 'stop' });
  return latencies;
}
