import { type ConfigOf, type Env, list, readConfig } from '../shared/config.js';

const marketplaceSettings = {
  /** Folders with offerings of your own, besides those that come with Meridian. */
  catalogues: list('MERIDIAN_CATALOGUES'),
};
export type MarketplaceConfig = ConfigOf<typeof marketplaceSettings>;

export const readMarketplaceConfig = (env: Env): MarketplaceConfig => readConfig(env, marketplaceSettings);
