import { runSubgraph } from '../shared/service.js';
import { readMarketplaceConfig } from './config.js';
import { startMarketplaceSubgraph } from './subgraph.js';

await runSubgraph({
  name: 'marketplace',
  defaultPort: 4005,
  env: process.env,
  readConfig: readMarketplaceConfig,
  start: startMarketplaceSubgraph,
});
