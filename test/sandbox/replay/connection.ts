import { type IncomingMessage, request } from 'node:http';
import type { Sandbox } from '../../../sandbox/sandbox.js';
import type { RecordedRequest } from './recording.js';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly text: string;
}

/** A request as it was recorded, byte for byte, with the sandbox's credentials. */
export const open = (
  sandbox: Sandbox,
  recorded: RecordedRequest,
  path: string,
  body: unknown,
  token: string | undefined,
): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(sandbox.url);
    const { authorization: _redacted, ...headers } = recorded.headers;
    const text =
      body === undefined || body === null
        ? undefined
        : typeof body === 'string'
          ? body
          : JSON.stringify(body);
    const sent = request(
      {
        hostname,
        port,
        path,
        method: recorded.method,
        headers: {
          ...headers,
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
          ...(text === undefined ? {} : { 'content-length': Buffer.byteLength(text) }),
        },
      },
      resolve,
    );
    sent.on('error', reject);
    sent.end(text);
  });

/** Asks the sandbox for a token of a service account, as a pod would get one. */
export const requestToken = async (
  sandbox: Sandbox,
  { namespace, account, audiences }: { namespace: string; account: string; audiences?: readonly string[] },
): Promise<string> => {
  const response = await fetch(
    `${sandbox.url}/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`,
    {
      method: 'POST',
      headers: { authorization: `Bearer ${sandbox.token}`, 'content-type': 'application/json' },
      body: JSON.stringify({ spec: { ...(audiences ? { audiences } : {}) } }),
    },
  );
  const { status } = (await response.json()) as { status: { token: string } };
  return status.token;
};

export const readAll = async (message: IncomingMessage): Promise<Answer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return {
    status: message.statusCode ?? 0,
    headers: message.headers,
    text: Buffer.concat(chunks).toString('utf8'),
  };
};
