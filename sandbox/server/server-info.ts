import type { ServerResponse } from 'node:http';
import { sendObject, sendText } from './answer.js';
import { healthChecks } from './health-checks.js';
import type { ServerContext } from './server-context.js';

/** Version and health. False when the path is neither. */
export const handleServerInfo = (
  { version }: ServerContext,
  response: ServerResponse,
  path: string,
  query: URLSearchParams,
): boolean => {
  if (path === '/version' || path === '/version/') {
    sendObject(response, 200, versionDocument(version));
    return true;
  }
  const [root = '', ...segments] = path.split('/').filter((segment) => segment !== '');
  const checks = healthChecks[root];
  if (!checks) return false;
  const check = segments.length > 0 ? segments.join('/') : undefined;
  if (check !== undefined && !checks.includes(check))
    sendText(response, 404, '404 page not found\n', noSniff);
  else
    sendText(
      response,
      200,
      check === undefined && query.has('verbose') ? report(root, checks, query.getAll('exclude')) : 'ok',
      noSniff,
    );
  return true;
};

const noSniff = { 'X-Content-Type-Options': 'nosniff' };

const report = (root: string, checks: readonly string[], excluded: readonly string[]): string => {
  const unknown = excluded.filter((name) => !checks.includes(name));
  const lines = checks.map((name) => `[+]${name} ${excluded.includes(name) ? 'excluded: ok' : 'ok'}`);
  if (unknown.length > 0)
    lines.push(
      `warn: some health checks cannot be excluded: no matches for ${unknown.map((name) => `"${name}"`).join(',')}`,
    );
  return `${lines.join('\n')}\n${root} check passed\n`;
};

const versionDocument = (version: string): object => {
  const [major = '', minor = ''] = version.replace(/^v/, '').split('.');
  return {
    major,
    minor,
    emulationMajor: major,
    emulationMinor: minor,
    minCompatibilityMajor: major,
    minCompatibilityMinor: String(Number(minor) - 1),
    gitVersion: version,
    gitCommit: '0000000000000000000000000000000000000000',
    gitTreeState: 'clean',
    buildDate: '2026-01-01T00:00:00Z',
    goVersion: 'go1.26.10',
    compiler: 'gc',
    platform: 'linux/amd64',
  };
};
