import {
  type ConfigOf,
  type Env,
  list,
  oneOf,
  port,
  readConfig,
  type Setting,
  text,
  url,
} from '../subgraphs/shared/config.js';
import { decodeSecretKey } from '../subgraphs/shared/keys.js';
import { type SubgraphName, subgraphNames } from '../subgraphs/shared/subgraph.js';
import { introspectionPolicies } from './operations/introspection.js';

/** Settings of the gateway however it is run; the all-in-one start reads these and knows the rest. */
export const gatewaySettings = {
  host: text('MERIDIAN_HOST', '127.0.0.1'),
  port: port('MERIDIAN_PORT', 4_000),
  /** Origins of web pages, besides our own, that may call: `https://console.example.com,https://*.example.org`. */
  allowedOrigins: originList('MERIDIAN_ALLOWED_ORIGINS'),
  /** Who may ask for the schema. GraphiQL at `/` asks after its user signed in. */
  introspection: oneOf('MERIDIAN_INTROSPECTION', introspectionPolicies, 'signed-in'),
};

export interface GatewayConfig extends ConfigOf<typeof gatewaySettings> {
  /** Base64 of 32 random bytes, the same for every process. */
  readonly secretKey: string;
}

export interface DistributedGatewayConfig extends GatewayConfig {
  readonly subgraphs: Readonly<Record<SubgraphName, string>>;
}

const secretKey: Setting<string> = {
  name: 'MERIDIAN_SECRET_KEY',
  parse(value) {
    if (value === undefined) {
      throw new Error('is required: the output of "openssl rand -base64 32", the same for every process');
    }
    decodeSecretKey(value);
    return value;
  },
};

const defaultPorts = {
  identity: 4_001,
  clusters: 4_002,
  projects: 4_003,
  deployments: 4_004,
  marketplace: 4_005,
};

const subgraphUrls = Object.fromEntries(
  subgraphNames.map((name) => [
    name,
    url(
      `MERIDIAN_${name.toUpperCase()}_URL`,
      ['http:', 'https:'],
      `http://127.0.0.1:${defaultPorts[name]}/graphql`,
    ),
  ]),
) as Record<SubgraphName, Setting<string>>;

/** Of a gateway that is a process of its own. */
export const readGatewayConfig = (env: Env): DistributedGatewayConfig =>
  readConfig(env, { ...gatewaySettings, secretKey, subgraphs: subgraphUrls });

function originList(name: string): Setting<readonly string[]> {
  const origins = list(name);
  return {
    name,
    parse(value) {
      const given = origins.parse(value);
      for (const origin of given) {
        // `*.` may stand for one or more labels of the host, and for nothing else.
        const plain = origin.replace('://*.', '://any.');
        if (
          plain.includes('*') ||
          !URL.canParse(plain) ||
          new URL(plain).origin !== plain ||
          !/^https?:/.test(plain)
        ) {
          throw new Error(`${JSON.stringify(origin)} is not an origin such as https://console.example.com`);
        }
      }
      return given;
    },
  };
}
