import {
  createServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
  STATUS_CODES,
} from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { ApiError } from '../storage/api.js';
import { forbidden } from '../storage/api-errors.js';
import { reviews } from '../storage/resources.js';
import type { User } from './access/user.js';
import { asApiError, sendError, sendText, statusOf } from './answer.js';
import { negotiate } from './content-negotiation.js';
import { handleDiscovery, isServedGroup, noSuchResource } from './discovery.js';
import { dispatch, methodNotAllowed, verbOf } from './dispatch.js';
import { readBoolean } from './query-options.js';
import { getExisting } from './reads.js';
import { parseRequestPath, type RequestInfo } from './request-info.js';
import type { RequestLog } from './request-log.js';
import type { ResourceRequest } from './resource-request.js';
import { handleReview } from './reviews.js';
import { findServedKind } from './served-kinds.js';
import type { ServerContext } from './server-context.js';
import { handleServerInfo } from './server-info.js';
import { PlainRefusal, RemoteCommands, readRemoteCommand } from './subresources/exec.js';

export interface ApiServer {
  readonly port: number;
  dispose(): Promise<void>;
}

interface Target {
  readonly url: URL;
  readonly info: RequestInfo;
}

const BASE = 'http://sandbox';
const ROOT_PATHS = ['/api', '/api/v1', '/apis', '/healthz', '/livez', '/readyz', '/version'];

/** The Kubernetes API over HTTP on the loopback interface. */
export const startServer = async (context: ServerContext, log: RequestLog, port = 0): Promise<ApiServer> => {
  const remoteCommands = new RemoteCommands();
  const server = createServer((request, response) => {
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

const listen = (server: Server, port: number): Promise<void> =>
  new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject);
      resolve();
    });
  });

const readTarget = (request: IncomingMessage): Target => {
  // A raw path: the URL parser would resolve dot segments, which here are names that must be refused.
  const raw = request.url ?? '/';
  const question = raw.indexOf('?');
  const path = question < 0 ? raw : raw.slice(0, question);
  const url = new URL(question < 0 ? '/' : `/${raw.slice(question)}`, BASE);
  return { url, info: parseRequestPath(path) };
};

const answer = async (
  context: ServerContext,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> => {
  const { url, info } = readTarget(request);
  if (info.kind === 'other') {
    const user = context.access.authenticate(request, undefined);
    answerPath(context, user, request, response, info.path, url.searchParams);
    return;
  }
  const query = url.searchParams;
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
    await dispatch({ ...common, ...named, kind }, verb, request.method ?? 'GET');
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
  if (handleDiscovery(context, request, response, path)) return;
  if (path === '/')
    sendText(response, 200, JSON.stringify({ paths: ROOT_PATHS }), { 'Content-Type': 'application/json' });
  else sendText(response, 404, '404 page not found\n');
};

/** exec and attach: everything is checked before the switch to WebSocket, and refused as plain HTTP. */
const upgrade = (
  context: ServerContext,
  remoteCommands: RemoteCommands,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): void => {
  try {
    const { url, info } = readTarget(request);
    const user = context.access.authenticate(
      request,
      info.kind === 'other' ? undefined : { ...info, verb: 'get' },
    );
    if (
      info.kind === 'other' ||
      info.resource !== 'pods' ||
      (info.subresource !== 'exec' && info.subresource !== 'attach')
    )
      throw new ApiError(400, 'BadRequest', 'only exec and attach of pods can be upgraded');
    context.access.requireResource(user, { ...info, verb: 'get' });
    // Since 1.35 the upgrade of a GET needs the right to create as well.
    if (!context.access.decide(user, { ...info, verb: 'create' }).allowed)
      throw forbidden({ name: 'pods', group: '' }, info.name ?? '', '');
    const kind = findServedKind('', 'v1', 'pods') as ResourceRequest['kind'];
    const pod = getExisting({
      context,
      kind,
      namespace: info.namespace,
      name: info.name ?? '',
    } as ResourceRequest);
    const remote = readRemoteCommand(info.subresource, pod, url.searchParams);
    const protocol = remoteCommands.protocolOf(request);
    if (protocol === undefined) refuse(socket, 403, '', '');
    else remoteCommands.accept(request, socket, head, protocol, remote, context.runtime());
  } catch (error) {
    if (error instanceof PlainRefusal) refuse(socket, error.code, 'text/plain; charset=utf-8', error.message);
    else {
      const known = asApiError(error);
      refuse(socket, known.code, 'application/json', `${JSON.stringify(statusOf(known))}\n`);
    }
  }
};

const refuse = (socket: Duplex, code: number, contentType: string, body: string): void => {
  const type = contentType ? `Content-Type: ${contentType}\r\n` : '';
  socket.end(
    `HTTP/1.1 ${code} ${STATUS_CODES[code] ?? ''}\r\n${type}Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
};
