import type { IncomingMessage } from 'node:http';
import type { WebSocket } from 'ws';

const longestRefusalBytes = 64 * 1024;

/**
 * Resolves when a WebSocket that is connecting is open. Rejects with what `refused` makes of an answer that is no
 * upgrade (redirects are not followed: they come here as well), with the socket's error, or with the signal's reason;
 * the socket is closed then.
 */
export function opened(
  socket: WebSocket,
  signal: AbortSignal,
  refused: (response: IncomingMessage, text: string) => Error,
): Promise<void> {
  return new Promise<void>((resolve, reject) => {
    const leave = () => {
      reject(signal.reason as Error);
      socket.terminate();
    };
    const settle = () => signal.removeEventListener('abort', leave);
    if (signal.aborted) return leave();
    signal.addEventListener('abort', leave, { once: true });
    socket.once('open', () => {
      settle();
      resolve();
    });
    socket.once('error', (error) => {
      settle();
      reject(error);
    });
    socket.once('unexpected-response', (request, response) => {
      void readText(response).then((text) => {
        settle();
        reject(refused(response, text));
        request.destroy();
        socket.terminate();
      });
    });
  });
}

/** What came is enough to tell why: an answer that breaks off is no error. */
async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.byteLength;
      if (bytes > longestRefusalBytes) break;
    }
  } catch {}
  return Buffer.concat(chunks).toString('utf8');
}
