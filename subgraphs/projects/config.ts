import { type ConfigOf, duration, type Env, readConfig } from '../shared/config.js';

const settings = {
  /** How often environments are compared with their namespaces. */
  reconcileInterval: duration('MERIDIAN_ENVIRONMENT_RECONCILE_INTERVAL', '30s'),
};

export type ProjectsConfig = ConfigOf<typeof settings>;

export const readProjectsConfig = (env: Env): ProjectsConfig => readConfig(env, settings);
