import { expect, it } from 'vitest';
import { streamAccepted } from './stream-framing.js';

it.each<[accept: string | undefined, transport: string | undefined, orPlain: boolean | undefined]>([
  [undefined, undefined, undefined],
  ['*/*', undefined, undefined],
  ['application/json', undefined, undefined],
  ['multipart/mixed', undefined, undefined],
  ['multipart/mixed;deferSpec=20220824', undefined, undefined],
  ['multipart/mixed;boundary="graphql";subscriptionSpec="2.0"', undefined, undefined],
  ['text/event-stream', 'sse', false],
  ['Text/Event-Stream; q=0.5', 'sse', false],
  ['text/event-stream;q=0', undefined, undefined],
  ['application/json, text/event-stream', 'sse', true],
  ['text/event-stream, */*', 'sse', true],
  ['multipart/mixed;boundary="graphql";subscriptionSpec="1.0"', 'multipart', false],
  ['multipart/mixed; subscriptionSpec=1.0, application/json', 'multipart', true],
  // Apollo Client's.
  [
    'multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/graphql-response+json,application/json;q=0.9',
    'multipart',
    true,
  ],
])('accept: %s', (accept, transport, orPlain) => {
  const accepted = streamAccepted('POST', accept);
  expect([accepted?.framing.transport, accepted?.orPlain]).toEqual([transport, orPlain]);
});

it('is what its protocol has for the method of the request', () => {
  const accept = 'multipart/mixed;subscriptionSpec=1.0, text/event-stream';
  expect(streamAccepted('POST', accept)?.framing.transport).toBe('multipart');
  expect(streamAccepted('GET', accept)?.framing.transport).toBe('sse');
  expect(streamAccepted('PUT', accept)).toBeUndefined();
});
