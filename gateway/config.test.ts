import { expect, test } from 'vitest';
import { ConfigError } from '../subgraphs/shared/config.js';
import { readGatewayConfig } from './config.js';

const MERIDIAN_SECRET_KEY = Buffer.alloc(32, 1).toString('base64');

test('has a default for everything but the key', () => {
  expect(readGatewayConfig({ MERIDIAN_SECRET_KEY })).toMatchObject({
    host: '127.0.0.1',
    port: 4_000,
    allowedOrigins: [],
    introspection: 'signed-in',
    subgraphs: { clusters: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/graphql$/) },
  });
});

test('reports every bad setting at once, and never repeats the key', () => {
  const env = {
    MERIDIAN_SECRET_KEY: 'c2hvcnQ=',
    MERIDIAN_PORT: '70000',
    MERIDIAN_ALLOWED_ORIGINS: 'https://a.example.com, example.com/path',
    MERIDIAN_INTROSPECTION: 'sometimes',
    MERIDIAN_CLUSTERS_URL: 'ftp://clusters',
  };
  const problems = (() => {
    try {
      readGatewayConfig(env);
    } catch (error) {
      if (error instanceof ConfigError) return error.problems;
    }
    return [];
  })();
  expect(problems.map((problem) => problem.split(':')[0]).sort()).toEqual(Object.keys(env).sort());
  expect(problems.join()).toContain(
    '"example.com/path" is not an origin such as https://console.example.com',
  );
  expect(problems.join()).not.toContain('c2hvcnQ=');
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

test('takes origins, and all below a host', () => {
  const origins = ['https://console.example.com', 'http://localhost:3000', 'https://*.example.org'];
  const config = readGatewayConfig({ MERIDIAN_SECRET_KEY, MERIDIAN_ALLOWED_ORIGINS: origins.join(', ') });
  expect(config.allowedOrigins).toEqual(origins);
});
