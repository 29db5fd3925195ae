import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Caller, SignedInCaller } from '../../subgraphs/shared/caller.js';
import { type ErrorCode, NotFoundError } from '../../subgraphs/shared/errors.js';
import type { LogDownload, LogDownloadTokens } from '../../subgraphs/shared/log-download-tokens.js';
import type { Logger } from '../../subgraphs/shared/logger.js';
import { type MaskedResult, maskErrors, StreamErrors } from '../../subgraphs/shared/masked-result.js';
import type { Engine } from '../engine.js';
import { asGraphQLError } from '../graphql-error.js';
import type { ClientAddresses } from '../transport/client-address.js';
import { corsHeaders, type OriginPolicy } from '../transport/origin.js';
import { newRequestId } from '../transport/request-id.js';
import { LogText, type LogTextEvent } from './log-text.js';

export const downloadsPath = '/downloads/logs/';

/** A client that takes nothing for so long is gone. */
const idleMilliseconds = 60_000;

const query = `subscription DownloadLog($input: ServiceLogsInput!) { serviceLogs(input: $input) { __typename
  ... on LogLines { lines { at pod container text partial } } ... on LogGap { reason } } }`;

const statuses: Partial<Record<ErrorCode, number>> = {
  BAD_USER_INPUT: 400,
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  RATE_LIMITED: 429,
  TIMEOUT: 504,
  CLUSTER_UNAVAILABLE: 503,
};

/**
 * Logs as text under links that createLogDownload made: the same stream as `serviceLogs`, through the same engine, as
 * the caller who made the link. So every right is checked anew, the read is audited, and the client's pace holds the
 * cluster back.
 */
export class LogDownloads {
  constructor(
    private readonly parts: {
      readonly engine: Engine;
      readonly tokens: LogDownloadTokens;
      readonly origins: OriginPolicy;
      readonly addresses: ClientAddresses;
      readonly logger: Logger;
    },
  ) {}

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = newRequestId();
    const startedAt = performance.now();
    for (const [name, value] of Object.entries(fixedHeaders)) response.setHeader(name, value);
    response.setHeader('x-request-id', requestId);
    if (!this.parts.origins.allows(request))
      return refuse(response, 403, 'Pages of this origin may not call Meridian.');
    for (const [name, value] of Object.entries(corsHeaders(request))) response.setHeader(name, value);
    if (request.method !== 'GET') {
      response.setHeader('allow', 'GET');
      return refuse(response, 405, 'Fetch it with GET.');
    }
    let caller: Caller = { requestId, userId: null, address: null };
    try {
      const token = request.url?.split('?', 1)[0]?.slice(downloadsPath.length) ?? '';
      const download = await this.parts.tokens.open(token);
      caller = { ...download.caller, requestId, address: this.parts.addresses.of(request) };
      await this.#send(download, caller, startedAt, response);
    } catch (error) {
      const [masked] = maskErrors([asGraphQLError(error)], caller, this.parts.logger);
      const text = masked?.message ?? 'Something went wrong on our side.';
      const code = masked?.extensions?.['code'] as ErrorCode;
      this.parts.logger.info(
        { requestId, userId: caller.userId, errors: [code] },
        'a log download ended early',
      );
      fail(response, statuses[code] ?? 500, text);
    }
  }

  async #send(
    download: LogDownload,
    caller: SignedInCaller,
    startedAt: number,
    response: ServerResponse,
  ): Promise<void> {
    const { engine } = this.parts;
    const prepared = engine.admission.prepareOwn(query, { input: download.input }, caller);
    if ('errors' in prepared) throw prepared.errors[0] ?? new NotFoundError('Download', 'link');
    const { operation, variables } = prepared;
    const events = engine.events(operation, variables, caller);
    response.once('close', () => void events.return?.());
    response.setTimeout(idleMilliseconds, () => response.destroy());
    const text = new LogText();
    for await (const { result } of events) {
      if (response.destroyed) return;
      if (!response.headersSent) {
        response.writeHead(200, attachment(download.name, new Date(startedAt + performance.timeOrigin)));
      }
      const piece = text.of(eventOf(result));
      if (piece !== '' && !response.write(piece)) await room(response);
    }
    engine.requests.log({ transport: 'http', caller, startedAt, operation, errors: undefined });
    response.end();
  }
}

function eventOf({ data, errors }: MaskedResult): LogTextEvent {
  if (errors) throw new StreamErrors(errors);
  return data?.['serviceLogs'] as LogTextEvent;
}

/** Resolves when the client has taken what was written, or has left. */
function room(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      response.off('drain', done);
      response.off('close', done);
      resolve();
    };
    if (response.destroyed) return resolve();
    response.on('drain', done);
    response.on('close', done);
  });
}

const fixedHeaders = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; sandbox",
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

const attachment = (name: string, at: Date): Record<string, string> => ({
  'content-type': 'text/plain; charset=utf-8',
  // The name of a service has no character that would have to be quoted.
  'content-disposition': `attachment; filename="${name}-${at.toISOString().replace(/[:.]/g, '-')}.log"`,
});

function refuse(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' }).end(`${text}\n`);
}

/** Once the text has begun, only a broken connection says that it is not whole. */
function fail(response: ServerResponse, status: number, text: string): void {
  if (response.destroyed) return;
  if (!response.headersSent) refuse(response, status, text);
  else response.write(`\n--- The log ends here: ${text}\n`, () => response.destroy());
}
