import { expect, test } from 'vitest';
import { RefusedSupergraphError } from '../../gateway/supergraph/generations.js';
import { SteadyLoad } from '../kit/steady-load.js';
import { askOverSocket, expectSoon, modes, receive, startTinyGateway, tokenFor } from './tiny-gateway.js';
import { deployment, type OpenStream, tinySupergraph } from './tiny-subgraphs.js';

const without = 'whoAmI: String\n';
const smaller = () => tinySupergraph({ without });

test('a field that a new supergraph brings is there at once, on each transport and in the schema that is shown', async () => {
  await using tiny = await startTinyGateway({ supergraphSdl: smaller() });
  const token = await tokenFor();
  const client = tiny.socket(token);
  const query = '{ whoAmI }';
  const shown = '{ __type(name: "Query") { fields { name } } }';
  const unknown = expect.objectContaining({
    extensions: expect.objectContaining({ code: 'BAD_USER_INPUT' }),
  });
  expect((await tiny.post(query, { token })).errors).toEqual([unknown]);
  expect((await askOverSocket(client, query)).errors).toEqual([unknown]);
  expect((await tiny.post(shown, { token })).text).not.toContain('whoAmI');

  expect(await tiny.gateway.updateSupergraph(tinySupergraph())).toBe(true);
  expect((await tiny.post(query, { token })).data).toEqual({ whoAmI: 'user_ada' });
  expect((await askOverSocket(client, query)).data).toEqual({ whoAmI: 'user_ada' });
  expect((await tiny.post(shown, { token })).text).toContain('whoAmI');
});

test('what runs during an update ends with the supergraph that it began with', async () => {
  await using tiny = await startTinyGateway();
  let release = (): void => undefined;
  tiny.subgraphs.clusterGate = new Promise<void>((resolve) => {
    release = resolve;
  });
  const query = '{ whoAmI project(id: "p1") { cluster { name } } }';
  const running = tiny.post(query);
  await expectSoon(() => tiny.subgraphs.calls).toEqual(['cluster of p1']);

  await tiny.gateway.updateSupergraph(smaller());
  expect((await tiny.post(query)).errors).toHaveLength(1);
  release();
  const { data, errors } = await running;
  expect([data, errors]).toEqual([
    { whoAmI: null, project: { cluster: { name: 'cluster of p1' } } },
    undefined,
  ]);
});

test('a subscription outlives updates', async () => {
  await using tiny = await startTinyGateway();
  const stream = receive(tiny.socket(), 'subscription { ticks { count project { name } } }');
  await expectSoon(() => tiny.subgraphs.streams.length).toBe(1);
  await tiny.gateway.updateSupergraph(smaller());
  await tiny.gateway.updateSupergraph(tinySupergraph());
  await expectSoon(() => {
    for (const { push } of tiny.subgraphs.streams) push({ count: 1, project: { id: 'p1' } });
    return stream.results.length;
  }).toBeGreaterThan(0);
  expect(stream.results[0]).toEqual({ data: { ticks: { count: 1, project: { name: 'project p1' } } } });
  expect(stream.ended).toBe('open');
});

test.each([
  ['is not GraphQL', () => 'schema {'],
  ['is half of one', () => tinySupergraph().slice(0, tinySupergraph().length / 2)],
  ['is a schema, but of no federation', () => 'type Query { a: Int }'],
  [
    'asks a subgraph for a key that there is not',
    () =>
      tinySupergraph().replace(
        '@join__type(graph: CLUSTERS, key: "id")',
        '@join__type(graph: CLUSTERS, key: "no")',
      ),
  ],
  [
    'names a subgraph without a source',
    () => tinySupergraph().replace('name: "clusters"', 'name: "elsewhere"'),
  ],
])('a supergraph that %s is refused, and the gateway serves on', async (_, broken) => {
  await using tiny = await startTinyGateway();
  await expect(tiny.gateway.updateSupergraph(broken())).rejects.toThrow(RefusedSupergraphError);
  expect((await tiny.post('{ project(id: "p1") { cluster { name } } }')).data).toEqual({
    project: { cluster: { name: 'cluster of p1' } },
  });
  expect((await fetch(new URL('/readyz', tiny.gateway.url))).status).toBe(200);
  // Who brings the supergraph tells of it, once.
  expect(tiny.log.filter((line) => line.includes('"error"'))).toEqual([]);
});

