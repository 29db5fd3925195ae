import { type ConfigOf, duration, type Env, readConfig } from '../shared/config.js';

const settings = {
  /** How often each cluster is asked how it is. */
  probeInterval: duration('MERIDIAN_CLUSTER_PROBE_INTERVAL', '10s'),
  /** How old what is known of Meridian's rights in a cluster may become before it is asked again. */
  permissionCheckInterval: duration('MERIDIAN_CLUSTER_PERMISSION_CHECK_INTERVAL', '6h'),
};

export type ClustersConfig = ConfigOf<typeof settings>;

export const readClustersConfig = (env: Env): ClustersConfig => readConfig(env, settings);
