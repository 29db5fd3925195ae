import type { StreamFraming } from './stream-framing.js';

const boundary = '\r\n--graphql';

/** Closes the part before it at once: a client takes a part when it sees the boundary that follows. */
const part = (json: string): string => `\r\ncontent-type: application/json\r\n\r\n${json}${boundary}`;

/** Subscriptions in parts of one HTTP response, as Apollo Client and Apollo Router speak them (specification 1.0). */
export const multipartSubscription: StreamFraming = {
  transport: 'multipart',
  contentType: 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0',
  methods: ['POST'],
  heartbeatMilliseconds: 5_000,
  begin: boundary,
  heartbeat: part('{}'),
  next: (json) => part(`{"payload":${json}}`),
  complete: '--\r\n',
  fail: (errors) => `${part(JSON.stringify({ payload: null, errors }))}--\r\n`,
};
