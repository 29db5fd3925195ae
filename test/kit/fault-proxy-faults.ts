import type { Fault, When } from './fault-proxy.js';

export const everything: When = () => true;
export const watchOf =
  (resource: string): When =>
  ({ url, watch }) =>
    watch && url.pathname.endsWith(`/${resource}`);
/**
 * Reading all that is there: by list, also its further pages, or streamed by a watch (WatchList). Not the question for
 * one object that tells whether the server knows a version.
 */
export const listOf =
  (resource: string): When =>
  ({ method, url, watch }) =>
    method === 'GET' &&
    url.pathname.endsWith(`/${resource}`) &&
    (watch ? url.searchParams.has('sendInitialEvents') : url.searchParams.get('limit') !== '1');
export const anyWatch: When = ({ watch }) => watch;
export const notWatch: When = ({ watch }) => !watch;
/** A container's log. */
export const aLog: When = ({ url }) => url.pathname.endsWith('/log');
export const anExec: When = ({ upgrade }) => upgrade;

/** Nothing, as long as the client waits. */
export const neverAnswer: Fault = () => undefined;

export const delay =
  (ms: number): Fault =>
  (exchange) =>
    void setTimeout(() => exchange.forward(), ms);

/** Breaks the connection before an answer. */
export const cutAtOnce: Fault = (exchange) => exchange.cut();

/** Passes so many bytes of the answer's body, then breaks the connection. */
export const cutAfter =
  (bytes: number): Fault =>
  (exchange) => {
    let left = bytes;
    exchange.forward({
      chunk: (chunk) => {
        const part = chunk.subarray(0, left);
        left -= part.byteLength;
        // Once what was passed on is on its way.
        if (left <= 0) setImmediate(() => exchange.cut());
        return part;
      },
    });
  };

/** Passes so many lines of a watch and half of the next one, then breaks the connection. */
export const cutInLineAfter =
  (lines: number): Fault =>
  (exchange) => {
    let left = lines;
    let done = false;
    exchange.forward({
      chunk: (chunk) => {
        if (done) return null;
        let end = 0;
        while (left > 0) {
          const next = chunk.indexOf(10, end);
          if (next === -1) return chunk;
          end = next + 1;
          left--;
        }
        if (end === chunk.byteLength) return chunk;
        done = true;
        setImmediate(() => exchange.cut());
        return chunk.subarray(0, end + Math.ceil((chunk.byteLength - end) / 2));
      },
    });
  };

/** The API server's answer comes one byte each so many milliseconds. */
export const drip =
  (everyMs: number): Fault =>
  (exchange) => {
    const timer = setInterval(() => {
      if (exchange.open) exchange.write(' ');
      else clearInterval(timer);
    }, everyMs);
    exchange.write('{');
  };

/** An endless answer, as fast as it is read. */
export const flood: Fault = (exchange) => {
  const chunk = Buffer.alloc(256 * 1024, 'x');
  const pour = () => {
    while (exchange.open) if (!exchange.write(chunk)) return exchange.drained(pour);
  };
  exchange.write('{"kind":"');
  pour();
};

/** No fault: a watch with more bookmarks than the API server sends, for clients that soon worry about silence. */
export const withBookmarks =
  (everyMs: number): Fault =>
  (exchange) => {
    let version = exchange.url.searchParams.get('resourceVersion') ?? '0';
    exchange.forward({
      chunk: (chunk) => {
        version = [...chunk.toString('latin1').matchAll(/"resourceVersion":"(\d+)"/g)].at(-1)?.[1] ?? version;
        return chunk;
      },
    });
    const timer = setInterval(() => {
      if (!exchange.open || exchange.halfOpen) clearInterval(timer);
      else if (exchange.status === 200) {
        exchange.write(
          `${JSON.stringify({ type: 'BOOKMARK', object: { metadata: { resourceVersion: version } } })}\n`,
        );
      }
    }, everyMs);
  };

/** A refusal in the API server's form. */
export const refuse =
  (code: number, reason: string, headers: Record<string, string> = {}): Fault =>
  (exchange) =>
    exchange.answer(
      code,
      { 'content-type': 'application/json', ...headers },
      JSON.stringify(statusOf(code, reason)),
    );

export const tooManyRequests = (retryAfterSeconds: number): Fault =>
  refuse(429, 'TooManyRequests', { 'retry-after': String(retryAfterSeconds) });

export const redirectTo =
  (url: string): Fault =>
  (exchange) =>
    exchange.answer(302, { location: url });

/** The last line of a watch whose version was forgotten. */
export const goneEvent = `${JSON.stringify({ type: 'ERROR', object: statusOf(410, 'Expired') })}\n`;

/** A watch that is told in its stream that its version was forgotten. */
export const goneInStream: Fault = (exchange) => {
  exchange.write(goneEvent);
  exchange.end();
};

/** The Date header and nothing else: timestamps in objects stay the API server's. */
export const skewDate =
  (ms: number): Fault =>
  (exchange) =>
    exchange.forward({
      headers: (headers) => ({ ...headers, date: new Date(Date.now() + ms).toUTCString() }),
    });

/** What the API server says, rewritten; meant for answers that come in one piece or whose lines do. */
export const rewrite =
  (change: (text: string) => string | Buffer): Fault =>
  (exchange) =>
    exchange.forward({
      headers: ({ 'content-length': _length, ...headers }) => headers,
      chunk: (chunk) => Buffer.from(change(chunk.toString('utf8'))),
    });

function statusOf(code: number, reason: string): object {
  const message = `injected ${reason}`;
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code };
}
