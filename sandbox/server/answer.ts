import type { ServerResponse } from 'node:http';
import { stringify } from 'yaml';
import { ApiError } from '../storage/api.js';
import type { Accepted } from './content-negotiation.js';

export const statusOf = (error: ApiError): Record<string, unknown> => ({
  kind: 'Status',
  apiVersion: 'v1',
  metadata: error.metadata ?? {},
  status: 'Failure',
  message: error.message,
  ...(error.reason ? { reason: error.reason } : {}),
  ...(error.details ? { details: error.details } : {}),
  code: error.code,
});

/** Anything that is thrown becomes a Status; what is no ApiError is a mistake of the sandbox and says so. */
export const asApiError = (error: unknown): ApiError =>
  error instanceof ApiError
    ? error
    : new ApiError(
        500,
        'InternalError',
        `Internal error occurred: ${error instanceof Error ? error.message : String(error)}`,
      );

export const sendError = (
  response: ServerResponse,
  thrown: unknown,
  format: Accepted['format'] = 'json',
): void => {
  const error = asApiError(thrown);
  const retryAfter = (error.details as { retryAfterSeconds?: number } | undefined)?.retryAfterSeconds;
  if (retryAfter !== undefined) response.setHeader('Retry-After', String(retryAfter));
  sendObject(response, error.code, statusOf(error), format);
};

export const sendObject = (
  response: ServerResponse,
  code: number,
  object: object,
  format: Accepted['format'] = 'json',
): void => {
  send(
    response,
    code,
    `application/${format}`,
    format === 'yaml' ? toYaml(object) : `${JSON.stringify(object)}\n`,
  );
};

/** As Go's YAML writer does it, which leaves the key `.` of managedFields without quotes. */
const toYaml = (object: object): string =>
  stringify(object, {
    version: '1.1',
    indentSeq: false,
    sortMapEntries: true,
    lineWidth: 0,
    aliasDuplicateObjects: false,
  }).replace(/^(\s*)"\.":/gm, '$1.:');

export const sendText = (
  response: ServerResponse,
  code: number,
  text: string,
  more: Record<string, string> = {},
): void => {
  for (const [name, value] of Object.entries(more)) response.setHeader(name, value);
  send(response, code, 'text/plain; charset=utf-8', text);
};

const send = (response: ServerResponse, code: number, contentType: string, text: string): void => {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.setHeader('Cache-Control', 'no-cache, private');
  response.setHeader('Content-Length', Buffer.byteLength(text));
  if (!response.hasHeader('Content-Type')) response.setHeader('Content-Type', contentType);
  response.writeHead(code);
  response.end(text);
};

/** A `Warning` header that kubectl and client-go show to their user. */
export const addWarning = (response: ServerResponse, text: string): void => {
  const value = `299 - "${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`;
  const before = response.getHeader('Warning');
  response.setHeader('Warning', before === undefined ? value : [...[before].flat().map(String), value]);
};
