import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SeededService } from '../../kit/seed.js';
import { type Stack, startStack } from '../../kit/stack.js';
import { eventually } from '../../kit/wait.js';

const podStatus = `subscription ($id: ID!, $after: String) { podStatus(serviceId: $id, after: $after) { __typename
  ... on PodsSnapshot { cursor pods { name } } ... on StreamReset { cursor reason }
  ... on PodAdded { cursor pod { name } } ... on PodChanged { cursor pod { name status } }
  ... on PodRemoved { cursor name } } }`;

let stack: Stack;
let service: SeededService;
beforeAll(async () => {
  stack = await startStack();
  service = await stack.seed.runningService();
});
afterAll(() => stack?.dispose());

const open = (after?: string) => stack.admin.subscribe(podStatus, { id: service.serviceId, after });

/** What a client knows that applies what it is told. */
function apply(known: Set<string>, event: any): void {
  if (event.__typename === 'PodsSnapshot') {
    known.clear();
    for (const { name } of event.pods) known.add(name);
  } else if (event.__typename === 'PodAdded') known.add(event.pod.name);
  else if (event.__typename === 'PodRemoved') known.delete(event.name);
}

/** Once there are two that are ready, and none on its way out: nothing changes by itself then. */
const listed = (): Promise<Set<string>> =>
  eventually(
    async () => {
      const { service: found } = await stack.admin.query(
        'query ($id: ID!) { service(id: $id) { pods { nodes { name ready generation } } } }',
        { id: service.serviceId },
      );
      const { nodes } = found.pods;
      const isSettled =
        nodes.length === 2 && nodes.every((pod: any) => pod.ready && pod.generation === 'NEW');
      return isSettled ? new Set<string>(nodes.map(({ name }: any) => name)) : undefined;
    },
    { what: 'two pods that are ready' },
  );

describe('the pods of a service after a break', () => {
  it('go on with what is different, and no snapshot, to the state of a list (SU-4)', async () => {
    const known = new Set<string>();
    const first = open();
    const { value: snapshot } = await first.next();
    apply(known, snapshot);
    await first.return(undefined);

    const deployment = await stack.seed.deploy(service.serviceId, { image: 'nginx:1.28' });
    await stack.seed.finished(deployment);
    const now = await listed();
    const resumed = open(snapshot.cursor);
    const types = new Set<string>();
    for await (const event of resumed) {
      types.add(event.__typename);
      apply(known, event);
      if ([...known].sort().join() === [...now].sort().join()) break;
    }
    expect([...types].filter((type) => type === 'PodsSnapshot' || type === 'StreamReset')).toEqual([]);
    expect(known).toEqual(now);
  });

  it('say nothing while nothing is different, in whatever process', async () => {
    await listed();
    const [one, other] = [open(), open()];
    const cursors = [(await one.next()).value.cursor, (await other.next()).value.cursor];
    // It names what the reader has, not a stream: another process finds the same pods under it.
    expect(cursors[0]).toBe(cursors[1]);
    await one.return(undefined);
    const resumed = open(cursors[0]);
    const next = resumed.next();
    const pod = [...(await listed())][0];
    await stack.admin.mutate(
      'mutation ($input: DeletePodInput!) { deletePod(input: $input) { pod { name } userErrors { code message } } }',
      { input: { serviceId: service.serviceId, pod, gracePeriodSeconds: 1, reason: 'test' } },
    );
    expect((await next).value.__typename).not.toMatch(/Snapshot|Reset/);
    await Promise.all([resumed.return(undefined), other.return(undefined)]);
  });

  it('begin anew, with a reason, when nothing is known of the cursor', async () => {
    const stream = open('event_1.7');
    expect((await stream.next()).value).toMatchObject({ __typename: 'StreamReset', cursor: 'event_1.7' });
    expect((await stream.next()).value).toMatchObject({ __typename: 'PodsSnapshot' });
    await stream.return(undefined);
  });
});

describe('a pod', () => {
  it('shows its containers, conditions and what they need', async () => {
    const { service: found } = await stack.admin.query(
      `query ($id: ID!) { service(id: $id) { pods(first: 1) { nodes { qosClass nodeName conditions { type status since }
         containers { name type image imageId state since ready restarts ports { port protocol }
           lastTermination { exitCode } probes { kind passing } requests { cpu memory } limits { memory } } } } } }`,
      { id: (await stack.seed.runningService()).serviceId },
    );
    const [pod] = found.pods.nodes;
    expect(pod.qosClass).toMatch(/Burstable|BestEffort|Guaranteed/);
    expect(pod.conditions.map(({ type }: any) => type)).toContain('Ready');
    expect(pod.containers).toMatchObject([
      {
        type: 'APP',
        state: 'running',
        since: expect.any(String),
        ports: [{ port: 8080 }],
        lastTermination: null,
      },
    ]);
  });
});

describe('deleting a pod', () => {
  const deletePod = async (gracePeriodSeconds: number, pod: string) => {
    const { deletePod: payload } = await stack.admin.query(
      'mutation ($input: DeletePodInput!) { deletePod(input: $input) { pod { name } userErrors { code field } } }',
      { input: { serviceId: service.serviceId, pod, gracePeriodSeconds, reason: 'hangs' } },
    );
    return payload;
  };

  it('takes it away at once when it is given no time, and says who and why in the audit log', async () => {
    const pod = [...(await listed())][0] as string;
    expect(await deletePod(0, pod)).toEqual({ pod: { name: pod }, userErrors: [] });
    await eventually(async () => !(await listed()).has(pod), { what: 'another pod in its place' });
    const rows = await stack.meridian.services.published.query<{ reason: string; target_name: string }>(
      `SELECT * FROM audit.event WHERE action = 'deletePod' AND target_name LIKE '%/' || $1`,
      [pod],
    );
    expect(rows).toMatchObject([{ reason: 'hangs' }]);
  });

  it('refuses a time that is none', async () => {
    const field = ['input', 'gracePeriodSeconds'];
    const refused = { pod: null, userErrors: [{ code: 'BAD_USER_INPUT', field }] };
    const pod = [...(await listed())][0] as string;
    expect(await deletePod(-1, pod)).toEqual(refused);
    expect(await deletePod(3_601, pod)).toEqual(refused);
  });
});
