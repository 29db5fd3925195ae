import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { SubscriptionError } from '../../kit/graphql-client.js';
import type { SeededService } from '../../kit/seed.js';
import { type Stack, startStack } from '../../kit/stack.js';
import { Stopwatch } from '../../kit/stopwatch.js';
import { eventually } from '../../kit/wait.js';

const podStatus = `subscription ($id: ID!, $after: String) { podStatus(serviceId: $id, after: $after) { __typename
  ... on PodsSnapshot { cursor pods { name } } ... on StreamReset { cursor reason }
  ... on PodAdded { pod { name } } ... on PodChanged { pod { name status } } ... on PodRemoved { name } } }`;
const serviceLogs = `subscription ($input: ServiceLogsInput!) { serviceLogs(input: $input) { __typename
  ... on LogLines { cursor lines { at pod container generation text } }
  ... on LogPodJoined { pod generation } ... on LogPodLeft { pod reason } ... on LogCompleted { reason } } }`;

let stack: Stack;
let running: SeededService & { deploymentId: string };
beforeAll(async () => {
  stack = await startStack();
  running = await stack.seed.runningService();
});
afterAll(() => stack?.dispose());

const openFor = (part: string): number | undefined =>
  stack.meridian.sandboxes[0]?.requests.openRequests(({ path }) => path.includes(part));
const podWatches = () => openFor('/api/v1/pods?');
const logReads = () => openFor(`/namespaces/${running.namespace}/pods/`);

async function take(events: AsyncGenerator<any>, until: (event: any) => boolean): Promise<any[]> {
  const taken: any[] = [];
  for (;;) {
    const { value, done } = await events.next();
    if (done) return taken;
    taken.push(value);
    if (until(value)) return taken;
  }
}

describe('the stream of pods', () => {
  it('costs the cluster one watch however many read it (SU-8)', async () => {
    const streams = Array.from({ length: 12 }, (_, index) =>
      stack.admin.subscribe(podStatus.replace('cursor pods', `alias${index}: cursor pods`), {
        id: running.serviceId,
      }),
    );
    await Promise.all(streams.map((stream) => stream.next()));
    expect(podWatches()).toBe(1);
    await Promise.all(streams.map((stream) => stream.return(undefined)));
  });

  it('says after a cursor that it begins anew, with the whole state', async () => {
    const stream = stack.admin.subscribe(podStatus, { id: running.serviceId, after: 'event_1.7' });
    const events = await take(stream, (event) => event.__typename === 'PodsSnapshot');
    expect(events.map(({ __typename }) => __typename)).toEqual(['StreamReset', 'PodsSnapshot']);
    expect(events[1].pods).toHaveLength(2);
    await stream.return(undefined);
  });
});

describe('the merged log of a service', () => {
  it('ends its upstream connections when its last reader leaves (SU-8)', async () => {
    const stream = stack.admin.subscribe(serviceLogs, { input: { serviceId: running.serviceId } });
    await stream.next();
    await eventually(() => logReads() === 2, { what: 'both logs followed' });
    await stream.return(undefined);
    await eventually(() => logReads() === 0, { seconds: 5, what: 'no log connection left' });
  });

  it('ends them too when its last reader is gone without a word (SU-8)', async () => {
    const sockets: WebSocket[] = [];
    class Vanishing extends WebSocket {
      constructor(...options: ConstructorParameters<typeof WebSocket>) {
        super(...options);
        sockets.push(this);
      }
    }
    const client = stack.client(stack.admin.token);
    client.webSocket = Vanishing;
    const stream = client.subscribe(serviceLogs, { input: { serviceId: running.serviceId } });
    await stream.next();
    await eventually(() => logReads() === 2, { what: 'both logs followed' });
    // The client would come back: it is gone for good, as a process that was killed.
    const gone = client.dispose();
    for (const socket of sockets) socket.terminate();
    await eventually(() => logReads() === 0, { seconds: 5, what: 'no log connection left' });
    await gone;
  });

  it('gives what there is, by time, and completes when it is not to follow', async () => {
    const stream = stack.admin.subscribe(serviceLogs, {
      input: { serviceId: running.serviceId, follow: false, tail: 3 },
    });
    const events = await take(stream, () => false);
    expect(events.at(-1)).toMatchObject({ __typename: 'LogCompleted' });
    const lines = events.flatMap((event) => event.lines ?? []);
    expect(lines).toHaveLength(6);
    expect(new Set(lines.map(({ pod }) => pod)).size).toBe(2);
    const times = lines.map(({ at }) => at);
    expect(times).toEqual([...times].sort());
  });

  it('goes on after its cursor without loss and without repetition', async () => {
    const input = { serviceId: running.serviceId, tail: 20 };
    const first = stack.admin.subscribe(serviceLogs, { input });
    const before = await take(first, (event) => event.__typename === 'LogLines');
    await first.return(undefined);
    const cursor = before.at(-1).cursor;
    const seen = new Set(
      before.flatMap((event) => event.lines ?? []).map(({ pod, at, text }: any) => `${pod} ${at} ${text}`),
    );
    const rest = stack.admin.subscribe(serviceLogs, { input: { ...input, after: cursor } });
    const after = (await take(rest, (event) => event.__typename === 'LogLines')).flatMap(
      (event) => event.lines ?? [],
    );
    await rest.return(undefined);
    expect(after.length).toBeGreaterThan(0);
    expect(after.filter(({ pod, at, text }: any) => seen.has(`${pod} ${at} ${text}`))).toEqual([]);
  });

  it('shows only lines with the wanted text', async () => {
    const stream = stack.admin.subscribe(serviceLogs, {
      input: { serviceId: running.serviceId, follow: false, filter: 'start worker' },
    });
    const lines = (await take(stream, () => false)).flatMap((event) => event.lines ?? []);
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.every(({ text }: any) => text.includes('start worker'))).toBe(true);
  });

  it('says when pods join and leave during a rollout', async () => {
    const service = await stack.seed.runningService({ spec: { replicas: 1 } });
    const stream = stack.admin.subscribe(serviceLogs, { input: { serviceId: service.serviceId, tail: 0 } });
    const [joined] = await take(stream, (event) => event.__typename === 'LogPodJoined');
    await stack.seed.deploy(service.serviceId, { image: 'nginx:1.28' });
    const events = await take(stream, (event) => event.__typename === 'LogPodLeft');
    await stream.return(undefined);
    expect(events.at(-1)).toMatchObject({ pod: joined.pod, reason: expect.stringMatching(/deleted|ended/) });
    const newcomers = events.filter(
      ({ __typename, pod }) => __typename === 'LogPodJoined' && pod !== joined.pod,
    );
    expect(newcomers).toMatchObject([{ generation: 'NEW' }]);
  });

  it('has nothing previous of containers that never restarted (LO-5), and judges its numbers (LO-6)', async () => {
    const refused = (input: object) =>
      take(
        stack.admin.subscribe(serviceLogs, { input: { serviceId: running.serviceId, ...input } }),
        () => false,
      ).then(
        () => undefined,
        (error) => (error instanceof SubscriptionError ? error.code : String(error)),
      );
    expect(await refused({ previous: true })).toBe('NOT_FOUND');
    expect(await refused({ tail: -1 })).toBe('BAD_USER_INPUT');
    expect(await refused({ tail: 1_000_000_000 })).toBe('BAD_USER_INPUT');
    expect(await refused({ after: 'nonsense' })).toBe('BAD_USER_INPUT');
  });
});

