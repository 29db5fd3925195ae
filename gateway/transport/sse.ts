import type { StreamFraming } from './stream-framing.js';

/** GraphQL over Server-Sent Events, distinct connections mode (PROTOCOL.md of graphql-sse). */
export const serverSentEvents: StreamFraming = {
  transport: 'sse',
  contentType: 'text/event-stream; charset=utf-8',
  methods: ['GET', 'POST'],
  heartbeatMilliseconds: 12_000,
  begin: ':\n\n',
  heartbeat: ':\n\n',
  next: (json) => `event: next\ndata: ${json}\n\n`,
  complete: complete(),
  // The protocol knows no other way to say that an operation failed as a whole.
  fail: (errors) => `event: next\ndata: ${JSON.stringify({ errors })}\n\n${complete()}`,
};

function complete(): string {
  // EventSource passes on no event without data.
  return 'event: complete\ndata: \n\n';
}
