import { expect, test } from 'vitest';
import { ConfigError } from '../subgraphs/shared/config.js';
import { readGatewayConfig } from './config.js';

const MERIDIAN_SECRET_KEY = Buffer.alloc(32, 1).toString('base64');

interface Case {
  /** Where it stands in the configuration. */
  readonly at: string;
  readonly default: unknown;
  /** Texts with what they are read as. */
  readonly taken: Readonly<Record<string, unknown>>;
  /** Texts with what is said of them. */
  readonly refused: Readonly<Record<string, string>>;
}

const anyText = (at: string, fallback: string | null): Case => ({
  at,
  default: fallback,
  taken: { 'any text': 'any text' },
  refused: {},
});
const notAPort = (value: string) => `"${value}" is not a whole number from 0 to 65535`;
const subgraph = (name: string, port: number): Case => ({
  at: `subgraphs.${name}`,
  default: `http://127.0.0.1:${port}/graphql`,
  taken: { 'https://inside.example.com/graphql': 'https://inside.example.com/graphql' },
  refused: { 'ftp://inside': 'is not a URL that starts with http:// or https://' },
});

/** Every setting of a gateway that is a process of its own, but the key. */
const settings: Readonly<Record<string, Case>> = {
  MERIDIAN_HOST: anyText('host', '127.0.0.1'),
  MERIDIAN_PORT: {
    at: 'port',
    default: 4_000,
    taken: { '0': 0, '65535': 65_535 },
    refused: { '65536': notAPort('65536'), http: notAPort('http') },
  },
  MERIDIAN_ALLOWED_ORIGINS: {
    at: 'allowedOrigins',
    default: [],
    taken: {
      'https://console.example.com, http://localhost:3000,https://*.example.org': [
        'https://console.example.com',
        'http://localhost:3000',
        'https://*.example.org',
      ],
    },
    refused: { 'https://a.example.com, *': '"*" is not an origin such as https://console.example.com' },
  },
  MERIDIAN_TRUSTED_PROXIES: {
    at: 'trustedProxies',
    default: [],
    taken: { '10.0.0.0/8, 192.168.1.1,fd00::/8': ['10.0.0.0/8', '192.168.1.1', 'fd00::/8'] },
    refused: {
      '10.0.0.0/33': '"10.0.0.0/33" is not a network: write it as 10.0.0.0/8 or fd00::/8',
      '10.0.0.1, proxy.example.com': '"proxy.example.com" is not a network',
      '0.0.0.0/0': '"0.0.0.0/0" is everybody, who could then name any address: give those of your proxies',
      '::/0': '"::/0" is everybody',
    },
  },
  MERIDIAN_INTROSPECTION: {
    at: 'introspection',
    default: 'signed-in',
    taken: { everyone: 'everyone', 'signed-in': 'signed-in', nobody: 'nobody' },
    refused: { sometimes: '"sometimes" is not one of everyone, signed-in, nobody' },
  },
  MERIDIAN_TRUSTED_DOCUMENTS: anyText('trustedDocuments.folder', null),
  MERIDIAN_TRUSTED_DOCUMENTS_MODE: {
    at: 'trustedDocuments.mode',
    default: 'enforce',
    taken: { enforce: 'enforce', warn: 'warn' },
    refused: { off: '"off" is not one of enforce, warn' },
  },
  MERIDIAN_COST_LIMIT: {
    at: 'cost.limit',
    default: 500_000,
    taken: { '1': 1, '1000000000': 1_000_000_000 },
    refused: {
      '0': '"0" is not a whole number from 1 to 1000000000',
      '1.5': '"1.5" is not a whole number',
      '1000000001': 'is not a whole number from 1 to 1000000000',
    },
  },
  MERIDIAN_COST_PER_MINUTE: {
    at: 'cost.perMinute',
    default: 10_000_000,
    taken: { '1': 1, '1000000000000': 1_000_000_000_000 },
    refused: {
      '0': '"0" is not a whole number from 1 to 1000000000000',
      none: '"none" is not a whole number',
    },
  },
  MERIDIAN_METRICS_PORT: {
    at: 'metrics.port',
    default: null,
    taken: { '0': 0, '9464': 9_464 },
    refused: { '-1': notAPort('-1') },
  },
  MERIDIAN_METRICS_HOST: anyText('metrics.host', '127.0.0.1'),
  MERIDIAN_METRICS_TOKEN: anyText('metrics.token', null),
  MERIDIAN_SUPERGRAPH: anyText('supergraph', null),
  /** Says which users may share streams. */
  DATABASE_URL: {
    at: 'databaseUrl',
    default: null,
    taken: {
      'postgres://reader@database/meridian': 'postgres://reader@database/meridian',
      'postgresql://database/meridian': 'postgresql://database/meridian',
    },
    refused: { 'mysql://database/meridian': 'is not a URL that starts with postgres:// or postgresql://' },
  },
  MERIDIAN_IDENTITY_URL: subgraph('identity', 4_001),
  MERIDIAN_CLUSTERS_URL: subgraph('clusters', 4_002),
  MERIDIAN_PROJECTS_URL: subgraph('projects', 4_003),
  MERIDIAN_DEPLOYMENTS_URL: subgraph('deployments', 4_004),
  MERIDIAN_MARKETPLACE_URL: subgraph('marketplace', 4_005),
};

