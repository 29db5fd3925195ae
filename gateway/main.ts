import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../subgraphs/shared/clock.js';
import { ConfigError } from '../subgraphs/shared/config.js';
import { runProcess } from '../subgraphs/shared/exit.js';
import { deriveKey } from '../subgraphs/shared/keys.js';
import { projectRoot } from '../subgraphs/shared/project-root.js';
import { processLogger } from '../subgraphs/shared/service.js';
import { subgraphNames } from '../subgraphs/shared/subgraph.js';
import { readGatewayConfig } from './config.js';
import { startGateway } from './server.js';
import { httpSource } from './sources/http.js';
import { PublishedPermissions } from './subscriptions/published-permissions.js';
import { loadGeneration } from './supergraph/generation.js';
import { SupergraphFile } from './supergraph/supergraph-file.js';

const logger = processLogger(process.env, process.stdout.isTTY).child({ process: 'gateway' });

await runProcess(logger, async (parts) => {
  const config = readGatewayConfig(process.env);
  const key = deriveKey(config.secretKey, 'caller-context');
  const path = config.supergraph ?? join(projectRoot(), 'schema', 'supergraph.graphql');
  const [supergraphSdl, generation] = await firstSupergraph(path, config.supergraph !== null);
  const permissions =
    config.databaseUrl === null
      ? undefined
      : parts.add('permissions', new PublishedPermissions(config.databaseUrl, logger, systemClock));
  const gateway = parts.add(
    'gateway',
    await startGateway(config, {
      supergraphSdl,
      generation,
      sources: subgraphNames.map((name) => httpSource({ name, url: config.subgraphs[name], key })),
      ...(permissions ? { permissions } : {}),
      logger,
      clock: systemClock,
    }),
  );
  const file = parts.add(
    'supergraph file',
    new SupergraphFile({ path, text: supergraphSdl, update: gateway.updateSupergraph, logger }),
  );
  // On a terminal the signal says that the terminal is gone.
  if (!process.stdout.isTTY) {
    process.on('SIGHUP', () => void Promise.all([file.reload(), gateway.reload()]));
  }
  logger.info({ url: gateway.url, metricsUrl: gateway.metricsUrl }, 'gateway ready');
});

/** What the operator gave is validated as an update would be; the supergraph of this build has been. */
async function firstSupergraph(path: string, given: boolean) {
  try {
    const text = await readFile(path, 'utf8');
    return [text, await loadGeneration(text, logger, given)] as const;
  } catch (error) {
    if (!given) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new ConfigError([`MERIDIAN_SUPERGRAPH: ${path} is no supergraph to start with: ${why}`]);
  }
}
