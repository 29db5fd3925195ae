import { runSubgraph } from '../shared/service.js';
import { readClustersConfig } from './config.js';
import { startClustersSubgraph } from './subgraph.js';

await runSubgraph({
  name: 'clusters',
  defaultPort: 4002,
  env: process.env,
  readConfig: readClustersConfig,
  start: startClustersSubgraph,
});
