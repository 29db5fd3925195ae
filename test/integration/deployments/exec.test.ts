import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GraphqlClient } from '../../kit/graphql-client.js';
import type { SeededService } from '../../kit/seed.js';
import { type Stack, startStack } from '../../kit/stack.js';
import { Stopwatch } from '../../kit/stopwatch.js';
import { eventually } from '../../kit/wait.js';
import { attempt } from './operations.js';

const exec = `subscription ($input: ExecSubscriptionInput!) { exec(input: $input) { __typename
  ... on ExecStarted { sessionId pod container command tty } ... on ExecOutput { stream text dataBase64 }
  ... on ExecExited { exitCode reason } } }`;

let stack: Stack;
let service: SeededService & { deploymentId: string };
let other: SeededService & { deploymentId: string };
beforeAll(async () => {
  stack = await startStack();
  [service, other] = await Promise.all([
    stack.seed.runningService({ spec: { replicas: 1 } }),
    stack.seed.runningService({ spec: { replicas: 1 } }),
  ]);
});
afterAll(() => stack?.dispose());

const open = (input: object, client: GraphqlClient = stack.admin): AsyncGenerator<any> =>
  client.subscribe(exec, { input });

async function started(events: AsyncGenerator<any>): Promise<any> {
  const { value } = await events.next();
  expect(value).toMatchObject({ __typename: 'ExecStarted' });
  return value;
}

const send = (sessionId: string, data: string, client: GraphqlClient = stack.admin) =>
  attempt(client, 'execInput', { sessionId, data }, 'sessionId');

async function readUntil(events: AsyncGenerator<any>, pattern: RegExp): Promise<string> {
  let screen = '';
  for (;;) {
    const { value, done } = await events.next();
    if (done || value.__typename === 'ExecExited') throw new Error(`ended before ${pattern}: ${screen}`);
    if (value.dataBase64) screen += Buffer.from(value.dataBase64, 'base64').toString();
    if (pattern.test(screen)) return screen;
  }
}

const podOf = async (serviceId: string): Promise<string> => {
  const { service: found } = await stack.admin.query(
    'query ($id: ID!) { service(id: $id) { pods { nodes { name } } } }',
    { id: serviceId },
  );
  return found.pods.nodes[0].name;
};

describe('a command in a container', () => {
  it('gives its output exactly and its exit code', async () => {
    const events: any[] = [];
    for await (const event of open({
      serviceId: service.serviceId,
      command: ['sh', '-c', 'echo out; echo err >&2; exit 7'],
    })) {
      events.push(event);
    }
    const text = (stream: string): string =>
      events
        .filter((event) => event.stream === stream)
        .map(({ dataBase64 }) => Buffer.from(dataBase64, 'base64').toString())
        .join('');
    expect(events[0]).toMatchObject({ tty: false, container: 'web' });
    expect(text('STDOUT')).toBe('out\n');
    expect(text('STDERR')).toBe('err\n');
    expect(events.at(-1)).toMatchObject({ __typename: 'ExecExited', exitCode: 7 });
  });
});

