import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../../sandbox/sandbox.js';
import type { GraphqlClient } from '../../kit/graphql-client.js';
import { everything, serviceAccountToken } from '../../kit/service-account.js';
import { type Stack, startStack } from '../../kit/stack.js';
import { eventually } from '../../kit/wait.js';

type Data = any;

let stack: Stack;
let sandbox: Sandbox;

beforeAll(async () => {
  stack = await startStack({ sandboxes: 1 });
  [sandbox] = stack.meridian.sandboxes as unknown as [Sandbox];
});
afterAll(() => stack?.dispose());

/** All events of a subscription so far; reads until the stack is disposed. */
function collect(client: GraphqlClient, query: string, variables: object) {
  const events: Data[] = [];
  const failure: { error?: unknown } = {};
  const stream = client.subscribe(query, variables);
  void (async () => {
    for await (const event of stream) events.push(event);
  })().catch((error) => {
    failure.error = error;
  });
  return { events, failure };
}

async function mutate(name: string, input: object): Promise<Data> {
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`;
  const document = `mutation ($input: ${type}!) { ${name}(input: $input) { userErrors { code message } } }`;
  return (await stack.admin.mutate(document, { input })) as Data;
}

/** The pods that a reader of the events knows of. */
function podsAfter(events: Data[]): string[] {
  const pods = new Map<string, string>();
  for (const event of events) {
    if (event.__typename === 'PodsSnapshot') {
      pods.clear();
      for (const { uid, name } of event.pods) pods.set(uid, name);
    } else if (event.__typename === 'PodRemoved') pods.delete(event.uid);
    else if (event.pod) pods.set(event.pod.uid, event.pod.name);
  }
  return [...pods.values()].sort();
}

describe('credentials that are rotated while people look on', () => {
  it('cut no stream of pods, no log and no terminal, and lose no change', async () => {
    const { admin, seed } = stack;
    const service = await seed.runningService();
    const { serviceId, clusterId } = service;
    const running = (): string[] =>
      sandbox.api
        .list('pods', { namespace: service.namespace })
        .map(({ metadata }) => metadata.name ?? '')
        .sort();
    const leaving = (): number =>
      sandbox.api
        .list('pods', { namespace: service.namespace })
        .filter(({ metadata }) => metadata.deletionTimestamp !== undefined).length;
    const pods = collect(
      admin,
      `subscription ($id: ID!) { podStatus(serviceId: $id) { __typename
        ... on PodsSnapshot { pods { uid name } observed { stale } }
        ... on PodAdded { pod { uid name } } ... on PodChanged { pod { uid name } } ... on PodRemoved { uid } } }`,
      { id: serviceId },
    );
    const logs = collect(
      admin,
      'subscription ($input: ServiceLogsInput!) { serviceLogs(input: $input) { __typename ... on LogLines { lines { pod text } } ... on LogGap { reason } } }',
      { input: { serviceId, follow: true, tail: 5 } },
    );
    const terminal = collect(
      admin,
      'subscription ($input: ExecSubscriptionInput!) { exec(input: $input) { __typename ... on ExecStarted { sessionId pod } ... on ExecOutput { text } } }',
      { input: { serviceId, tty: false, command: ['sh'], reason: 'a test of rotation' } },
    );
    await eventually(() => podsAfter(pods.events).join() === running().join());
    const { sessionId, pod: entered } = await eventually(() =>
      terminal.events.find(({ __typename }) => __typename === 'ExecStarted'),
    );

    for (const replicas of [3, 4, 5]) {
      const token = await serviceAccountToken(sandbox, [everything]);
      stack.canaries.add(`token for ${replicas} replicas`, token);
      await Promise.all([
        mutate('rotateClusterCredentials', { clusterId, token }),
        mutate('scale', { serviceId, replicas }),
        mutate('deletePod', { serviceId, pod: running().find((name) => name !== entered) }),
      ]);
      // One that is on its way out may be gone when the next is to be deleted.
      await eventually(() => running().length === replicas && leaving() === 0, { what: `${replicas} pods` });
      await eventually(() => podsAfter(pods.events).join() === running().join(), {
        what: `the stream's knowledge of ${replicas} pods`,
      });
      await mutate('execInput', { sessionId, data: `echo after ${replicas}\n` });
      await eventually(
        () =>
          terminal.events.some(({ text }) => typeof text === 'string' && text.includes(`after ${replicas}`)),
        { what: 'the answer of the terminal' },
      );
    }
    const kinds = (events: Data[]) => [...new Set(events.map(({ __typename }) => __typename))];
    // One snapshot at the start, and never a new one.
    expect(pods.events.filter(({ __typename }) => __typename === 'PodsSnapshot')).toHaveLength(1);
    expect(kinds(pods.events)).not.toContain('StreamReset');
    expect(kinds(logs.events)).not.toContain('LogGap');
    expect(kinds(terminal.events)).not.toContain('ExecExited');
    expect([pods.failure, logs.failure, terminal.failure]).toEqual([{}, {}, {}]);
    const line = (pod: string) =>
      logs.events.some(({ lines }) => lines?.some((each: Data) => each.pod === pod));
    await eventually(() => running().every(line), { what: 'lines of the pods that came later' });
  });
});
