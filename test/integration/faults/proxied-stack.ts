import { type Sandbox, type SandboxOptions, startSandbox } from '../../../sandbox/sandbox.js';
import { FaultProxy } from '../../kit/fault-proxy.js';
import { type Stack, startStack } from '../../kit/stack.js';

export interface ProxiedCluster {
  readonly id: string;
  readonly name: string;
  readonly sandbox: Sandbox;
  readonly proxy: FaultProxy;
}

export interface ProxiedStack {
  readonly stack: Stack;
  readonly clusters: readonly ProxiedCluster[];
  dispose(): Promise<void>;
}

/** The whole system, with sandbox clusters that it reaches through fault proxies only. */
export async function startProxiedStack(
  names: readonly string[],
  options: Omit<NonNullable<Parameters<typeof startStack>[0]>, 'sandboxes'> & {
    sandbox?: Partial<SandboxOptions>;
    /** What every proxy does from the start. */
    always?: (proxy: FaultProxy) => unknown;
  } = {},
): Promise<ProxiedStack> {
  const { sandbox: sandboxOptions, always, ...stackOptions } = options;
  const behind = await Promise.all(
    names.map(async (name) => {
      const sandbox = await startSandbox({ name, pace: 0.1, ...sandboxOptions });
      const proxy = await FaultProxy.start(sandbox.url);
      always?.(proxy);
      return { name, sandbox, proxy };
    }),
  );
  const stopBehind = () =>
    Promise.all(
      behind.map(async ({ sandbox, proxy }) => {
        await proxy.dispose();
        await sandbox.dispose();
      }),
    );
  try {
    const stack = await startStack({
      ...stackOptions,
      sandboxes: 0,
      env: { MERIDIAN_CLUSTER_ORIGINS: behind.map(({ proxy }) => proxy.url).join(','), ...stackOptions.env },
    });
    const clusters: ProxiedCluster[] = [];
    for (const { name, sandbox, proxy } of behind) {
      stack.canaries.add(`token of ${name}`, sandbox.token);
      const id = await register(stack, { name, server: proxy.url, token: sandbox.token });
      clusters.push({ id, name, sandbox, proxy });
    }
    return {
      stack,
      clusters,
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

/** Registers a cluster as an administrator does; gives its id. */
export async function register(
  stack: Stack,
  input: { name: string; server: string; token: string },
): Promise<string> {
  const { cluster } = await stack.admin.mutate(
    'mutation ($input: RegisterClusterInput!) { registerCluster(input: $input) { cluster { id } userErrors { code field message } } }',
    { input: { infrastructure: 'OTHER', ...input } },
  );
  return cluster.id;
}
