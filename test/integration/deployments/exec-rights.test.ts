import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { GraphqlClient } from '../../kit/graphql-client.js';
import type { SeededService } from '../../kit/seed.js';
import { type Stack, startStack } from '../../kit/stack.js';
import { Stopwatch } from '../../kit/stopwatch.js';
import { eventually } from '../../kit/wait.js';
import { refusal, sessionRecord, sessionRecords, Terminal } from './exec-terminal.js';

let stack: Stack;
let service: SeededService;
let other: SeededService;
let offset = 0;
beforeAll(async () => {
  stack = await startStack({
    clock: { now: () => Date.now() + offset },
    env: { MERIDIAN_EXEC_COMMANDS: 'df -h, ls *', MERIDIAN_SESSION_LIFETIME: '14d' },
  });
  [service, other] = await Promise.all([
    stack.seed.runningService({ spec: { replicas: 1 } }),
    stack.seed.runningService({ spec: { replicas: 1 } }),
  ]);
});
afterEach(() => {
  offset = 0;
});
afterAll(() => stack?.dispose());

const developer = async () => {
  const user = await stack.seed.user();
  const binding = await stack.seed.bind(user.id, 'developer', { projectId: service.projectId });
  return { ...user, binding };
};

/** A session whose output never stops. */
async function ticking(client: GraphqlClient): Promise<Terminal> {
  const terminal = await Terminal.open(client, { serviceId: service.serviceId });
  await terminal.send('while true; do echo tick; sleep 0.1; done\r');
  await terminal.shows(/tick\r\n/);
  return terminal;
}

async function expectEnd(terminal: Terminal, code: string, watch: Stopwatch): Promise<void> {
  await expect(terminal.ended()).rejects.toMatchObject({ code });
  expect(watch.seconds).toBeLessThan(5);
  await eventually(async () => (await sessionRecord(stack.admin, terminal.sessionId)).state === 'ENDED', {
    seconds: 5,
    what: 'the end of the process',
  });
}

describe('a session whose output flows ends within five seconds (EX-6)', () => {
  it('when the membership of the project is taken away', async () => {
    const user = await developer();
    const terminal = await ticking(user.client);
    const watch = new Stopwatch();
    await stack.admin.mutate(
      'mutation ($input: UnbindRoleInput!) { unbindRole(input: $input) { userErrors { code } } }',
      { input: { roleBindingId: user.binding } },
    );
    await expectEnd(terminal, 'FORBIDDEN', watch);
  });

  it('when the user is disabled', async () => {
    const user = await developer();
    const terminal = await ticking(user.client);
    const watch = new Stopwatch();
    await stack.admin.mutate(
      'mutation ($input: DisableUserInput!) { disableUser(input: $input) { userErrors { code message } } }',
      { input: { userId: user.id } },
    );
    await expectEnd(terminal, 'UNAUTHENTICATED', watch);
  });

  it('when the token expires', async () => {
    const { client } = await developer();
    const terminal = await ticking(client);
    const watch = new Stopwatch();
    offset = 15 * 86_400_000;
    // Whichever looks first: the gateway, or the process that holds the session.
    const told = await terminal.ended().then(
      ({ reason }) => reason,
      ({ code }) => code,
    );
    expect(String(told)).toMatch(/token .* has expired|^UNAUTHENTICATED$/);
    expect(watch.seconds).toBeLessThan(5);
    await eventually(
      () => stack.meridian.sandboxes[0]?.requests.openRequests(({ path }) => path.includes('/exec?')) === 0,
      { seconds: 5, what: 'the end of the process' },
    );
    offset = 0;
    await eventually(async () => (await sessionRecord(stack.admin, terminal.sessionId)).state === 'ENDED', {
      what: 'the end on record',
    });
    expect(await sessionRecord(stack.admin, terminal.sessionId)).toMatchObject({
      state: 'ENDED',
      endReason: expect.stringMatching(/token .* has expired/),
    });
  });

  it('when nobody reads it at the moment', async () => {
    const user = await developer();
    const terminal = await ticking(user.client);
    await terminal.leave();
    await stack.admin.mutate(
      'mutation ($input: UnbindRoleInput!) { unbindRole(input: $input) { userErrors { code } } }',
      { input: { roleBindingId: user.binding } },
    );
    const ended = await eventually(
      async () => {
        const record = await sessionRecord(stack.admin, terminal.sessionId);
        return record.state === 'ENDED' && record;
      },
      { seconds: 5, what: 'the end of the session' },
    );
    expect(ended.endReason).toMatch(/^The right to the session has ended/);
  });
});

