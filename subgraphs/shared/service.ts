import { networkInterfaces } from 'node:os';
import { type Env, flag, oneOf, port, readConfig, readConfigs, text } from './config.js';
import { runProcess } from './exit.js';
import { deriveKey } from './keys.js';
import { createLogger, type Logger } from './logger.js';
import { openSharedServices, type SharedServices, sharedSettings } from './shared-services.js';
import type { Subgraph, SubgraphName } from './subgraph.js';
import { serveSubgraph } from './subgraph-server.js';

export const loggingSettings = {
  level: oneOf('MERIDIAN_LOG_LEVEL', ['trace', 'debug', 'info', 'warn', 'error', 'silent'], 'info'),
  /** One readable line for a person instead of JSON. */
  pretty: flag('MERIDIAN_LOG_PRETTY', false),
};

/** The logger of a process, before anything else can go wrong; bad settings fall back here and are reported later. */
export function processLogger(env: Env, terminal: boolean, defaultLevel = 'info'): Logger {
  const level = env['MERIDIAN_LOG_LEVEL'] ?? defaultLevel;
  const known = ['trace', 'debug', 'info', 'warn', 'error', 'silent'].includes(level) ? level : defaultLevel;
  return createLogger({
    level: known,
    pretty: env['MERIDIAN_LOG_PRETTY'] ? env['MERIDIAN_LOG_PRETTY'] === 'true' : terminal,
  });
}

/** A process that serves one subgraph over HTTP and WebSocket to the gateway: `npm run subgraph -- <name>`. */
export async function runSubgraph<C>(options: {
  readonly name: SubgraphName;
  readonly defaultPort: number;
  readonly env: Env;
  /** The subgraph's own settings. */
  readonly readConfig: (env: Env) => C;
  readonly start: (config: C, services: SharedServices) => Promise<Subgraph>;
}): Promise<void> {
  const { name, env } = options;
  const logger = processLogger(env, process.stdout.isTTY).child({ subgraph: name });
  await runProcess(logger, async (parts) => {
    const { config, own } = readConfigs({
      config: () =>
        readConfig(env, {
          ...sharedSettings,
          logging: loggingSettings,
          host: text('MERIDIAN_SUBGRAPH_HOST', '127.0.0.1'),
          port: port('MERIDIAN_SUBGRAPH_PORT', options.defaultPort),
        }),
      own: () => options.readConfig(env),
    });
    const services = parts.add('shared services', await openSharedServices(config, logger));
    const subgraph = parts.add(name, await options.start(own, services));
    const server = parts.add(
      'server',
      await serveSubgraph(subgraph, {
        host: config.host,
        port: config.port,
        key: deriveKey(config.secretKey, 'caller-context'),
        logger,
      }),
    );
    await subgraph.served?.(reachableUrl(server.url));
    logger.info({ url: server.url }, 'subgraph ready');
  });
}

/** Where other machines reach a server: one that listens on all addresses is at the first that is not our own only. */
export function reachableUrl(url: string): string {
  const at = new URL(url);
  if (at.hostname !== '0.0.0.0' && at.hostname !== '[::]') return url;
  const addresses = Object.values(networkInterfaces()).flatMap((found) => found ?? []);
  const own = addresses.find(({ family, internal }) => family === 'IPv4' && !internal);
  at.hostname = own?.address ?? '127.0.0.1';
  return at.href;
}
