import { expect, test } from 'vitest';
import { reachableUrl } from './service.js';

test.each([
  'http://127.0.0.1:4004/graphql',
  'http://deployments:4004/graphql',
  'http://[fd00::7]:4004/graphql',
])('a server at %s is reached there', (url) => {
  expect(reachableUrl(url)).toBe(url);
});

test.each(['http://0.0.0.0:4004/graphql', 'http://[::]:4004/graphql'])(
  'a server at %s is reached at an address of this machine',
  (url) => {
    expect(reachableUrl(url)).toMatch(/^http:\/\/(?!0\.0\.0\.0)\d+\.\d+\.\d+\.\d+:4004\/graphql$/);
  },
);