describe('a session opens only where its user may (EX-7)', () => {
  it('not with the right to see pods alone', async () => {
    const viewer = await stack.seed.user({ role: 'viewer', scope: { projectId: service.projectId } });
    expect(await refusal(viewer.client, { serviceId: service.serviceId })).toMatchObject({
      code: 'FORBIDDEN',
    });
  });

  it('not in the service of another project, nor in its pods through an own service', async () => {
    const user = await developer();
    const { service: found } = await stack.admin.query(
      'query ($id: ID!) { service(id: $id) { pods { nodes { name } } } }',
      { id: other.serviceId },
    );
    const [foreign] = found.pods.nodes;
    expect(await refusal(user.client, { serviceId: other.serviceId })).toMatchObject({ code: 'NOT_FOUND' });
    expect(await refusal(user.client, { serviceId: service.serviceId, pod: foreign.name })).toMatchObject({
      code: 'NOT_FOUND',
    });
  });

  it('not in a pod of the namespace that is not of the service, whatever it is called', async () => {
    const api = stack.meridian.sandboxes[0]?.api;
    api?.create('pods', {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'stranger', namespace: service.namespace },
      spec: { containers: [{ name: 'web', image: 'nginx:1.27' }] },
    });
    expect(await refusal(stack.admin, { serviceId: service.serviceId, pod: 'stranger' })).toMatchObject({
      code: 'NOT_FOUND',
    });
  });
});

describe('a command (EX-8)', () => {
  it.each([
    ['a command line for a shell', ['sh', '-c', 'env']],
    ['something else', ['env']],
    ['a listed program with other arguments', ['df', '-i']],
  ])('that is %s needs the right to run any', async (_, command) => {
    const user = await developer();
    const { code, message } = await refusal(user.client, { serviceId: service.serviceId, command });
    expect(code).toBe('FORBIDDEN');
    expect(message).toMatch(/exec\.any-command.*"df -h"/);
    const owner = await stack.seed.user({ role: 'project-owner', scope: { projectId: service.projectId } });
    const run = await Terminal.run(owner.client, { serviceId: service.serviceId, command });
    expect(run.end?.exitCode).toBe(0);
  });

  it('that is listed may be run by whoever may open sessions', async () => {
    const user = await developer();
    for (const command of [
      ['df', '-h'],
      ['ls', '/'],
    ]) {
      const run = await Terminal.run(user.client, { serviceId: service.serviceId, command });
      expect(run.end?.exitCode).toBe(0);
    }
  });

  it('that no program could take is refused to everybody, and nothing reaches the cluster', async () => {
    // Earlier tests' sessions may still be on their way out.
    const sessions = () => stack.meridian.sandboxes[0]?.requests.count(({ path }) => path.includes('/exec?'));
    const before = sessions();
    for (const command of [['echo', 'a\0b'], ['echo', 'x'.repeat(17 * 1024)], [''], []]) {
      expect(await refusal(stack.admin, { serviceId: service.serviceId, command })).toMatchObject({
        code: 'BAD_USER_INPUT',
      });
    }
    expect(sessions()).toBe(before);
    // Too large for a message: the socket is closed, and the server lives.
    const user = await developer();
    await expect(
      Terminal.open(user.client, { serviceId: service.serviceId, command: ['echo', 'x'.repeat(1_000_000)] }),
    ).rejects.toBeDefined();
    await (await Terminal.open(stack.admin, { serviceId: service.serviceId })).close();
  });
});

describe('a session has limits (EX-10)', () => {
  it('of five for each user, whichever process holds them', async () => {
    const { client } = await developer();
    const open = await Promise.all(
      Array.from({ length: 5 }, () => Terminal.open(client, { serviceId: service.serviceId })),
    );
    const sixth = await refusal(client, { serviceId: service.serviceId });
    expect(sixth).toMatchObject({ code: 'RATE_LIMITED', message: expect.stringMatching(/5 sessions open/) });
    const records = await sessionRecords(stack.admin, { serviceId: service.serviceId, states: ['REFUSED'] });
    expect(records[0]).toMatchObject({ endReason: sixth.message, state: 'REFUSED', exitCode: null });
    await open[0]?.close();
    await open[0]?.ended();
    // Whoever is told of an end has room for another at once.
    const again = await Terminal.open(client, { serviceId: service.serviceId });
    for (const terminal of [...open.slice(1), again]) await terminal.close();
  });

  it('of half an hour without input and output, and says so', async () => {
    const { client } = await developer();
    const terminal = await Terminal.open(client, { serviceId: service.serviceId });
    offset = 29 * 60_000;
    await terminal.send('echo awake\r');
    await terminal.shows(/awake\r\n/);
    offset = 58 * 60_000;
    await terminal.send('echo still\r');
    await terminal.shows(/still\r\n/);
    offset = 89 * 60_000;
    expect((await terminal.ended()).reason).toMatch(/^Nothing was typed or printed for 30 min/);
  });

  it('of eight hours, however busy it is', async () => {
    const { client } = await developer();
    const terminal = await ticking(client);
    for (let hour = 0; hour < 8; hour += 0.4) {
      offset = hour * 3_600_000;
      const seen = terminal.output.length;
      while (terminal.output.length === seen) await terminal.shows(new RegExp(`^[^]{${seen + 1}}`));
    }
    offset = 8 * 3_600_000;
    expect((await terminal.ended()).reason).toMatch(/^A session may last 8 h at most/);
  });
});
