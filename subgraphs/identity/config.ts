import { type ConfigOf, duration, type Env, readConfig, type Setting } from '../shared/config.js';
import { passwordLength } from './text-rules.js';

/** Of the first administrator; one is made up when there is none. The operator's own choice, however short. */
const adminPassword: Setting<string | null> = {
  name: 'MERIDIAN_ADMIN_PASSWORD',
  parse(value) {
    if (value !== undefined && value.length > passwordLength.maximum) {
      throw new Error(`has ${value.length} characters: use at most ${passwordLength.maximum}`);
    }
    return value ?? null;
  },
};

const settings = {
  /** How long a sign-in lasts. */
  sessionLifetime: duration('MERIDIAN_SESSION_LIFETIME', '12h'),
  adminPassword,
  auditSealInterval: duration('MERIDIAN_AUDIT_SEAL_INTERVAL', '10s'),
};

export type IdentityConfig = ConfigOf<typeof settings>;

export const readIdentityConfig = (env: Env): IdentityConfig => readConfig(env, settings);
