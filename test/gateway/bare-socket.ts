import { type ClientOptions, WebSocket } from 'ws';
import { expectSoon, type TinyGateway } from './tiny-gateway.js';

/** A bare socket, so that a client can do what no library does. */
export function connect(tiny: TinyGateway, options: ClientOptions = {}) {
  const socket = new WebSocket(tiny.gateway.url.replace('http', 'ws'), 'graphql-transport-ws', options);
  const messages: Record<string, unknown>[] = [];
  socket.on('message', (data) => messages.push(JSON.parse(String(data))));
  socket.on('error', () => undefined);
  const end = new Promise<[code: number, reason: string]>((resolve) => {
    socket.on('close', (code, reason) => resolve([code, String(reason)]));
  });
  const send = (message: object): void => socket.send(JSON.stringify(message));
  return { socket, messages, end, send };
}

/** One that may send operations. */
export async function acknowledged(tiny: TinyGateway, token?: string, options: ClientOptions = {}) {
  const client = connect(tiny, options);
  client.socket.on('open', () =>
    client.send({
      type: 'connection_init',
      ...(token ? { payload: { authorization: `Bearer ${token}` } } : {}),
    }),
  );
  await expectSoon(() => client.messages).toEqual([{ type: 'connection_ack' }]);
  return client;
}

export const subscribe = (id: string, query = 'subscription { ticks { count } }') => ({
  id,
  type: 'subscribe',
  payload: { query },
});
