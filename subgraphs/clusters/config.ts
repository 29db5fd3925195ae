import { type ConfigOf, duration, type Env, readConfig } from '../shared/config.js';

const settings = {
  /** How often each cluster is asked how it is. */
  probeInterval: duration('MERIDIAN_CLUSTER_PROBE_INTERVAL', '10s'),
};

export type ClustersConfig = ConfigOf<typeof settings>;

export const readClustersConfig = (env: Env): ClustersConfig => readConfig(env, settings);
