import { type IncomingMessage, type RequestOptions, request } from 'node:http';
import { request as requestTls } from 'node:https';
import { KubeConfig } from '@kubernetes/client-node';
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
    const { hostname, port, protocol } = new URL(sandbox.url);
    const { authorization: _redacted, ...headers } = recorded.headers;
    const text =
      body === undefined || body === null
        ? undefined
        : typeof body === 'string'
          ? body
          : JSON.stringify(body);
    const options: RequestOptions = {
      hostname,
      port,
      path,
      method: recorded.method,
      headers: {
        ...headers,
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(text === undefined ? {} : { 'content-length': Buffer.byteLength(text) }),
      },
    };
    const sent =
      protocol === 'https:'
        ? requestTls({ ...options, ...tlsOptions(sandbox, token) }, resolve)
        : request(options, resolve);
    sent.on('error', reject);
    sent.end(text);
  });

/** The admin shows the certificate, everybody else only checks that of the server. */
const tlsOptions = (sandbox: Sandbox, token: string | undefined): object => {
  const ca = sandbox.caCertificate;
  if (token !== sandbox.token) return { ca };
  const config = new KubeConfig();
  config.loadFromString(sandbox.certificateKubeconfig ?? '');
  const user = config.getCurrentUser();
  const decode = (data: string | undefined): Buffer => Buffer.from(data ?? '', 'base64');
  return { ca, cert: decode(user?.certData), key: decode(user?.keyData) };
};

/** Asks the sandbox for a token of a service account, as a pod would get one. */
export const requestToken = async (
  sandbox: Sandbox,
  { namespace, account, audiences }: { namespace: string; account: string; audiences?: readonly string[] },
): Promise<string> => {
  const path = `/api/v1/namespaces/${namespace}/serviceaccounts/${account}/token`;
  const headers = { 'content-type': 'application/json' };
  const body = { spec: { ...(audiences ? { audiences } : {}) } };
  const { text } = await readAll(
    await open(sandbox, { method: 'POST', path, headers }, path, body, sandbox.token),
  );
  return (JSON.parse(text) as { status: { token: string } }).status.token;
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
