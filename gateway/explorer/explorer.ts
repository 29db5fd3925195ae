import { readFile } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { extname, join } from 'node:path';
import { projectRoot } from '../../subgraphs/shared/project-root.js';

/** Answers a request for one of the page's files; false when the path is not one. */
export type ServeExplorer = (
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
) => Promise<boolean>;

const contentTypes: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** GraphiQL sets styles from scripts and has its fonts in its style sheet; everything else is ours. */
const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "font-src 'self' data:",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** GraphiQL at `/`, from files of this installation: it works without the internet. */
export function serveExplorer(): ServeExplorer {
  const root = projectRoot();
  const assets = join(root, 'gateway', 'explorer', 'assets');
  const packages = join(root, 'node_modules');
  const files: Record<string, string> = {
    '/': join(assets, 'explorer.html'),
    '/explorer/explorer.js': join(assets, 'explorer.js'),
    '/explorer/explorer.css': join(assets, 'explorer.css'),
    '/explorer/icon.svg': join(assets, 'icon.svg'),
    '/explorer/react.js': join(packages, 'react', 'umd', 'react.production.min.js'),
    '/explorer/react-dom.js': join(packages, 'react-dom', 'umd', 'react-dom.production.min.js'),
    '/explorer/graphiql.js': join(packages, 'graphiql', 'graphiql.min.js'),
    '/explorer/graphiql.css': join(packages, 'graphiql', 'graphiql.min.css'),
  };

  return async (path, request, response) => {
    // client.js imports a chunk whose name changes with every release of graphql-ws.
    const module = /^\/explorer\/graphql-ws\/([\w-]+\.js)$/.exec(path)?.[1];
    const file = module
      ? join(packages, 'graphql-ws', 'dist', module)
      : Object.hasOwn(files, path) && files[path];
    if (!file) return false;
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      response.writeHead(405, { allow: 'GET, HEAD' }).end();
      return true;
    }
    const content = await readFile(file).catch(() => undefined);
    if (!content) return false;
    response.writeHead(200, {
      'content-type': contentTypes[extname(file)] ?? 'application/octet-stream',
      'content-length': content.length,
      'content-security-policy': contentSecurityPolicy,
      'cache-control': 'no-cache',
      'referrer-policy': 'no-referrer',
      'x-content-type-options': 'nosniff',
    });
    response.end(request.method === 'HEAD' ? undefined : content);
    return true;
  };
}
