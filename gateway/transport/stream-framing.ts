import type { AnyError } from '../../subgraphs/shared/masked-result.js';
import { multipartSubscription } from './multipart.js';
import type { Transport } from './request-log.js';
import { serverSentEvents } from './sse.js';

/** How a stream of results is written into the body of one HTTP response. */
export interface StreamFraming {
  readonly transport: Transport;
  readonly contentType: string;
  /** Of the requests that its protocol knows. */
  readonly methods: readonly string[];
  /** How often something is sent when nothing happens: proxies cut silent connections. */
  readonly heartbeatMilliseconds: number;
  /** Sent at once, so that the client knows that it is connected. */
  readonly begin: string;
  readonly heartbeat: string;
  next(json: string): string;
  readonly complete: string;
  /** Ends the stream as failed, with masked errors. */
  fail(errors: readonly AnyError[]): string;
}

export interface AcceptedStream {
  readonly framing: StreamFraming;
  /** The client takes a plain result too: only a subscription is streamed to it. */
  readonly orPlain: boolean;
}

/** The stream that a request with this `accept` header asks for, if any. */
export function streamAccepted(method: string, accept: string | undefined): AcceptedStream | undefined {
  // Without either word, which is nearly always, there is nothing to read.
  if (!accept || !/event-stream|subscriptionspec/i.test(accept)) return undefined;
  const types = accept
    .toLowerCase()
    .split(',')
    .map((range) => range.split(';').map((text) => text.trim().replaceAll('"', '')));
  const framing = types.map(framingOf).find((found) => found?.methods.includes(method));
  return framing && { framing, orPlain: types.some(([type = '']) => plainTypes.has(type)) };
}

const plainTypes = new Set(['application/json', 'application/graphql-response+json', 'application/*', '*/*']);

function framingOf([type, ...parameters]: readonly string[]): StreamFraming | undefined {
  if (parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter))) return undefined;
  if (type === 'text/event-stream') return serverSentEvents;
  return type === 'multipart/mixed' && parameters.includes('subscriptionspec=1.0')
    ? multipartSubscription
    : undefined;
}
