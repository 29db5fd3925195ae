import { text } from 'node:stream/consumers';
import { Agent, request } from 'undici';
import { afterEach, expect, test, vi } from 'vitest';
import { engineLimits } from '../../gateway/engine.js';
import { httpSource } from '../../gateway/sources/http.js';
import { heldBytes, mebibyte } from '../kit/memory.js';
import { fakeSubgraph } from './fake-subgraph.js';
import { type Answer, callerKey, expectSoon, startTinyGateway } from './tiny-gateway.js';

const bothParts = 'query ($id: ID!) { project(id: $id) { name cluster { name } } }';
/** To send a thousand requests. */
const patience = 180_000;
/** For each another fetch, so that none is merged with another. */
const variables = (id: number) => ({ variables: { id: `p${id}` } });
const withoutCluster = (id: number) => ({ project: { name: `project p${id}`, cluster: null } });
const timeOut = { path: ['project', 'cluster'], extensions: { code: 'TIMEOUT' } };
const source = (url: string, silenceMilliseconds?: number) =>
  httpSource({ name: 'clusters', url, key: callerKey, ...(silenceMilliseconds && { silenceMilliseconds }) });

/** Waits for a connection and for an answer as long as it takes, where `fetch` gives up a connection after 10 s. */
class PatientClient {
  readonly #dispatcher = new Agent({ connect: { timeout: 0 }, headersTimeout: 0, bodyTimeout: 0 });

  constructor(private readonly url: string) {}

  async post(query: string, options: { variables: object }): Promise<{ status: number; errors?: unknown }> {
    const { statusCode, body } = await request(this.url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, ...options }),
      dispatcher: this.#dispatcher,
    });
    return { status: statusCode, ...((await body.json()) as object) };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#dispatcher.destroy();
  }
}

afterEach(() => {
  vi.useRealTimers();
});

test('the fields of a subgraph that hangs are TIMEOUT after five seconds, and the others are there (GW-3)', async () => {
  await using fake = await fakeSubgraph(() => undefined);
  await using tiny = await startTinyGateway({ sources: [source(fake.url)] });
  // A clock of the same event loop: it is as late as the gateway's when the machine is busy.
  let ticks = 0;
  const ticking = setInterval(() => {
    ticks += 1;
  }, 100);
  const { data, errors } = await tiny.post(bothParts, variables(1)).finally(() => clearInterval(ticking));
  expect(data).toEqual(withoutCluster(1));
  expect(errors).toMatchObject([timeOut]);
  // undici looks at its timers about twice a second.
  expect(ticks).toBeLessThan(70);
});

test('behind a thousand that wait new requests are refused, and cost no memory (GW-3)', {
  timeout: 2 * patience,
}, async () => {
  let release: (value?: unknown) => void = () => undefined;
  const released = new Promise((resolve) => {
    release = resolve;
  });
  await using fake = await fakeSubgraph((request, response) => {
    void text(request).then(async (body) => {
      const { variables } = JSON.parse(body) as { variables: { representations: object[] } };
      await released;
      const entities = variables.representations.map(() => ({
        __typename: 'Project',
        cluster: { name: 'here' },
      }));
      response.end(JSON.stringify({ data: { _entities: entities } }));
    });
  });
  // However long it takes this machine to send a thousand requests: nobody gives up.
  await using tiny = await startTinyGateway({ sources: [source(fake.url, 3_600_000)] });
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  const limit = engineLimits.runningOperations;
  await using patient = new PatientClient(tiny.gateway.url);
  const waiting = Array.from({ length: limit }, (_, id) => patient.post(bothParts, variables(id)));
  await expectSoon(async () => (await tiny.post('{ whoAmI }')).status, { timeout: patience }).toBe(429);

  const refused: Answer[] = [];
  /** A hundred of them are three times what memory may grow by. */
  const padding = 'x'.repeat(500_000);
  const refuse = async (count: number): Promise<void> => {
    const options = { variables: { padding } };
    const asking = Array.from({ length: count }, () => tiny.post('{ whoAmI }', options));
    refused.push(...(await Promise.all(asking)));
  };
  await refuse(10);
  const before = await heldBytes();
  for (let n = 0; n < 10; n++) await refuse(10);
  await expectSoon(async () => (await heldBytes()) - before, { timeout: 20_000 }).toBeLessThan(16 * mebibyte);
  for (const { status, data, errors, headers } of refused) {
    expect(status).toBe(429);
    expect(headers.get('retry-after')).toBe('1');
    expect(data).toBeUndefined();
    expect(errors).toMatchObject([{ extensions: { code: 'RATE_LIMITED', retryAfterSeconds: 1 } }]);
  }

  release();
  const answers = await Promise.all(waiting);
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(limit);
  expect(answers.filter(({ errors }) => errors)).toEqual([]);
  expect((await tiny.post('{ whoAmI }')).status).toBe(200);
  vi.useRealTimers();
});
