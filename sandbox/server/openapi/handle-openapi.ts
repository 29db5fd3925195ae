import type { IncomingMessage, ServerResponse } from 'node:http';
import { sendError, sendObject, sendText } from '../answer.js';
import { notAcceptable, parseAccept } from '../content-negotiation.js';
import type { ServerContext } from '../server-context.js';

const V3 = '/openapi/v3';
const JSON_TYPES = new Set(['application/json', '*/*', 'application/*']);

/** `/openapi/v2` and `/openapi/v3`. False when the path is neither. */
export const handleOpenApi = (
  { openApi, version }: ServerContext,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): boolean => {
  if (path !== '/openapi/v2' && path !== V3 && !path.startsWith(`${V3}/`)) return false;
  if (!parseAccept(request.headers.accept).some(({ type }) => JSON_TYPES.has(type))) {
    sendError(response, notAcceptable('only the following media types are accepted: application/json'));
    return true;
  }
  if (path === '/openapi/v2') sendObject(response, 200, minimalV2(version));
  else if (path === V3) sendText(response, 200, JSON.stringify(openApi.index()));
  else {
    const document = openApi.find(path.slice(V3.length + 1));
    if (!document) sendText(response, 404, '404 page not found\n');
    else
      sendText(response, 200, document.text, {
        'Content-Type': 'application/json',
        ETag: `"${document.hash}"`,
      });
  }
  return true;
};

/** Clients that still ask for it find no types there, and go by version 3 or by what they have built in. */
const minimalV2 = (version: string): object => ({
  swagger: '2.0',
  info: { title: 'Kubernetes', version },
  paths: {},
  definitions: {},
});
