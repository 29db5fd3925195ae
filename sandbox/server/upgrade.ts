import { type IncomingMessage, STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { ApiError } from '../storage/api.js';
import { forbidden } from '../storage/api-errors.js';
import { asApiError, statusOf } from './answer.js';
import { getExisting } from './reads.js';
import { readTarget } from './request-target.js';
import type { ResourceRequest } from './resource-request.js';
import { findServedKind } from './served-kinds.js';
import type { ServerContext } from './server-context.js';
import { PlainRefusal, type RemoteCommands, readRemoteCommand } from './subresources/exec.js';
import { portForwardNotServed } from './subresources/port-forward.js';

/** exec and attach: everything is checked before the switch to WebSocket, and refused as plain HTTP. */
export const upgrade = (
  context: ServerContext,
  remoteCommands: RemoteCommands,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): void => {
  try {
    const { query, info } = readTarget(request);
    const user = context.access.authenticate(
      request,
      info.kind === 'other' ? undefined : { ...info, verb: 'get' },
    );
    if (info.kind === 'resource' && info.resource === 'pods' && info.subresource === 'portforward')
      throw portForwardNotServed(info.name ?? '');
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
    const remote = readRemoteCommand(info.subresource, pod, query);
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
