import { expect, test } from 'vitest';
import { expectSoon, receive, startTinyGateway } from './tiny-gateway.js';
import { deployment, tinySupergraph } from './tiny-subgraphs.js';

const rollout = `subscription { rollout(deploymentId: "d1") {
  ... on RolloutProgressed { percent deployment { project { name } } } } }`;
const progressed = (percent: number) => ({ cursor: `c${percent}`, percent, deployment: deployment('d1') });

/** Whatever is spread over seconds comes at once. */
const start = () => startTinyGateway({ dependencies: { random: () => 0 } });

/** Without what is skipped, neither its variable nor its fragment is used. */
const partOfRollout = `subscription ($brief: Boolean!) { rollout(deploymentId: "d1") {
    ... on RolloutProgressed { percent deployment { project { name ...More @skip(if: $brief) } } } } }
  fragment More on Project { id }`;

test.each([
  ['whole', rollout, {}],
  ['with a part skipped', partOfRollout, { brief: true }],
])(
  'streams are taken up at their cursors with the plan of a new schema, shared as before: %s',
  async (_, query, variables) => {
    await using tiny = await start();
    const viewers = [receive(tiny.socket(), query, variables), receive(tiny.socket(), query, variables)];
    await expectSoon(() => tiny.gateway.subscriptions).toEqual({ subscriptions: 2, upstreams: 1 });
    const [before] = tiny.subgraphs.streams;
    before?.push(progressed(1));
    await expectSoon(() => viewers.map(({ results }) => results.length)).toEqual([1, 1]);

    await tiny.gateway.updateSupergraph(tinySupergraph({ without: 'whoAmI: String\n' }));
    await expectSoon(() => tiny.subgraphs.streams.map(({ args }) => args['after'])).toEqual(['c1']);
    expect(tiny.gateway.subscriptions).toEqual({ subscriptions: 2, upstreams: 1 });
    tiny.subgraphs.streams[0]?.push(progressed(2));
    await expectSoon(() => viewers.map(({ results }) => results)).toEqual(
      viewers.map(() =>
        [1, 2].map((percent) => ({
          data: { rollout: { percent, deployment: { project: { name: 'project p-of-d1' } } } },
        })),
      ),
    );
    expect(viewers.map(({ ended }) => ended)).toEqual(['open', 'open']);
  },
);

test('a subscription that a new schema does not allow ends with an error that says so; others go on', async () => {
  await using tiny = await start();
  const client = tiny.socket();
  const fitting = receive(client, rollout);
  await expectSoon(() => tiny.subgraphs.streams.length).toBe(1);
  const unfitting = receive(client, 'subscription { ticks { count } }');
  await expectSoon(() => tiny.subgraphs.streams.length).toBe(2);
  await tiny.gateway.updateSupergraph(tinySupergraph({ without: 'count: Int! ' }));
  await expectSoon(() => unfitting.ended).toMatchObject({
    error: [
      {
        message: expect.stringContaining('The schema has changed, and this subscription no longer fits it: '),
        extensions: { code: 'BAD_USER_INPUT' },
      },
    ],
  });
  await expectSoon(() => tiny.subgraphs.streams.map(({ field }) => field)).toEqual(['rollout']);
  tiny.subgraphs.streams[0]?.push(progressed(1));
  await expectSoon(() => fitting.results).toHaveLength(1);
});
