import { describe, expect, test } from 'vitest';
import { createLogger } from '../../subgraphs/shared/logger.js';
import { serveSubgraph } from '../../subgraphs/shared/subgraph-server.js';
import { callerKey, expectSoon, receive, startTinyGateway, type TinyGateway } from './tiny-gateway.js';
import { deployment } from './tiny-subgraphs.js';

const logger = createLogger({ level: 'silent' });
const progressed = (percent: number) => ({ cursor: `c${percent}`, percent, deployment: deployment('d1') });

/** Stops the process that serves the streams, and starts it again on the same port. */
async function restart(
  tiny: TinyGateway,
  whileDown: () => Promise<void> = async () => undefined,
): Promise<void> {
  const server = tiny.servers.get('deployments');
  if (!server) throw new Error('deployments is not reached over HTTP');
  const port = Number(new URL(server.url).port);
  await server.dispose();
  await expectSoon(() => tiny.subgraphs.streams).toEqual([]);
  await whileDown();
  const next = await serveSubgraph(tiny.subgraphs.get('deployments'), {
    host: '127.0.0.1',
    port,
    key: callerKey,
    logger,
  });
  tiny.servers.set('deployments', next);
}

const streams: Record<
  string,
  { query: string; variables?: Record<string, unknown>; cursorIn: (args: Record<string, any>) => unknown }
> = {
  'with after in a variable': {
    query:
      'subscription ($id: ID!, $after: String) { rollout(deploymentId: $id, after: $after) { ... on RolloutProgressed { percent deployment { project { name } } } } }',
    variables: { id: 'd1', after: 'start' },
    cursorIn: (args) => args['after'],
  },
  'with no after, and an alias': {
    query: 'subscription { r: rollout(deploymentId: "d1") { ... on RolloutProgressed { percent } } }',
    cursorIn: (args) => args['after'],
  },
};

describe('a stream whose subgraph restarts goes on where it broke off', () => {
  test.each(Object.entries(streams))('%s', async (_, { query, variables = {}, cursorIn }) => {
    await using tiny = await startTinyGateway({ mode: 'over HTTP' });
    const received = receive(tiny.socket(), query, variables);
    await expectSoon(() => tiny.subgraphs.streams.length).toBe(1);
    expect(cursorIn(tiny.subgraphs.streams[0]!.args)).toBe(variables['after']);
    tiny.subgraphs.streams[0]?.push(progressed(1));
    tiny.subgraphs.streams[0]?.push(progressed(2));
    await expectSoon(() => received.results).toHaveLength(2);
    // The cursor was asked for by the gateway alone.
    expect(JSON.stringify(received.results)).not.toContain('ursor');
    await restart(tiny);
    await expectSoon(() => tiny.subgraphs.streams.length).toBe(1);
    expect(cursorIn(tiny.subgraphs.streams[0]!.args)).toBe('c2');
    tiny.subgraphs.streams[0]?.push(progressed(3));
    await expectSoon(() => received.results).toHaveLength(3);
    tiny.subgraphs.streams[0]?.end();
    await expectSoon(() => received.ended).toBe('complete');
  });

  test('with after within the input, the rest of which stays', async () => {
    await using tiny = await startTinyGateway({ mode: 'over HTTP' });
    const received = receive(
      tiny.socket(),
      'subscription ($tail: Int = 5) { logs(input: { service: "s", tail: $tail }) { line } }',
    );
    await expectSoon(() => tiny.subgraphs.streams.length).toBe(1);
    expect(tiny.subgraphs.streams[0]?.args).toEqual({ input: { service: 's', tail: 5 } });
    tiny.subgraphs.streams[0]?.push({ cursor: 'l1', line: 'one' });
    await expectSoon(() => received.results).toEqual([{ data: { logs: { line: 'one' } } }]);
    await restart(tiny);
    await expectSoon(() => tiny.subgraphs.streams.length).toBe(1);
    expect(tiny.subgraphs.streams[0]?.args).toEqual({ input: { service: 's', tail: 5, after: 'l1' } });
    received.leave();
    await expectSoon(() => tiny.subgraphs.streams).toEqual([]);
  });
});

test('a stream without a cursor ends with an error when its subgraph goes, never as complete', async () => {
  await using tiny = await startTinyGateway({ mode: 'over HTTP' });
  const received = receive(tiny.socket(), 'subscription { ticks { count } }');
  await expectSoon(() => tiny.subgraphs.streams.length).toBe(1);
  tiny.subgraphs.streams[0]?.push({ count: 1 });
  await expectSoon(() => received.results).toHaveLength(1);
  await restart(tiny, async () => {
    await expectSoon(() => received.ended).toMatchObject({ error: [{ extensions: { code: 'TIMEOUT' } }] });
  });
});

test('a client that leaves while its stream is being resumed leaves nothing behind', async () => {
  await using tiny = await startTinyGateway({ mode: 'over HTTP' });
  const received = receive(tiny.socket(), streams['with no after, and an alias']!.query);
  await expectSoon(() => tiny.subgraphs.streams.length).toBe(1);
  tiny.subgraphs.streams[0]?.push(progressed(1));
  await expectSoon(() => received.results).toHaveLength(1);
  await restart(tiny, async () => {
    await expectSoon(() => tiny.log.join('')).toContain('resuming a stream');
    received.leave();
  });
  const again = receive(tiny.socket(), 'subscription { ticks { count } }');
  await expectSoon(() => tiny.subgraphs.streams.map(({ field }) => field)).toEqual(['ticks']);
  again.leave();
});
