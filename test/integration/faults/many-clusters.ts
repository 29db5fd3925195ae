import { type Sandbox, startSandbox } from '../../../sandbox/sandbox.js';
import { type Fault, FaultProxy } from '../../kit/fault-proxy.js';
import {
  delay,
  drip,
  everything,
  flood,
  neverAnswer,
  notWatch,
  refuse,
} from '../../kit/fault-proxy-faults.js';
import { type Stack, startStack } from '../../kit/stack.js';
import { register } from './proxied-stack.js';

/** How a cluster is broken. */
export type Illness = 'DEAD' | 'HANGING' | 'SLOW' | 'FAILING' | 'LYING' | 'FLOODING' | 'DRIPPING';

const lie: Fault = (exchange) =>
  exchange.answer(
    200,
    { 'content-type': 'application/json' },
    '{"kind":"Cheese","metadata":7,"items":"none"}',
  );

const faults: Record<Exclude<Illness, 'DEAD'>, Fault> = {
  HANGING: neverAnswer,
  SLOW: delay(1_000),
  FAILING: refuse(500, 'InternalError'),
  LYING: lie,
  FLOODING: flood,
  DRIPPING: drip(200),
};

export interface RegisteredCluster {
  readonly id: string;
  readonly name: string;
  readonly proxy: FaultProxy;
}

export interface ManyClusters {
  readonly stack: Stack;
  readonly clusters: readonly RegisteredCluster[];
  breakDown(cluster: RegisteredCluster, illness: Illness): Promise<void>;
  dispose(): Promise<void>;
}

/** So many registered clusters for the price of one: one sandbox, seen through a proxy for each. */
export async function startManyClusters(count: number): Promise<ManyClusters> {
  const sandbox: Sandbox = await startSandbox({ name: 'many', nodes: 2, pace: 0.1 });
  const proxies = await Promise.all(Array.from({ length: count }, () => FaultProxy.start(sandbox.url)));
  const stopBehind = async () => {
    await Promise.all(proxies.map((proxy) => proxy.dispose()));
    await sandbox.dispose();
  };
  try {
    const stack = await startStack({
      sandboxes: 0,
      // A watch that pours or drips without saying anything is given up after this, instead of 90 s.
      informerTimes: { silenceLimitMs: 20_000 },
      env: { MERIDIAN_CLUSTER_ORIGINS: proxies.map(({ url }) => url).join(',') },
    });
    stack.canaries.add('token of the clusters', sandbox.token);
    const clusters: RegisteredCluster[] = [];
    for (const [index, proxy] of proxies.entries()) {
      const name = `cluster-${String(index).padStart(2, '0')}`;
      clusters.push({
        id: await register(stack, { name, server: proxy.url, token: sandbox.token }),
        name,
        proxy,
      });
    }
    return {
      stack,
      clusters,
      async breakDown({ proxy }, illness) {
        if (illness === 'DEAD') return proxy.refuseConnections();
        // What is slow is so for everything that is not a stream: a stream’s start is.
        proxy.inject(illness === 'SLOW' ? notWatch : everything, faults[illness]);
        for (const exchange of proxy.open()) exchange.cut();
      },
      async dispose() {
        await stack.dispose();
        await stopBehind();
      },
    };
  } catch (error) {
    await stopBehind();
    throw error;
  }
}
