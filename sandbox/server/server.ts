import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { reviews } from '../storage/reviewed-kinds.js';
import { escalationCheck } from './access/escalation.js';
import type { User } from './access/user.js';
import { handleExtension } from './aggregation/handle-extension.js';
import { sendError, sendText } from './answer.js';
import { negotiate } from './content-negotiation.js';
import { handleDiscovery, noSuchResource } from './discovery.js';
import { dispatch, methodNotAllowed, verbOf } from './dispatch.js';
import { handleOpenApi } from './openapi/handle-openapi.js';
import { readBoolean } from './query-options.js';
import type { RequestLog } from './request-log.js';
import { readTarget } from './request-target.js';
import { handleReview } from './reviews.js';
import { isServedGroup } from './served-groups.js';
import { findServedKind } from './served-kinds.js';
import type { ServerContext } from './server-context.js';
import { handleServerInfo } from './server-info.js';
import { RemoteCommands } from './subresources/exec.js';
import { upgrade } from './upgrade.js';

export interface ServerTls {
  readonly certificate: string;
  readonly key: string;
  /** Whose client certificates are believed. */
  readonly clientAuthority: string;
}

export interface ServerOptions {
  /** 0, the default, takes a free one. */
  readonly port?: number | undefined;
  /** Undefined: plain HTTP. */
  readonly tls?: ServerTls | undefined;
}

export interface ApiServer {
  readonly port: number;
  dispose(): Promise<void>;
}

const ROOT_PATHS = [
  '/api',
  '/api/v1',
  '/apis',
  '/healthz',
  '/livez',
  '/openapi/v2',
  '/openapi/v3',
  '/readyz',
  '/version',
];

/** The Kubernetes API over HTTP or HTTPS on the loopback interface. */
export const startServer = async (
  context: ServerContext,
  log: RequestLog,
  { port = 0, tls }: ServerOptions = {},
): Promise<ApiServer> => {
  const remoteCommands = new RemoteCommands();
  const server = newServer(tls, (request, response) => {
    const end = log.begin(request);
    response.once('close', end);
    answer(context, request, response).catch((error: unknown) => sendError(response, error));
  });
  // Watches and followed logs stay open for as long as their client wants.
  server.requestTimeout = 0;
  server.keepAliveTimeout = 60_000;
  server.on('upgrade', (request, socket, head) => {
    socket.once('close', log.begin(request));
    socket.on('error', () => socket.destroy());
    upgrade(context, remoteCommands, request, socket, head);
  });
  await listen(server, port);
  return {
    port: (server.address() as AddressInfo).port,
    dispose: () =>
      new Promise((resolve) => {
        remoteCommands.dispose();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
};

/** A client need not show a certificate, and one that is not good is answered 401 instead of cut off. */
const newServer = (tls: ServerTls | undefined, listener: RequestListener): Server =>
  tls
    ? createTlsServer(
        {
          cert: tls.certificate,
          key: tls.key,
          ca: tls.clientAuthority,
          requestCert: true,
          rejectUnauthorized: false,
        },
        listener,
      )
    : createServer(listener);

const listen = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });

const answer = async (
  context: ServerContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  const { query, info } = readTarget(request);
  if (info.kind === 'other') {
    const user = context.access.authenticate(request, undefined);
    answerPath(context, user, request, response, info.path, query);
    return;
  }
  const isWatch =
    (info.isWatchPath || (readBoolean(query.get('watch')) ?? false)) && request.method === 'GET';
  const watches = isWatch && (info.name === undefined || info.isWatchPath) && info.subresource === undefined;
  const verb = verbOf(request.method ?? 'GET', info.name !== undefined, watches);
  const attributes = { ...info, verb: verb ?? (request.method ?? '').toLowerCase() };
  const user = context.access.authenticate(request, attributes);
  context.access.requireResource(user, attributes);
  const review = reviews.find(
    ({ name, group, version }) => name === info.resource && group === info.group && version === info.version,
  );
  const kind = findServedKind(info.group, info.version, info.resource);
  if (!kind && !review) {
    if (handleExtension({ context, request, response, query }, info, attributes.verb)) return;
    if (info.group !== '' && !isServedGroup(info.group)) sendText(response, 404, '404 page not found\n');
    else throw noSuchResource();
    return;
  }
  if (verb === undefined) throw methodNotAllowed();
  const accepted = negotiate(info.subresource === 'log' ? undefined : request.headers.accept);
  const common = { context, request, response, user, query, accepted, namespace: info.namespace };
  const named = { name: info.name ?? '', subresource: info.subresource };
  if (review) {
    if (verb !== 'create') throw methodNotAllowed();
    await handleReview({ ...common, ...named, review });
  } else if (kind) {
    if (
      kind.resource.namespaced &&
      info.namespace === undefined &&
      (info.name !== undefined || verb === 'create')
    )
      throw info.name === undefined ? methodNotAllowed() : noSuchResource();
    const registry = context.registry.admitting(escalationCheck(context.registry.store, user));
    await dispatch(
      { ...common, ...named, kind, context: { ...context, registry } },
      verb,
      request.method ?? 'GET',
    );
  }
};

const answerPath = (
  context: ServerContext,
  user: User,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
  query: URLSearchParams,
): void => {
  context.access.requirePath(user, path, (request.method ?? 'GET').toLowerCase());
  if (handleServerInfo(context, response, path, query)) return;
  if (handleOpenApi(context, request, response, path)) return;
  if (handleDiscovery(context, request, response, path)) return;
  if (path === '/')
    sendText(response, 200, JSON.stringify({ paths: ROOT_PATHS }), { 'Content-Type': 'application/json' });
  else sendText(response, 404, '404 page not found\n');
};
