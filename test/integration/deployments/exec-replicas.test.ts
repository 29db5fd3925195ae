import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDeploymentsConfig } from '../../../subgraphs/deployments/config.js';
import { startDeploymentsSubgraph } from '../../../subgraphs/deployments/subgraph.js';
import type { SignedInCaller } from '../../../subgraphs/shared/caller.js';
import { deriveKey } from '../../../subgraphs/shared/keys.js';
import type { Subgraph } from '../../../subgraphs/shared/subgraph.js';
import { type SubgraphServer, serveSubgraph } from '../../../subgraphs/shared/subgraph-server.js';
import type { SeededService } from '../../kit/seed.js';
import { type Stack, startStack } from '../../kit/stack.js';
import { eventually } from '../../kit/wait.js';
import { sessionRecord, Terminal, typeAtOnce } from './exec-terminal.js';

type Data = any;

const env = { MERIDIAN_EXEC_LEASE: '3s' };
let stack: Stack;
let service: SeededService;
let database: Client;
/** Holds the sessions; the gateway's requests come to the replica in its own process. */
let holder: Replica;

interface Replica {
  readonly subgraph: Subgraph;
  readonly server: SubgraphServer;
}

async function startReplica(): Promise<Replica> {
  const { services } = stack.meridian;
  const subgraph = await startDeploymentsSubgraph(readDeploymentsConfig(env), services);
  const server = await serveSubgraph(subgraph, {
    host: '127.0.0.1',
    port: 0,
    key: deriveKey(services.config.secretKey, 'caller-context'),
    logger: services.logger,
  });
  await subgraph.served?.(server.url);
  return { subgraph, server };
}

async function stop({ subgraph, server }: Replica): Promise<void> {
  await server.dispose();
  await subgraph.dispose();
}

beforeAll(async () => {
  stack = await startStack({ env });
  service = await stack.seed.runningService({ spec: { replicas: 1 } });
  database = new Client({ connectionString: stack.databaseUrl });
  await database.connect();
  holder = await startReplica();
});
afterAll(async () => {
  if (holder) await stop(holder);
  await database?.end();
  await stack?.dispose();
});

async function callerOf(login = 'admin'): Promise<SignedInCaller> {
  const { rows } = await database.query(
    `SELECT session.id, session.user_id FROM identity.session JOIN identity."user" ON "user".id = session.user_id
     WHERE "user".login = $1 LIMIT 1`,
    [login],
  );
  return {
    userId: rows[0].user_id,
    credentialId: rows[0].id,
    credentialKind: 'SESSION',
    expiresAt: Date.now() + 3_600_000,
    requestId: 'test',
    address: null,
  };
}

const watch = async ({ subgraph }: Replica, caller: SignedInCaller, input: object) => {
  const { streams } = subgraph.createContext(caller, new AbortController().signal) as Data;
  return (await streams.execSessions.watch(caller, input)) as AsyncIterableIterator<Data>;
};

/** Opens a session at the other replica. */
async function openElsewhere(caller?: SignedInCaller, replica = holder) {
  const by = caller ?? (await callerOf());
  const events = await watch(replica, by, { serviceId: service.serviceId });
  const { value } = await events.next();
  expect(value).toMatchObject({ type: 'STARTED' });
  return { sessionId: value.sessionId as string, events };
}

