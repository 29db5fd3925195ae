import { runSubgraph } from '../shared/service.js';
import { readDeploymentsConfig } from './config.js';
import { startDeploymentsSubgraph } from './subgraph.js';

await runSubgraph({
  name: 'deployments',
  defaultPort: 4004,
  env: process.env,
  readConfig: readDeploymentsConfig,
  start: startDeploymentsSubgraph,
});
