import { runSubgraph } from '../shared/service.js';
import { readIdentityConfig } from './config.js';
import { startIdentitySubgraph } from './subgraph.js';

await runSubgraph({
  name: 'identity',
  defaultPort: 4001,
  env: process.env,
  readConfig: readIdentityConfig,
  start: async (config, services) => {
    const identity = await startIdentitySubgraph(config, services);
    const { login, generatedPassword } = await identity.ensureFirstAdministrator(config.adminPassword);
    // Not through the logger, which keeps secrets out: this is the only time that it is shown.
    if (generatedPassword)
      console.log(`Sign in as ${login}, password ${generatedPassword} (shown only this once: keep it)`);
    return identity;
  },
});