describe('a session that another replica holds', () => {
  it('takes input and sizes, is come back to with its last output, and is closed, as if it were here', async () => {
    const { sessionId, events } = await openElsewhere();
    const terminal = await Terminal.open(stack.admin, { sessionId });
    expect(terminal.started).toMatchObject({ sessionId, tty: true });
    // The first reader is sent away by the one who came.
    let last: Data;
    for await (const event of events) last = event;
    expect(last).toMatchObject({ type: 'EXITED', reason: expect.stringMatching(/Another reader/) });

    expect(await terminal.send('echo there-$((6*7))\r')).toEqual({ sessionId, userErrors: [] });
    await terminal.shows(/there-42/);
    expect(await terminal.resize(132, 43)).toEqual({ sessionId, userErrors: [] });
    await terminal.send('stty size\r');
    await terminal.shows(/43 132/);
    await terminal.leave();

    const again = await Terminal.open(stack.admin, { sessionId });
    await again.shows(/there-42/);
    expect(await again.close()).toEqual({ sessionId, userErrors: [] });
    expect((await again.ended()).reason).toMatch(/Closed by its owner/);
    expect(await sessionRecord(stack.admin, sessionId)).toMatchObject({ state: 'ENDED' });
  });

  it('takes numbered input in order and once, whichever of the replicas it comes to', async () => {
    const caller = await callerOf();
    const { sessionId, events } = await openElsewhere(caller);
    const terminal = await Terminal.open(stack.admin, { sessionId });
    const atHolder = holder.subgraph.createContext(caller, new AbortController().signal) as Data;
    const text = `echo ordered-$((6*7))\r`;
    const keys = [...text];
    await Promise.all([
      typeAtOnce(
        keys.map((key) => (place) => terminal.send(key, place)),
        'tab',
      ),
      // The same again, as after lost answers, at the process that holds it.
      typeAtOnce(
        keys.map(
          (data) => (place) => atHolder.streams.execSessions.input(caller, { sessionId, data, ...place }),
        ),
        'tab',
      ),
    ]);
    await terminal.shows(/ordered-42/);
    const next = keys.length + 1;
    expect(await terminal.send('x', { writer: 'tab', sequence: next + 1 })).toEqual({
      sessionId,
      nextSequence: next,
      userErrors: [],
    });
    // What is missing never comes: the next answer after that has been given up says so, once.
    const refused = await eventually(async () => {
      const { userErrors } = await terminal.send('z', { writer: 'tab', sequence: next + 2 });
      if (userErrors.length === 0) await new Promise((resolve) => setTimeout(resolve, 1_000));
      return userErrors[0];
    });
    expect(refused).toMatchObject({
      code: 'CONFLICT',
      field: ['input', 'sequence'],
      message: expect.stringContaining(`Input ${next} of writer "tab" was not typed, nor what came after it`),
    });
    for (const [index, key] of [...'\recho more-$((7*7))\r'].entries()) {
      const place = { writer: 'tab', sequence: next + index };
      expect(await terminal.send(key, place)).toMatchObject({
        nextSequence: next + index + 1,
        userErrors: [],
      });
    }
    await terminal.shows(/more-49/);
    const other = await terminal.send('y', { writer: 'tab', sequence: 1 });
    expect(other).toMatchObject({
      sessionId: null,
      nextSequence: null,
      userErrors: [{ code: 'CONFLICT', field: ['input', 'sequence'] }],
    });
    await terminal.close();
    await terminal.ended();
    await events.return?.();
  });

  it('refuses there what it would refuse here, and the audit log has it once', async () => {
    const { sessionId, events } = await openElsewhere();
    const terminal = await Terminal.open(stack.admin, { sessionId });
    const refused = await terminal.sendBytes(new Uint8Array(70 * 1_024));
    expect(refused).toMatchObject({
      sessionId: null,
      userErrors: [{ code: 'BAD_USER_INPUT', field: ['input', 'dataBase64'] }],
    });
    await terminal.close();
    await terminal.ended();
    await events.return?.();
    const { auditEvents } = await stack.admin.query(
      '{ auditEvents(first: 500) { nodes { action result reason changes { path after } } } }',
    );
    const about = auditEvents.nodes.filter((event: Data) =>
      JSON.stringify(event).includes(`${70 * 1_024} bytes`),
    );
    expect(about).toMatchObject([{ action: 'execInput', result: 'REFUSED' }]);
  });

  it("is nobody else's, and no longer its owner's when the right is gone", async () => {
    const owner = await stack.seed.user();
    const roleBindingId = await stack.seed.bind(owner.id, 'developer', { projectId: service.projectId });
    const { sessionId, events } = await openElsewhere(await callerOf(owner.login));
    const colleague = Terminal.typing(stack.admin, sessionId);
    for (const payload of [
      await colleague.send('x'),
      await colleague.resize(80, 24),
      await colleague.close(),
    ]) {
      expect(payload).toMatchObject({ sessionId: null, userErrors: [{ code: 'NOT_FOUND' }] });
    }
    await expect(Terminal.open(stack.admin, { sessionId })).rejects.toMatchObject({ code: 'NOT_FOUND' });

    const terminal = await Terminal.open(owner.client, { sessionId });
    await stack.admin.mutate(
      'mutation ($input: UnbindRoleInput!) { unbindRole(input: $input) { userErrors { code } } }',
      { input: { roleBindingId } },
    );
    await expect(terminal.ended()).rejects.toMatchObject({ code: 'FORBIDDEN' });
    expect((await terminal.send('x')).userErrors).toMatchObject([{ code: 'FORBIDDEN' }]);
    await eventually(async () => (await sessionRecord(stack.admin, sessionId)).state === 'ENDED');
    await events.return?.();
  });

  it('is read at the pace of its reader, however many processes are in between', async () => {
    const caller = await callerOf();
    const { sessionId, events } = await openElsewhere(caller);
    const between = await startReplica();
    const reader = await watch(between, caller, { sessionId });
    await reader.next();
    await Terminal.typing(stack.admin, sessionId).send('x=$(seq 1 2000); while true; do echo $x; done\r');
    const bytesOut = async (): Promise<number> => (await sessionRecord(stack.admin, sessionId)).bytesOut;
    let before = -1;
    // The record is brought up to date every second.
    const held = await eventually(
      async () => {
        const now = await bytesOut();
        const still = now > 0 && now === before;
        before = now;
        if (!still) await new Promise((resolve) => setTimeout(resolve, 1_500));
        return still ? now : undefined;
      },
      { seconds: 60 },
    );
    expect(held).toBeLessThan(4 * 1_024 * 1_024);
    let read = 0;
    while (read < 2 * held) {
      const { value } = await reader.next();
      read += Buffer.byteLength(value.dataBase64 ?? '', 'base64');
    }
    await reader.return?.();
    await Terminal.typing(stack.admin, sessionId).close();
    await events.return?.();
    await stop(between);
  });
});

