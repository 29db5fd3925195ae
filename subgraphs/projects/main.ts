import { runSubgraph } from '../shared/service.js';
import { readProjectsConfig } from './config.js';
import { startProjectsSubgraph } from './subgraph.js';

await runSubgraph({
  name: 'projects',
  defaultPort: 4003,
  env: process.env,
  readConfig: readProjectsConfig,
  start: startProjectsSubgraph,
});
