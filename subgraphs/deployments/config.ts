import { type ConfigOf, type Env, readConfig } from '../shared/config.js';

const deploymentsSettings = {};
export type DeploymentsConfig = ConfigOf<typeof deploymentsSettings>;

/** Nothing of its own yet, besides what every subgraph has. */
export const readDeploymentsConfig = (env: Env): DeploymentsConfig => readConfig(env, deploymentsSettings);
