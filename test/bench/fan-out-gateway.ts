import { gatewaySettings } from '../../gateway/config.js';
import { startGateway } from '../../gateway/server.js';
import { localSource } from '../../gateway/sources/local.js';
import { systemClock } from '../../subgraphs/shared/clock.js';
import { readConfig } from '../../subgraphs/shared/config.js';
import { deriveKey } from '../../subgraphs/shared/keys.js';
import { createLogger } from '../../subgraphs/shared/logger.js';
import { serveSubgraph } from '../../subgraphs/shared/subgraph-server.js';
import { deployment, TinySubgraphs, tinySupergraph } from '../gateway/tiny-subgraphs.js';
import { startGraphqlWsGateway } from './fan-out-graphql-ws.js';
import type { FromGateway, Protocol, ToGateway } from './fan-out-messages.js';
import { cpuSeconds, heapBytes, machineMs, pause } from './measures.js';

/**
 * A gateway with three small subgraphs in its process, started by fan-out, its sockets served as the command line
 * says (a `Protocol`). An event of `rollout` has two entity hops:
 * its project's name from one subgraph, its cluster's from another. All users have the same permissions.
 */

const secretKey = Buffer.alloc(32, 7).toString('base64');
const logger = createLogger({ level: 'warn' });
const subgraphs = new TinySubgraphs();
// They tell the tests what they were asked.
subgraphs.calls.push = () => 0;
const owner = await serveSubgraph(subgraphs.get('deployments'), {
  host: '127.0.0.1',
  port: 0,
  key: deriveKey(secretKey, 'caller-context'),
  logger,
});
const protocol = process.argv[2] as Protocol;
const gateway = await (protocol === 'graphql-ws' ? startGraphqlWsGateway : startGateway)(
  { ...readConfig({}, gatewaySettings), port: 0, secretKey },
  {
    supergraphSdl: tinySupergraph(),
    sources: subgraphs.all.map(localSource),
    logger,
    clock: systemClock,
    permissions: { fingerprint: async () => 'those of everybody' },
    streamPolicies: () => ({ sharedBy: 'permissions' }),
  },
);
const base = machineMs();
const send = (message: FromGateway): void => void process.send?.(message);

async function publish(milliseconds: number, events: number): Promise<void> {
  const startedAt = performance.now();
  for (let n = 0; n < events; n += 1) {
    await pause(Math.max(0, startedAt + n * milliseconds - performance.now()));
    for (const { args, push } of subgraphs.streams) {
      const percent = Math.round((machineMs() - base) * 1_000);
      push({ cursor: `c${percent}`, percent, deployment: deployment(String(args['deploymentId'])) });
    }
  }
  send({ type: 'published' });
}

process.on('message', (message: ToGateway) => {
  switch (message.type) {
    case 'count':
      send({ type: 'counted', ...gateway.subscriptions });
      return;
    case 'publish':
      void publish(message.milliseconds, message.events);
      return;
    case 'report':
      send({
        type: 'report',
        report: { cpuSeconds: cpuSeconds(), heapBytes: heapBytes(), rssBytes: process.memoryUsage().rss },
      });
      return;
    case 'stop':
      process.exit(0);
  }
});
send({ type: 'started', url: gateway.url, subgraphUrl: owner.url, secretKey, base });
