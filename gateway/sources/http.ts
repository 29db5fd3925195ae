import { Client, type Dispatcher, Pool } from 'undici';
import { callerContextHeader, signCallerContext } from '../../subgraphs/shared/caller-context.js';
import { TimeoutError } from '../../subgraphs/shared/errors.js';
import type { Readiness } from '../../subgraphs/shared/subgraph.js';
import { requestBody } from '../../subgraphs/shared/subgraph-execution.js';
import { SubgraphStreams } from '../../subgraphs/shared/subgraph-streams.js';
import { ClosedUnansweredError, type HttpAnswer, KeptConnection, post } from './http-post.js';
import { Silence } from './silence.js';
import type { RequestScope, SubgraphFetch, SubgraphResult, SubgraphSource } from './source.js';

export interface HttpSourceOptions {
  readonly name: string;
  /** Of the subgraph's GraphQL endpoint, such as `http://clusters:4002/graphql`. */
  readonly url: string;
  /** 32 bytes: `deriveKey(secretKey, 'caller-context')`. */
  readonly key: Uint8Array;
  /**
   * How long a subgraph may be silent before it counts as hung, in milliseconds. One that works on something slow
   * sends blanks meanwhile; the deadline of the whole request bounds it.
   */
  readonly silenceMilliseconds?: number;
  readonly maxResponseBytes?: number;
}

/** Connections to one subgraph; each carries one request at a time. */
const connections = 64;

const jsonHeaders = ['content-type', 'application/json', 'accept', 'application/json'];

/**
 * A subgraph of another process: HTTP for queries and mutations, graphql-transport-ws for subscriptions.
 * A query whose kept connection turns out to be closed is sent once more, over a fresh one; a mutation never is.
 */
export function httpSource(options: HttpSourceOptions): SubgraphSource {
  const { name, url, key, silenceMilliseconds = 5_000, maxResponseBytes = 10 * 1_024 * 1_024 } = options;
  const { origin, pathname } = new URL(url);
  const connection = {
    pipelining: 1,
    connect: { timeout: silenceMilliseconds },
    headersTimeout: silenceMilliseconds,
    bodyTimeout: silenceMilliseconds,
    maxResponseSize: maxResponseBytes,
  };
  const pool = new Pool(origin, {
    ...connection,
    connections,
    factory: (to, settings) => new KeptConnection(to, settings),
  });
  const silence = new Silence(silenceMilliseconds);
  const streams = new SubgraphStreams({ name, url, key });

  return { name, execute, subscribe: (request, scope) => streams.subscribe(request, scope), ready, dispose };

  async function execute(request: SubgraphFetch, { caller, signal }: RequestScope): Promise<SubgraphResult> {
    const body = request.body ?? requestBody(request);
    const send = (dispatcher: Dispatcher): Promise<HttpAnswer> => {
      // A context of its own for each: a subgraph takes none twice.
      const token = signCallerContext(caller, { key, audience: name, body });
      return post(dispatcher, pathname, [...jsonHeaders, callerContextHeader, token], body, signal, silence);
    };
    try {
      const { status, text } = await send(pool).catch((error: unknown) => {
        if (!request.repeatable || !(error instanceof ClosedUnansweredError)) throw error;
        return sendOverFresh(send);
      });
      // undici follows no redirect: a 3xx is an answer without data.
      if (status !== 200) throw new Error(`the subgraph answered ${status}`);
      return readResult(text);
    } catch (error) {
      throw signal.aborted ? signal.reason : asTimeout(error);
    }
  }

  /** Other kept connections may be as stale as the one that was closed. */
  async function sendOverFresh(send: (dispatcher: Dispatcher) => Promise<HttpAnswer>): Promise<HttpAnswer> {
    const fresh = new Client(origin, connection);
    try {
      return await send(fresh);
    } finally {
      await fresh.destroy();
    }
  }

  async function ready(): Promise<Readiness> {
    try {
      const { statusCode, body } = await pool.request({ method: 'GET', path: '/readyz' });
      const text = await body.text();
      if (statusCode === 200) return { ready: true };
      const { reason } = JSON.parse(text) as Readiness;
      return { ready: false, reason: typeof reason === 'string' ? reason : 'not ready' };
    } catch {
      return { ready: false, reason: 'does not answer' };
    }
  }

  async function dispose(): Promise<void> {
    streams.dispose();
    await pool.destroy();
  }
}

/** Refuses what is not a GraphQL answer; it may come from a proxy in between. */
function readResult(text: string): SubgraphResult {
  const result: unknown = JSON.parse(text);
  if (typeof result !== 'object' || result === null) throw new Error('the subgraph answered no JSON object');
  const { data, errors } = result as { data?: unknown; errors?: unknown };
  const dataFits = data === undefined || (typeof data === 'object' && !Array.isArray(data));
  const errorsFit =
    errors === undefined ||
    (Array.isArray(errors) && errors.every((error) => typeof (error as Error | null)?.message === 'string'));
  if (!dataFits || !errorsFit || (data === undefined && errors === undefined)) {
    throw new Error('the subgraph answered neither data nor errors');
  }
  return result as SubgraphResult;
}

const timeoutCodes = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT', 'UND_ERR_CONNECT_TIMEOUT']);

const asTimeout = (error: unknown): unknown =>
  error instanceof Error && 'code' in error && timeoutCodes.has(String(error.code))
    ? new TimeoutError('A part of Meridian did not answer in time. Try again in a moment.')
    : error;
