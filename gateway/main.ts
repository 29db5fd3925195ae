import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '../subgraphs/shared/clock.js';
import { runProcess } from '../subgraphs/shared/exit.js';
import { deriveKey } from '../subgraphs/shared/keys.js';
import { projectRoot } from '../subgraphs/shared/project-root.js';
import { processLogger } from '../subgraphs/shared/service.js';
import { subgraphNames } from '../subgraphs/shared/subgraph.js';
import { readGatewayConfig } from './config.js';
import { startGateway } from './server.js';
import { httpSource } from './sources/http.js';

const logger = processLogger(process.env, process.stdout.isTTY).child({ process: 'gateway' });

await runProcess(logger, async (parts) => {
  const config = readGatewayConfig(process.env);
  const key = deriveKey(config.secretKey, 'caller-context');
  const gateway = parts.add(
    'gateway',
    await startGateway(config, {
      supergraphSdl: await readFile(join(projectRoot(), 'schema', 'supergraph.graphql'), 'utf8'),
      sources: subgraphNames.map((name) => httpSource({ name, url: config.subgraphs[name], key })),
      logger,
      clock: systemClock,
    }),
  );
  logger.info({ url: gateway.url }, 'gateway ready');
});