const valueAt = (config: unknown, at: string): unknown =>
  at.split('.').reduce((part, key) => (part as Record<string, unknown>)[key], config);

function problemsOf(env: Record<string, string>): readonly string[] {
  try {
    readGatewayConfig(env);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

test('has a case here for every setting', () => {
  const read = new Set<string>();
  readGatewayConfig(
    new Proxy<Record<string, string>>(
      { MERIDIAN_SECRET_KEY },
      {
        get(env, name) {
          read.add(String(name));
          return env[String(name)];
        },
      },
    ),
  );
  expect([...read].sort()).toEqual(['MERIDIAN_SECRET_KEY', ...Object.keys(settings)].sort());
});

test.each(Object.entries(settings))(
  '%s has a default, takes what fits and names what does not',
  (name, setting) => {
    expect(valueAt(readGatewayConfig({ MERIDIAN_SECRET_KEY }), setting.at)).toEqual(setting.default);
    // As in a file of settings that is not filled in.
    expect(valueAt(readGatewayConfig({ MERIDIAN_SECRET_KEY, [name]: ' ' }), setting.at)).toEqual(
      setting.default,
    );
    for (const [text, value] of Object.entries(setting.taken)) {
      expect(valueAt(readGatewayConfig({ MERIDIAN_SECRET_KEY, [name]: text }), setting.at)).toEqual(value);
    }
    for (const [text, problem] of Object.entries(setting.refused)) {
      const problems = problemsOf({ MERIDIAN_SECRET_KEY, [name]: text });
      expect(problems).toEqual([expect.stringContaining(problem)]);
      expect(problems[0]?.startsWith(`${name}: `)).toBe(true);
    }
  },
);

test.each([
  [{}, 'MERIDIAN_SECRET_KEY: is required'],
  [{ MERIDIAN_SECRET_KEY: 'not base64!' }, 'MERIDIAN_SECRET_KEY: '],
])('needs the key that all processes share', (env, problem) => {
  expect(problemsOf(env)).toEqual([expect.stringContaining(problem)]);
});

test('reports every bad setting at once, and never repeats a key or a password', () => {
  const env = {
    MERIDIAN_SECRET_KEY: 'c2hvcnQ=',
    MERIDIAN_PORT: '70000',
    MERIDIAN_ALLOWED_ORIGINS: 'https://a.example.com, example.com/path',
    MERIDIAN_INTROSPECTION: 'sometimes',
    MERIDIAN_CLUSTERS_URL: 'ftp://clusters',
    DATABASE_URL: 'mysql://reader:password-of-the-reader@database/meridian',
  };
  const problems = problemsOf(env);
  expect(problems.map((problem) => problem.split(':')[0]).sort()).toEqual(Object.keys(env).sort());
  expect(problems.join()).toContain(
    '"example.com/path" is not an origin such as https://console.example.com',
  );
  expect(problems.join()).not.toMatch(/c2hvcnQ=|password-of-the-reader/);
});

test.each([
  '*',
  'https://*',
  'https://*.example.com/x',
  'https://a*.example.com',
  'null',
  'https://a.example.com/',
])('refuses %s as an origin', (MERIDIAN_ALLOWED_ORIGINS) => {
  expect(() => readGatewayConfig({ MERIDIAN_SECRET_KEY, MERIDIAN_ALLOWED_ORIGINS })).toThrow(
    'is not an origin',
  );
});
