import { type Client, createClient } from 'graphql-ws';
import WebSocket from 'ws';

type Data = any;

export interface GraphqlAnswer {
  status: number;
  data: Data;
  errors?: {
    message: string;
    path?: (string | number)[];
    extensions: Record<string, unknown> & { code: string };
  }[];
}

/** One user at the front door: HTTP for queries and mutations, the real graphql-ws client for subscriptions. */
export class GraphqlClient {
  #socket: Client | undefined;
  /** Which class sockets are of, for a test that breaks them. */
  webSocket: unknown = WebSocket;

  constructor(
    readonly url: string,
    readonly token: string | null,
    /** Told the text of every answer, to search it for secrets. */
    private readonly onAnswer: (text: string) => void = () => undefined,
  ) {}

  /** The answer as it is, errors included. */
  async send(
    query: string,
    variables: object = {},
    headers: Record<string, string> = {},
  ): Promise<GraphqlAnswer> {
    const response = await fetch(this.url, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(this.token ? { authorization: `Bearer ${this.token}` } : {}),
        ...headers,
      },
      body: JSON.stringify({ query, variables }),
    });
    const text = await response.text();
    this.onAnswer(text);
    return { status: response.status, ...(JSON.parse(text) as Omit<GraphqlAnswer, 'status'>) };
  }

  /** The data of an answer without errors. */
  async query(query: string, variables: object = {}): Promise<Data> {
    const { data, errors } = await this.send(query, variables);
    if (errors) throw new Error(`${JSON.stringify(errors, null, 1)}\n${query}`);
    return data;
  }

  /** The payload of a mutation that was done: the only root field, without user errors. */
  async mutate(query: string, variables: object = {}): Promise<Data> {
    const data = await this.query(query, variables);
    const payload = Object.values(data)[0] as { userErrors?: unknown[] };
    if (payload.userErrors?.length) throw new Error(`${JSON.stringify(payload.userErrors)}\n${query}`);
    return payload;
  }

  /** The events of a subscription, each the value of its root field. Errors of an event are thrown. */
  async *subscribe(query: string, variables: object = {}): AsyncGenerator<Data> {
    const iterator = this.socket.iterate<Record<string, unknown>>({
      query,
      variables: variables as Record<string, unknown>,
    });
    try {
      for await (const result of iterator) {
        if (result.errors) throw new SubscriptionError(result.errors as GraphqlAnswer['errors'] & object);
        yield Object.values(result.data ?? {})[0];
      }
    } catch (error) {
      // graphql-ws rejects with the bare list of an `error` message.
      throw Array.isArray(error) ? new SubscriptionError(error) : error;
    }
  }

  /** The socket, opened when first used. */
  get socket(): Client {
    this.#socket ??= createClient({
      url: this.url.replace(/^http/, 'ws'),
      webSocketImpl: this.webSocket,
      connectionParams: this.token ? { authorization: `Bearer ${this.token}` } : {},
      retryAttempts: 0,
      on: { message: (message) => message.type === 'next' && this.onAnswer(JSON.stringify(message)) },
    });
    return this.#socket;
  }

  async dispose(): Promise<void> {
    await this.#socket?.dispose();
  }
}

/** Errors that came as (or within) an event of a subscription. */
export class SubscriptionError extends Error {
  constructor(readonly errors: NonNullable<GraphqlAnswer['errors']>) {
    super(JSON.stringify(errors));
  }

  get code(): string | undefined {
    return this.errors[0]?.extensions.code;
  }
}
