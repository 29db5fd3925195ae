import { err, out, type Program, pick } from './program.js';

const ROUTES = ['/', '/api/orders', '/api/orders/4711', '/api/customers', '/healthz', '/metrics'] as const;

const entry = (at: number, level: string, msg: string, fields: Record<string, unknown> = {}) =>
  JSON.stringify({ level, time: new Date(at).toISOString(), msg, ...fields });

/** What every image is that nothing better is known of: a web application with a JSON log. */
export const jsonApplication: Program = {
  name: 'app',
  images: /.*/,
  port: 8080,
  bootMs: 280,
  stopMs: 200,
  linePeriodMs: 1500,
  system: 'alpine',
  executables: ['/app/server'],
  startLines: ({ image, port, pod }, at) => [
    out(entry(at, 'info', 'starting', { service: image.name, version: image.tag, pod: pod.name })),
    out(entry(at + 120, 'info', 'configuration loaded', { source: 'environment' })),
    out(entry(at + 270, 'info', 'listening', { address: `0.0.0.0:${port}` })),
  ],
  line: (_, at, random) => {
    const path = pick(random, ROUTES);
    const durationMs = Math.round(1 + random() ** 3 * 250);
    const request = { method: 'GET', path, status: 200, durationMs, traceId: hex(random, 16) };
    if (random() < 0.04)
      return err(
        entry(at, 'error', 'request failed', { ...request, status: 500, error: 'upstream timed out' }),
      );
    if (durationMs > 180) return out(entry(at, 'warn', 'slow request', request));
    return out(entry(at, 'info', 'request', request));
  },
  failure: (_, at, random) =>
    err(
      entry(at, 'error', 'request failed', {
        method: 'GET',
        path: pick(random, ROUTES),
        status: 500,
        error: 'upstream timed out',
        traceId: hex(random, 16),
      }),
    ),
  stopLines: (_, at) => [
    out(entry(at, 'info', 'SIGTERM received, draining', { connections: 3 })),
    out(entry(at + 180, 'info', 'stopped')),
  ],
  crashLines: ({ image }, at) => [
    out(entry(at, 'info', 'starting', { service: image.name, version: image.tag })),
    err(entry(at + 300, 'fatal', 'cannot start', { error: 'required setting DATABASE_URL is not set' })),
    err('Error: required setting DATABASE_URL is not set'),
    err('    at readConfiguration (/app/configuration.js:42:11)'),
    err('    at main (/app/server.js:12:25)'),
  ],
  processes: () => [{ pid: 1, user: 'app', command: '/app/server' }],
  files: ({ image }) => ({
    '/app/package.json': `${JSON.stringify({ name: image.name, version: image.tag, main: 'server.js' }, null, 2)}\n`,
    '/app/server.js':
      "import { createServer } from 'node:http';\n\ncreateServer((request, response) => response.end('ok')).listen(8080);\n",
  }),
};

const hex = (random: () => number, length: number): string =>
  Array.from({ length }, () => Math.floor(random() * 16).toString(16)).join('');
