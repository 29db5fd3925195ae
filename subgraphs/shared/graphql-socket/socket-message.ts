/** An operation, as a client sends it. */
export interface SubscribePayload {
  readonly query: string;
  readonly operationName?: string | null | undefined;
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined;
  readonly extensions?: Readonly<Record<string, unknown>> | null | undefined;
}

/** What a client may send by the graphql-transport-ws protocol (PROTOCOL.md of graphql-ws). */
export type ClientMessage =
  | { readonly type: 'connection_init'; readonly payload: Readonly<Record<string, unknown>> | undefined }
  | { readonly type: 'ping' | 'pong'; readonly payload: Readonly<Record<string, unknown>> | undefined }
  | { readonly type: 'subscribe'; readonly id: string; readonly payload: SubscribePayload }
  | { readonly type: 'complete'; readonly id: string };

/** Undefined for anything else: the protocol wants the socket closed with 4400. */
export function readMessage(text: string): ClientMessage | undefined {
  const message = parsed(text);
  if (!isRecord(message)) return undefined;
  const { type, id, payload } = message;
  switch (type) {
    case 'connection_init':
    case 'ping':
    case 'pong':
      return isOptionalRecord(payload) ? { type, payload: payload ?? undefined } : undefined;
    case 'subscribe':
      return isId(id) && isRequest(payload) ? { type, id, payload } : undefined;
    case 'complete':
      return isId(id) ? { type, id } : undefined;
    default:
      return undefined;
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isOptionalRecord = (value: unknown): value is Record<string, unknown> | null | undefined =>
  value == null || isRecord(value);

const isId = (value: unknown): value is string => typeof value === 'string' && value !== '';

const isRequest = (value: unknown): value is SubscribePayload =>
  isRecord(value) &&
  typeof value['query'] === 'string' &&
  (value['operationName'] == null || typeof value['operationName'] === 'string') &&
  isOptionalRecord(value['variables']) &&
  isOptionalRecord(value['extensions']);
