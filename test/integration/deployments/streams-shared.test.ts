import { type Client, createClient } from 'graphql-ws';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { SubscriptionError } from '../../kit/graphql-client.js';
import type { SeededService } from '../../kit/seed.js';
import { type Stack, startStack } from '../../kit/stack.js';
import { eventually } from '../../kit/wait.js';

const podStatus = `subscription ($id: ID!) { podStatus(serviceId: $id) { __typename
  ... on PodsSnapshot { pods { name } } ... on PodAdded { pod { name } } ... on PodChanged { pod { name } }
  ... on PodRemoved { name } ... on StreamReset { reason } } }`;
const serviceLogs = 'subscription ($input: ServiceLogsInput!) { serviceLogs(input: $input) { __typename } }';

let stack: Stack;
let running: SeededService & { deploymentId: string };
beforeAll(async () => {
  stack = await startStack();
  running = await stack.seed.runningService();
});
afterAll(() => stack?.dispose());

/** The code that a stream ends with. */
async function toItsEnd(stream: AsyncGenerator<unknown>): Promise<string | undefined> {
  try {
    for await (const _ of stream);
    return undefined;
  } catch (error) {
    return error instanceof SubscriptionError ? error.code : String(error);
  }
}

const open = () => stack.meridian.gateway.subscriptions;

it('users with the same permissions share a stream of pods; who loses them leaves it, and the others stay', async () => {
  const [one, other] = [await stack.seed.user(), await stack.seed.user()];
  const binding = await stack.seed.bind(one.id, 'developer', { projectId: running.projectId });
  await stack.seed.bind(other.id, 'developer', { projectId: running.projectId });
  // Of both users, in the order in which they subscribe: the stream is open in the name of the first.
  const leaving = one.client.subscribe(podStatus, { id: running.serviceId });
  const staying = other.client.subscribe(podStatus, { id: running.serviceId });
  const names: string[] = [];
  expect((await leaving.next()).value.__typename).toBe('PodsSnapshot');
  expect((await staying.next()).value.__typename).toBe('PodsSnapshot');
  await eventually(() => open().upstreams === 1, { what: 'one stream for both' });
  expect(open().subscriptions).toBe(2);
  // An administrator has other permissions.
  const admin = stack.admin.subscribe(podStatus, { id: running.serviceId });
  await admin.next();
  expect(open().upstreams).toBe(2);
  await admin.return(undefined);

  const end = toItsEnd(leaving);
  await stack.admin.mutate(
    'mutation ($input: UnbindRoleInput!) { unbindRole(input: $input) { userErrors { code } } }',
    { input: { roleBindingId: binding } },
  );
  expect(await end).toBe('FORBIDDEN');
  const reading = (async () => {
    for await (const event of staying) {
      names.push(event.__typename);
      if (event.__typename === 'PodAdded') return;
    }
  })();
  await stack.seed.deploy(running.serviceId);
  await reading;
  expect(names).toContain('PodAdded');
  // Nothing was told anew.
  expect(names).not.toContain('StreamReset');
  expect(names).not.toContain('PodsSnapshot');
});

it('a cluster sees nothing of it when the sockets of all viewers are cut and they come back (SU-3)', async () => {
  const clients: Client[] = [];
  for (let n = 0; n < 3; n++) {
    const { id, client: viewer } = await stack.seed.user();
    await stack.seed.bind(id, 'developer', { projectId: running.projectId });
    for (let socket = 0; socket < 50; socket++) {
      clients.push(
        createClient({
          url: stack.admin.url.replace(/^http/, 'ws'),
          webSocketImpl: WebSocket,
          connectionParams: { authorization: `Bearer ${viewer.token}` },
          retryAttempts: 10,
          retryWait: async () => undefined,
        }),
      );
    }
  }
  const variables = { id: running.serviceId };
  let snapshots = 0;
  const closed: unknown[] = [];
  for (const client of clients) {
    client.on('closed', (event) => closed.push((event as { code?: number }).code));
    client.subscribe(
      { query: podStatus, variables },
      {
        next: ({ data }) => {
          snapshots += (data?.['podStatus'] as any)?.__typename === 'PodsSnapshot' ? 1 : 0;
        },
        error: (error) => closed.push(error),
        complete: () => closed.push('complete'),
      },
    );
  }
  await eventually(() => snapshots === clients.length, { what: 'a snapshot for each' });
  const ofPods = (): string[] =>
    (stack.meridian.sandboxes[0]?.requests.list() ?? [])
      .map(({ method, path }) => `${method} ${path}`)
      .filter((request) => /\/(pods|replicasets|deployments)(\?|$)/.test(request));
  const before = ofPods();
  expect(before).not.toEqual([]);
  for (const client of clients) client.terminate();
  await eventually(() => snapshots === 2 * clients.length, { what: 'a snapshot for each, again' });
  await eventually(() => open().upstreams === 1, { what: 'one stream for all' });
  expect(ofPods()).toEqual(before);
  // Nobody was refused, and everybody came back at the first attempt.
  expect(closed).toHaveLength(clients.length);
  for (const client of clients) void client.dispose();
});

it('every reading of a log is on record, also the second of the same', async () => {
  const reader = await stack.seed.user();
  await stack.seed.bind(reader.id, 'developer', { projectId: running.projectId });
  const input = { serviceId: running.serviceId, tail: 1 };
  const streams = [1, 2].map(() => reader.client.subscribe(serviceLogs, { input }));
  await Promise.all(streams.map((stream) => stream.next()));
  const records = async (): Promise<number> => {
    const { auditEvents } = await stack.admin.query(
      'query ($id: ID!) { auditEvents(first: 50, filter: { actorId: $id }) { nodes { action } } }',
      { id: reader.id },
    );
    return auditEvents.nodes.filter(({ action }: { action: string }) => action === 'serviceLogs').length;
  };
  await eventually(async () => (await records()) === 2, { what: 'both readings on record' });
  await Promise.all(streams.map((stream) => stream.return(undefined)));
});
