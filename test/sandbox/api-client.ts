import { type IncomingMessage, request } from 'node:http';
import type { Sandbox } from '../../sandbox/sandbox.js';

export interface ClientAnswer {
  readonly code: number;
  readonly body: any;
}

/** Plain requests to a sandbox, as kubectl would shape them. */
export class ApiClient {
  constructor(
    private readonly sandbox: Sandbox,
    private readonly token: string | undefined = sandbox.token,
  ) {}

  get = (path: string): Promise<ClientAnswer> => this.ask('GET', path);
  post = (path: string, body: unknown): Promise<ClientAnswer> => this.ask('POST', path, body);
  delete = (path: string, body?: unknown): Promise<ClientAnswer> => this.ask('DELETE', path, body);
  patch = (path: string, body: unknown, type = 'merge-patch'): Promise<ClientAnswer> =>
    this.ask('PATCH', path, body, `application/${type}${type === 'apply-patch' ? '+yaml' : '+json'}`);

  async status(method: string, path: string, body?: unknown): Promise<number> {
    return (await this.ask(method, path, body)).code;
  }

  /** The path goes out byte for byte. */
  async open(
    method: string,
    path: string,
    body?: unknown,
    contentType = 'application/json',
  ): Promise<IncomingMessage> {
    const { hostname, port } = new URL(this.sandbox.url);
    const text = body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body);
    const headers = {
      ...(this.token ? { authorization: `Bearer ${this.token}` } : {}),
      ...(text === undefined
        ? {}
        : { 'content-type': contentType, 'content-length': Buffer.byteLength(text) }),
    };
    return new Promise((resolve, reject) => {
      const sent = request({ hostname, port, path, method, headers }, resolve);
      sent.on('error', reject);
      sent.end(text);
    });
  }

  /** Resolves when the stream is open; returns what closes it. */
  async watch(path: string, listener: (event: any) => void): Promise<() => void> {
    const stream = await this.open('GET', path);
    stream.setEncoding('utf8');
    stream.on('error', () => undefined);
    let rest = '';
    stream.on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      for (const line of lines) listener(JSON.parse(line));
    });
    return () => stream.destroy();
  }

  private async ask(
    method: string,
    path: string,
    body?: unknown,
    contentType?: string,
  ): Promise<ClientAnswer> {
    const message = await this.open(method, path, body, contentType);
    let text = '';
    message.setEncoding('utf8');
    for await (const piece of message) text += piece;
    const isJson = String(message.headers['content-type']).startsWith('application/json');
    return { code: message.statusCode ?? 0, body: isJson && text ? JSON.parse(text) : text };
  }
}
