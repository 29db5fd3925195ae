import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { SubscriptionError } from '../../kit/graphql-client.js';
import { type Stack, startStack } from '../../kit/stack.js';

const wholeRollout = `subscription ($id: ID!, $after: String, $logTail: Int) {
  rolloutProgress(deploymentId: $id, after: $after, logTail: $logTail) { __typename
    ... on RolloutProgressed { cursor rollout { phase desired updated ready available old percent stalledSince
      blockers { kind message pods } pods { name status statusReason generation ready } canary { step steps } } }
    ... on RolloutCompleted { cursor phase rollout { percent pods { generation } } deployment { number } }
    ... on RolloutLogLines { cursor lines { pod container text } } ... on LogGap { cursor reason }
    ... on StreamReset { cursor reason } } }`;

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack?.dispose());

async function all(events: AsyncGenerator<any>): Promise<any[]> {
  const taken: any[] = [];
  for await (const event of events) taken.push(event);
  return taken;
}
const typesOf = (events: readonly any[]): Set<string> => new Set(events.map(({ __typename }) => __typename));

describe('the progress of a rollout', () => {
  it('draws the whole rolling update, with what the new pods write in between, and ends with its end', async () => {
    const { serviceId } = await stack.seed.runningService();
    const id = await stack.seed.deploy(serviceId, { image: 'nginx:1.28' });
    const events = await all(stack.admin.subscribe(wholeRollout, { id, logTail: 10 }));
    expect(typesOf(events)).toEqual(new Set(['RolloutProgressed', 'RolloutLogLines', 'RolloutCompleted']));
    expect(events.at(-1)).toMatchObject({
      __typename: 'RolloutCompleted',
      phase: 'SUCCEEDED',
      rollout: { percent: 100, pods: [{ generation: 'NEW' }, { generation: 'NEW' }] },
      deployment: { number: 2 },
    });
    const steps = events.filter(({ __typename }) => __typename === 'RolloutProgressed');
    const pods = steps.flatMap(({ rollout }) => rollout.pods);
    expect(new Set(pods.map(({ generation }) => generation))).toEqual(new Set(['OLD', 'NEW']));
    const newNames = new Set(pods.filter(({ generation }) => generation === 'NEW').map(({ name }) => name));
    const lines = events.flatMap((event) => event.lines ?? []);
    expect(lines.every(({ pod }) => newNames.has(pod))).toBe(true);
    // Each step differs from the one before.
    const texts = steps.map(({ rollout }) => JSON.stringify(rollout));
    expect(texts.filter((text, index) => text === texts[index - 1])).toEqual([]);
  });

  it('tells of nothing that was not asked for', async () => {
    const { serviceId } = await stack.seed.runningService();
    const id = await stack.seed.deploy(serviceId, { image: 'nginx:1.28' });
    const events = await all(
      stack.admin.subscribe(
        `subscription ($id: ID!) { rolloutProgress(deploymentId: $id) { __typename
           ... on RolloutProgressed { rollout { phase } } ... on RolloutCompleted { phase } } }`,
        { id },
      ),
    );
    const phases = events.map((event) => event.rollout?.phase ?? event.phase);
    expect(phases.filter((phase, index) => phase === phases[index - 1])).toEqual([]);
    expect(phases.at(-1)).toBe('SUCCEEDED');
  });

  it('answers at once with the end when it has ended, also after its last cursor', async () => {
    const { deploymentId: id } = await stack.seed.runningService();
    const [end] = await all(stack.admin.subscribe(wholeRollout, { id, logTail: 5 }));
    expect(end).toMatchObject({ __typename: 'RolloutCompleted', phase: 'SUCCEEDED' });
    const again = await all(stack.admin.subscribe(wholeRollout, { id, after: end.cursor }));
    expect(again).toEqual([end]);
  });

  it('goes on after a cursor with what is different, and says so when the cursor is none', async () => {
    const { serviceId } = await stack.seed.service({ spec: { image: 'nginx:not-there', replicas: 1 } });
    const id = await stack.seed.deploy(serviceId, { image: 'missing.invalid/none:1' });
    const first = stack.admin.subscribe(wholeRollout, { id });
    let blocked: any;
    for await (const event of first) {
      blocked = event;
      if (event.rollout?.blockers.length > 0) break;
    }
    expect(blocked.rollout).toMatchObject({ blockers: [{ kind: 'IMAGE_PULL' }] });
    expect(blocked.rollout.stalledSince).not.toBeNull();

    const foreign = stack.admin.subscribe(wholeRollout, { id, after: 'event_1.7' });
    expect((await foreign.next()).value).toMatchObject({ __typename: 'StreamReset', cursor: 'event_1.7' });
    expect((await foreign.next()).value).toMatchObject({ __typename: 'RolloutProgressed' });
    await foreign.return(undefined);

    const { value: latest } = await stack.admin.subscribe(wholeRollout, { id }).next();
    const resumed = all(stack.admin.subscribe(wholeRollout, { id, after: latest.cursor }));
    await stack.admin.mutate(
      'mutation ($input: AbortRolloutInput!) { abortRollout(input: $input) { userErrors { code message } } }',
      { input: { deploymentId: id } },
    );
    const rest = await resumed;
    expect(rest.at(-1)).toMatchObject({ __typename: 'RolloutCompleted', phase: 'ABORTED' });
    expect(rest.map(({ cursor }) => cursor)).not.toContain(latest.cursor);
    expect(typesOf(rest)).not.toContain('StreamReset');
  });

  it('gives lines only to whoever may read logs, and judges how many are wanted', async () => {
    const { serviceId, projectId } = await stack.seed.service({ spec: { replicas: 1 } });
    const id = await stack.seed.deploy(serviceId, { image: 'missing.invalid/none:1' });
    const { client } = await stack.seed.user({ role: 'auditor', scope: { projectId } });
    const codeOf = (events: AsyncGenerator<any>) =>
      events.next().then(
        ({ value }) => value.__typename as string,
        (error) => (error instanceof SubscriptionError ? error.code : String(error)),
      );
    expect(await codeOf(client.subscribe(wholeRollout, { id }))).toBe('RolloutProgressed');
    expect(await codeOf(client.subscribe(wholeRollout, { id, logTail: 5 }))).toBe('FORBIDDEN');
    expect(await codeOf(stack.admin.subscribe(wholeRollout, { id, logTail: -1 }))).toBe('BAD_USER_INPUT');
    expect(await codeOf(stack.admin.subscribe(wholeRollout, { id, logTail: 1_001 }))).toBe('BAD_USER_INPUT');
  });
});
