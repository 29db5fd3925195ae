import {
  type ConfigOf,
  type Env,
  integer,
  list,
  oneOf,
  optionalText,
  optionalUrl,
  port,
  readConfig,
  type Setting,
  text,
  url,
} from '../subgraphs/shared/config.js';
import { decodeSecretKey } from '../subgraphs/shared/keys.js';
import { parseNetwork } from '../subgraphs/shared/networks.js';
import { type SubgraphName, subgraphNames } from '../subgraphs/shared/subgraph.js';
import { introspectionPolicies } from './operations/introspection.js';
import { trustedDocumentsModes } from './operations/trusted-documents.js';

/** Settings of the gateway however it is run; the all-in-one start reads these and knows the rest. */
export const gatewaySettings = {
  host: text('MERIDIAN_HOST', '127.0.0.1'),
  port: port('MERIDIAN_PORT', 4_000),
  /** Origins of web pages, besides our own, that may call: `https://console.example.com,https://*.example.org`. */
  allowedOrigins: originList('MERIDIAN_ALLOWED_ORIGINS'),
  /** Addresses or CIDR ranges of the proxies that may say whose request it is (`X-Forwarded-For`). */
  trustedProxies: proxyList('MERIDIAN_TRUSTED_PROXIES'),
  /** Who may ask for the schema. GraphiQL at `/` asks after its user signed in. */
  introspection: oneOf('MERIDIAN_INTROSPECTION', introspectionPolicies, 'signed-in'),
  /** A folder of the only documents that may be run, which is followed; without one any may. */
  trustedDocuments: {
    folder: optionalText('MERIDIAN_TRUSTED_DOCUMENTS'),
    mode: oneOf('MERIDIAN_TRUSTED_DOCUMENTS_MODE', trustedDocumentsModes, 'enforce'),
  },
  /** Of operations, as gateway/operations/cost.ts defines it: of one, and of all of a caller in a minute. */
  cost: {
    limit: integer('MERIDIAN_COST_LIMIT', { min: 1, max: 1_000_000_000 }, 500_000),
    perMinute: integer('MERIDIAN_COST_PER_MINUTE', { min: 1, max: 1_000_000_000_000 }, 10_000_000),
  },
  /** Where Prometheus reads `/metrics`: nowhere without a port; with a token only who sends it. */
  metrics: {
    port: optionalPort('MERIDIAN_METRICS_PORT'),
    host: text('MERIDIAN_METRICS_HOST', '127.0.0.1'),
    token: optionalText('MERIDIAN_METRICS_TOKEN'),
  },
};

function optionalPort(name: string): Setting<number | null> {
  const setting = port(name);
  return { name, parse: (value) => (value === undefined ? null : setting.parse(value)) };
}

export interface GatewayConfig extends ConfigOf<typeof gatewaySettings> {
  /** Base64 of 32 random bytes, the same for every process. */
  readonly secretKey: string;
}

export interface DistributedGatewayConfig extends GatewayConfig {
  /** Path of the supergraph, which is followed while the gateway runs; null for the one of this build. */
  readonly supergraph: string | null;
  readonly subgraphs: Readonly<Record<SubgraphName, string>>;
  /** Where it reads which users have the same permissions and may share streams; null: users share none. */
  readonly databaseUrl: string | null;
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
  readConfig(env, {
    ...gatewaySettings,
    secretKey,
    supergraph: optionalText('MERIDIAN_SUPERGRAPH'),
    subgraphs: subgraphUrls,
    databaseUrl: optionalUrl('DATABASE_URL', ['postgres:', 'postgresql:']),
  });

function proxyList(name: string): Setting<readonly string[]> {
  const proxies = list(name);
  return {
    name,
    parse(value) {
      const given = proxies.parse(value);
      for (const proxy of given) {
        const [, bits] = parseNetwork(proxy);
        if (bits === 0) {
          throw new Error(
            `${JSON.stringify(proxy)} is everybody, who could then name any address: give those of your proxies`,
          );
        }
      }
      return given;
    },
  };
}

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