describe('a right that is taken away while streams run (SU-6)', () => {
  it('ends them within five seconds with FORBIDDEN, and nothing comes after', async () => {
    const viewer = await stack.seed.user();
    const binding = await stack.seed.bind(viewer.id, 'developer', { projectId: running.projectId });
    // The same role elsewhere stays, and so does a stream of it on the same socket.
    const kept = await stack.seed.service();
    await stack.seed.bind(viewer.id, 'developer', { projectId: kept.projectId });
    const other = viewer.client.subscribe(podStatus, { id: kept.serviceId });
    await other.next();
    const next = other.next();
    const streams = [
      viewer.client.subscribe(podStatus, { id: running.serviceId }),
      viewer.client.subscribe(serviceLogs, { input: { serviceId: running.serviceId, tail: 1 } }),
    ];
    const ends = streams.map((stream) =>
      take(stream, () => false).then(
        () => 'COMPLETED',
        (error) => (error instanceof SubscriptionError ? error.code : String(error)),
      ),
    );
    await eventually(() => logReads() === 2, { what: 'both logs followed' });
    const watch = new Stopwatch();
    await stack.admin.mutate(
      'mutation ($input: UnbindRoleInput!) { unbindRole(input: $input) { userErrors { code } } }',
      { input: { roleBindingId: binding } },
    );
    expect(await Promise.all(ends)).toEqual(['FORBIDDEN', 'FORBIDDEN']);
    expect(watch.seconds).toBeLessThan(5);
    await eventually(() => logReads() === 0, { seconds: 5, what: 'no log connection left' });
    await stack.seed.deploy(kept.serviceId);
    expect(await next).toMatchObject({ done: false });
    await other.return(undefined);
  });
});

describe('hints that lists changed', () => {
  it('come for what one may see, and only for that', async () => {
    const own = await stack.seed.user();
    const other = await stack.seed.service();
    await stack.seed.bind(own.id, 'viewer', { projectId: running.projectId });
    const hints = own.client.subscribe('subscription { deploymentsChanged { cursor } }');
    let got = 0;
    const reading = take(hints, () => {
      got += 1;
      return false;
    });
    // A deployment of another project first: it must not be what the hint is for.
    await stack.seed.finished(await stack.seed.deploy(other.serviceId));
    expect(got).toBe(0);
    // One hint may be for several changes.
    await stack.seed.finished(await stack.seed.deploy(running.serviceId, { reason: 'hint' }));
    await eventually(() => got > 0, { what: 'a hint' });
    const before = got;
    await stack.seed.finished(await stack.seed.deploy(running.serviceId, { reason: 'another hint' }));
    await eventually(() => got > before, { what: 'another hint' });
    await hints.return(undefined);
    await reading;
  });
});