describe('a session', () => {
  it('is reattached by its owner, who sees the last output again, and ended by execClose', async () => {
    const first = open({ serviceId: service.serviceId });
    const { sessionId, command, tty } = await started(first);
    expect(tty).toBe(true);
    expect(['bash', 'sh']).toContain(command[0]);
    await send(sessionId, 'echo before-$((6*7))\r');
    await readUntil(first, /before-42/);
    await first.return(undefined);

    const again = open({ sessionId });
    expect((await started(again)).sessionId).toBe(sessionId);
    await readUntil(again, /before-42/);
    await send(sessionId, 'echo after-$((7*7))\r');
    await readUntil(again, /after-49/);
    const closed = await attempt(stack.admin, 'execClose', { sessionId }, 'sessionId');
    expect(closed).toEqual({ sessionId, userErrors: [] });
    let last: any;
    for await (const event of again) last = event;
    expect(last).toMatchObject({ __typename: 'ExecExited' });
    await expect(open({ sessionId }).next()).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it("is nobody else's, whatever rights they have", async () => {
    const colleague = await stack.seed.user({ role: 'platform-admin' });
    const mine = open({ serviceId: service.serviceId });
    const { sessionId } = await started(mine);
    for (const payload of [
      await send(sessionId, 'x', colleague.client),
      await attempt(colleague.client, 'execResize', { sessionId, columns: 80, rows: 24 }, 'sessionId'),
      await attempt(colleague.client, 'execClose', { sessionId }, 'sessionId'),
    ]) {
      expect(payload).toMatchObject({ sessionId: null, userErrors: [{ code: 'NOT_FOUND' }] });
    }
    await expect(open({ sessionId }, colleague.client).next()).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await attempt(stack.admin, 'execClose', { sessionId }, 'sessionId');
    await mine.return(undefined);
  });

  it('takes sizes that are sizes, and outlives the others (EX-2)', async () => {
    const events = open({ serviceId: service.serviceId, columns: 80, rows: 24 });
    const { sessionId } = await started(events);
    const resize = (columns: number, rows: number) =>
      attempt(stack.admin, 'execResize', { sessionId, columns, rows }, 'sessionId');
    for (const [columns, rows, field] of [
      [0, 24, 'columns'],
      [80, -1, 'rows'],
      [65_536, 24, 'columns'],
    ] as const) {
      expect((await resize(columns, rows)).userErrors).toMatchObject([
        { code: 'BAD_USER_INPUT', field: ['input', field] },
      ]);
    }
    expect((await resize(132, 43)).userErrors).toEqual([]);
    await send(sessionId, 'stty size\r');
    await readUntil(events, /43 132/);
    await attempt(stack.admin, 'execClose', { sessionId }, 'sessionId');
    await events.return(undefined);
  });

  it('opens only in pods and containers of its own service (EX-7)', async () => {
    const foreign = await podOf(other.serviceId);
    for (const input of [{ pod: foreign }, { pod: 'web-does-not-exist' }, { container: 'istio-proxy' }]) {
      await expect(open({ serviceId: service.serviceId, ...input }).next()).rejects.toMatchObject({
        code: 'NOT_FOUND',
      });
    }
  });

  it('ends with the right to it, within five seconds and without another byte (EX-6)', async () => {
    const user = await stack.seed.user();
    const binding = await stack.seed.bind(user.id, 'developer', { projectId: service.projectId });
    const events = open({ serviceId: service.serviceId }, user.client);
    const { sessionId } = await started(events);
    await send(sessionId, 'while true; do echo tick; sleep 0.1; done\r', user.client);
    await readUntil(events, /tick/);
    const watch = new Stopwatch();
    await stack.admin.mutate(
      'mutation ($input: UnbindRoleInput!) { unbindRole(input: $input) { userErrors { code } } }',
      { input: { roleBindingId: binding } },
    );
    const end = (async () => {
      for await (const _ of events);
    })();
    await expect(end).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect(watch.seconds).toBeLessThan(5);
    const sandbox = stack.meridian.sandboxes[0];
    await eventually(() => sandbox?.requests.openRequests(({ path }) => path.includes('/exec?')) === 0, {
      seconds: 5,
      what: 'the end of the process',
    });
  });

  it('is in the audit log with who, where, what and how it ended, and so are refusals', async () => {
    const { auditEvents } = await stack.admin.query(
      `{ auditEvents(first: 200) { nodes { action result reason targetName actor { login } changes { path after } } } }`,
    );
    const about = (action: string, result: string) =>
      auditEvents.nodes.filter((event: any) => event.action === action && event.result === result);
    const command = about('exec', 'DONE').find((event: any) =>
      JSON.stringify(event.changes).includes('exit 7'),
    );
    expect(command).toMatchObject({
      actor: { login: 'admin' },
      targetName: expect.stringContaining(`${service.namespace}/`),
    });
    const session = command.changes.find(({ path }: any) => path === 'session').after;
    const end = about('execEnded', 'DONE').find((event: any) =>
      JSON.stringify(event.changes).includes(session),
    );
    expect(end.changes).toContainEqual({ path: 'exitCode', after: 7 });
    expect(about('exec', 'REFUSED').length).toBeGreaterThan(0);
    // What was typed is nobody's business.
    expect(JSON.stringify(auditEvents.nodes)).not.toContain('before-$');
  });
});
