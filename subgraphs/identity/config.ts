import { type ConfigOf, duration, type Env, optionalText, readConfig } from '../shared/config.js';

const settings = {
  /** How long a sign-in lasts. */
  sessionLifetime: duration('MERIDIAN_SESSION_LIFETIME', '12h'),
  /** Password of the first administrator; one is made up when there is none. */
  adminPassword: optionalText('MERIDIAN_ADMIN_PASSWORD'),
};

export type IdentityConfig = ConfigOf<typeof settings>;

export const readIdentityConfig = (env: Env): IdentityConfig => readConfig(env, settings);
