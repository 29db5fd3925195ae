import { describe, expect, it } from 'vitest';
import { readMessage } from './socket-message.js';

describe('a message of a client', () => {
  it.each([
    { type: 'connection_init', payload: undefined },
    { type: 'connection_init', payload: { authorization: 'Bearer x' } },
    { type: 'ping', payload: undefined },
    { type: 'pong', payload: { at: 1 } },
    { type: 'subscribe', id: '__proto__', payload: { query: '{ a }' } },
    {
      type: 'subscribe',
      id: '1',
      payload: { query: 'query A { a }', operationName: 'A', variables: { a: [] }, extensions: {} },
    },
    {
      type: 'subscribe',
      id: '1',
      payload: { query: '', operationName: null, variables: null, extensions: null },
    },
    { type: 'complete', id: '1' },
  ])('is read when it is as the protocol says: $type', (message) => {
    expect(readMessage(JSON.stringify(message))).toEqual(message);
  });

  it('may have null for a payload that it need not have', () => {
    expect(readMessage('{"type":"ping","payload":null}')).toEqual({ type: 'ping', payload: undefined });
  });

  it.each([
    '',
    '{',
    'null',
    '7',
    '[]',
    '{}',
    '{"type":"start","id":"1","payload":{"query":"{ a }"}}',
    '{"type":"next","id":"1","payload":{}}',
    '{"type":"connection_ack"}',
    '{"type":"connection_init","payload":"x"}',
    '{"type":"connection_init","payload":[]}',
    '{"type":"ping","payload":1}',
    '{"type":"subscribe","payload":{"query":"{ a }"}}',
    '{"type":"subscribe","id":"","payload":{"query":"{ a }"}}',
    '{"type":"subscribe","id":1,"payload":{"query":"{ a }"}}',
    '{"type":"subscribe","id":"1"}',
    '{"type":"subscribe","id":"1","payload":{}}',
    '{"type":"subscribe","id":"1","payload":{"query":7}}',
    '{"type":"subscribe","id":"1","payload":{"query":"{ a }","operationName":7}}',
    '{"type":"subscribe","id":"1","payload":{"query":"{ a }","variables":[]}}',
    '{"type":"subscribe","id":"1","payload":{"query":"{ a }","extensions":"x"}}',
    '{"type":"complete"}',
    '{"type":"complete","id":""}',
  ])('is refused when it is not: %s', (text) => {
    expect(readMessage(text)).toBeUndefined();
  });
});