describe('when the process that holds a session', () => {
  it('stops as it should, the reader elsewhere is told how the session ended', async () => {
    const other = await startReplica();
    const { sessionId, events } = await openElsewhere(undefined, other);
    const terminal = await Terminal.open(stack.admin, { sessionId });
    const ended = terminal.ended();
    const [{ reason }] = await Promise.all([ended, stop(other)]);
    expect(reason).toMatch(/^Meridian stops/);
    await events.return?.();
  });

  it('does not answer, requests fail with TIMEOUT, and find the session ended when its lease is over', async () => {
    const { sessionId, events } = await openElsewhere();
    await database.query(
      `INSERT INTO deployments.exec_replica VALUES ('silent', 'http://127.0.0.1:1/graphql', now() + interval '1 hour')`,
    );
    await database.query(`UPDATE deployments.exec_session SET replica_id = 'silent' WHERE id = $1`, [
      sessionId,
    ]);
    const terminal = Terminal.typing(stack.admin, sessionId);
    await expect(terminal.send('x')).rejects.toThrow(/"code": "TIMEOUT"/);
    await expect(Terminal.open(stack.admin, { sessionId })).rejects.toMatchObject({ code: 'TIMEOUT' });

    await database.query(
      `UPDATE deployments.exec_replica SET seen_at = now() - interval '1 hour' WHERE id = 'silent'`,
    );
    expect((await terminal.send('x')).userErrors).toMatchObject([
      { code: 'NOT_FOUND', message: expect.stringMatching(/has ended: .*is gone/) },
    ]);
    await eventually(async () => (await sessionRecord(stack.admin, sessionId)).state === 'ENDED');
    await events.return?.();
  });

  it('is not the one at its address, the request goes no further', async () => {
    const { sessionId, events } = await openElsewhere();
    await database.query(
      `INSERT INTO deployments.exec_replica VALUES ('moved', $1, now() + interval '1 hour')`,
      [
        // Of a replica that does not hold it.
        holder.server.url,
      ],
    );
    const terminal = await Terminal.open(stack.admin, { serviceId: service.serviceId });
    await terminal.close();
    await terminal.ended();
    await database.query(
      `UPDATE deployments.exec_session SET state = 'OPEN', ended_at = NULL, replica_id = 'moved' WHERE id = $1`,
      [terminal.sessionId],
    );
    expect((await terminal.send('x')).userErrors).toMatchObject([{ code: 'CONFLICT' }]);
    await database.query('UPDATE deployments.exec_session SET ended_at = now() WHERE id = $1', [
      terminal.sessionId,
    ]);
    await Terminal.typing(stack.admin, sessionId).close();
    await events.return?.();
  });
});
