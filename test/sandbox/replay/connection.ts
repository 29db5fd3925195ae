import { type IncomingMessage, request } from 'node:http';
import type { Sandbox } from '../../../sandbox/sandbox.js';
import type { RecordedRequest } from './recording.js';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** A request as it was recorded, byte for byte, with the sandbox's credentials. */
export const open = (sandbox: Sandbox, recorded: RecordedRequest, path: string, body: unknown): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(sandbox.url);
    const { authorization: _redacted, ...headers } = recorded.headers;
    const text = body === undefined || body === null ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
    const sent = request(
      {
        hostname,
        port,
        path,
        method: recorded.method,
        headers: {
          ...headers,
          ...authorizationOf(sandbox, recorded.identity),
          ...(text === undefined ? {} : { 'content-length': Buffer.byteLength(text) }),
        },
      },
      resolve,
    );
    sent.on('error', reject);
    sent.end(text);
  });

export const authorizationOf = (sandbox: Sandbox, identity: string | undefined): Record<string, string> => {
  if (identity === 'no credentials') return {};
  if (identity === undefined) return { authorization: `Bearer ${sandbox.token}` };
  return { authorization: 'Bearer not-a-token' };
};

export const readAll = async (message: IncomingMessage): Promise<Answer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return { status: message.statusCode ?? 0, headers: message.headers, text: Buffer.concat(chunks).toString('utf8') };
};