/** Lets every open stream of `rollout` bring the numbers from the one after its cursor up to `percent`. */
function rolloutsUpTo(): (streams: readonly OpenStream[], percent: number) => void {
  const brought = new WeakMap<OpenStream, number>();
  return (streams, percent) => {
    for (const stream of streams) {
      if (stream.field !== 'rollout') continue;
      let last = brought.get(stream) ?? Number(String(stream.args['after'] ?? 'c0').slice(1));
      while (last < percent) {
        last += 1;
        stream.push({ cursor: `c${last}`, percent: last, deployment: deployment('d') });
      }
      brought.set(stream, last);
    }
  };
}

test.each(modes)(
  'updates under 100 subscriptions and 100 requests a second lose none of them, nor an event (GW-9, %s)',
  async (mode) => {
    await using tiny = await startTinyGateway({ mode });
    const { subgraphs, gateway } = tiny;
    const [resumable, plain] = [
      tiny.socket(await tokenFor()),
      tiny.socket(await tokenFor({ userId: 'user_bob' })),
    ];
    const rollouts = Array.from({ length: 50 }, (_, n) =>
      receive(
        resumable,
        'subscription ($id: ID!) { rollout(deploymentId: $id) { ... on RolloutProgressed { percent deployment { project { name } } } } }',
        { id: `d${n}` },
      ),
    );
    const ticks = Array.from({ length: 50 }, (_, n) =>
      receive(plain, 'subscription ($name: String) { ticks(name: $name) { count } }', { name: `t${n}` }),
    );
    await expectSoon(() => subgraphs.streams.length).toBe(100);
    const query = '{ project(id: "p1") { name cluster { name } } }';
    const load = new SteadyLoad(100, () => tiny.post(query), 10);
    const bring = rolloutsUpTo();
    const received = () => [...rollouts, ...ticks].map(({ results }) => results.length);
    let events = 0;
    let stopped = false;
    const beat = setInterval(() => {
      // A machine that can't carry ten in a second gets what it can.
      if (!stopped && Math.min(...received()) >= events - 5) {
        events += 1;
        for (const { field, push } of subgraphs.streams) if (field === 'ticks') push({ count: events });
      }
      // Also those that are taken up again after the last event.
      bring(subgraphs.streams, events);
    }, 100);

    for (const supergraph of [smaller(), tinySupergraph()]) {
      const resumed = subgraphs.opened('rollout').length + rollouts.length;
      const answered = load.answers.length + 50;
      expect(await gateway.updateSupergraph(supergraph)).toBe(true);
      await expect(gateway.updateSupergraph('type Query {')).rejects.toThrow(RefusedSupergraphError);
      // Each is taken up again, at a moment of its own.
      await expectSoon(() => subgraphs.opened('rollout').length).toBeGreaterThanOrEqual(resumed);
      await expectSoon(() => load.answers.length).toBeGreaterThan(answered);
    }
    stopped = true;
    await load.stop();
    await expectSoon(received).toEqual(Array.from({ length: 100 }, () => events));
    clearInterval(beat);

    expect(load.failures).toEqual([]);
    const whole = { project: { name: 'project p1', cluster: { name: 'cluster of p1' } } };
    expect(load.answers.filter(({ status, errors }) => status !== 200 || errors)).toEqual([]);
    expect(load.answers.filter(({ data }) => JSON.stringify(data) !== JSON.stringify(whole))).toEqual([]);
    const numbers = Array.from({ length: events }, (_, index) => index + 1);
    for (const { results, ended } of rollouts) {
      expect(ended).toBe('open');
      expect(results.map(({ data }) => (data as any).rollout.percent)).toEqual(numbers);
    }
    for (const { results, ended } of ticks) {
      expect(ended).toBe('open');
      expect(results.map(({ data }) => (data as any).ticks.count)).toEqual(numbers);
    }
  },
);
