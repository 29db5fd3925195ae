import { Client } from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import WebSocket from 'ws';
import { readDeploymentsConfig } from '../../../subgraphs/deployments/config.js';
import { startDeploymentsSubgraph } from '../../../subgraphs/deployments/subgraph.js';
import { anExec } from '../../kit/fault-proxy-faults.js';
import { GraphqlClient } from '../../kit/graphql-client.js';
import type { SeededService } from '../../kit/seed.js';
import { Stopwatch } from '../../kit/stopwatch.js';
import { eventually } from '../../kit/wait.js';
import { type ProxiedStack, startProxiedStack } from '../faults/proxied-stack.js';
import { auditAbout, sessionRecord, Terminal } from './exec-terminal.js';

let system: ProxiedStack;
let service: SeededService;
let database: Client;
beforeAll(async () => {
  system = await startProxiedStack(['alpha'], { env: { MERIDIAN_EXEC_GRACE: '2s' } });
  service = await system.stack.seed.runningService({ spec: { replicas: 1 } });
  database = new Client({ connectionString: system.stack.databaseUrl });
  await database.connect();
});
afterAll(async () => {
  await database?.end();
  await system?.dispose();
});

const ended = (id: string, seconds = 20) =>
  eventually(
    async () => {
      const record = await sessionRecord(system.stack.admin, id);
      return record.state === 'ENDED' && record;
    },
    { seconds, what: 'the end on record' },
  );

const openExecs = () => system.clusters[0]?.proxy.open(anExec) ?? [];

describe('a session whose client vanishes (EX-4)', () => {
  it('ends its process when nobody comes back in time, and says so', async () => {
    const terminal = await Terminal.open(system.stack.admin, { serviceId: service.serviceId });
    await terminal.leave();
    const record = await ended(terminal.sessionId);
    expect(record.endReason).toMatch(/^The client is gone: nobody came back within 2 s/);
    // The shell heard ^C and ^D, so that how it ended is known.
    expect(record.exitCode).not.toBeNull();
    await eventually(() => openExecs().length === 0, { what: 'the end of the process' });
    const [end] = await auditAbout(system.stack.admin, terminal.sessionId);
    expect(end).toMatchObject({ action: 'execEnded', reason: record.endReason });
  });

  it('is noticed without a FIN, by pings that are not answered', async () => {
    const sockets: WebSocket[] = [];
    class Vanishing extends WebSocket {
      constructor(...options: ConstructorParameters<typeof WebSocket>) {
        super(...options);
        sockets.push(this);
      }
    }
    const { admin } = system.stack;
    const client = new GraphqlClient(admin.url, admin.token);
    client.webSocket = Vanishing;
    const terminal = await Terminal.open(client, { serviceId: service.serviceId });
    // Nothing is read any more, so no ping is answered, and nobody says goodbye.
    for (const socket of sockets) socket.pause();
    const watch = new Stopwatch();
    await ended(terminal.sessionId, 45);
    expect(watch.seconds).toBeLessThan(45);
    for (const socket of sockets) socket.terminate();
    await client.dispose();
  });

  it('says so when its process survives', async () => {
    // Those of earlier tests may still be on their way out.
    const before = new Set(openExecs());
    const terminal = await Terminal.open(system.stack.admin, {
      serviceId: service.serviceId,
      command: ['sleep', '1000'],
    });
    const exchange = openExecs().find((each) => !before.has(each));
    await terminal.leave();
    // The cluster hears nothing of the goodbye.
    exchange?.goHalfOpen();
    const record = await ended(terminal.sessionId);
    expect(record).toMatchObject({ exitCode: null, endReason: expect.stringMatching(/may still run$/) });
  });
});

describe('a cluster that talks nonsense in a session (EX-5)', () => {
  const frame = (...payload: number[]): Buffer => Buffer.from([0x82, payload.length, ...payload]);
  it.each([
    ['an empty message', frame()],
    ['a channel that does not exist', frame(9, 65)],
    ['a status that is no JSON', frame(3, ...Buffer.from('oops'))],
    ['a message of 100 MB', Buffer.from([0x82, 127, 0, 0, 0, 0, 0x06, 0x40, 0, 0, 1, 65])],
  ])('ends it for %s, and nothing else', async (_, bytes) => {
    const before = new Set(openExecs());
    const terminal = await Terminal.open(system.stack.admin, { serviceId: service.serviceId });
    const exchange = openExecs().findLast((each) => !before.has(each));
    const other = await Terminal.open(system.stack.admin, { serviceId: service.serviceId });
    exchange?.write(bytes);
    const end = await terminal.ended();
    expect(end).toMatchObject({ exitCode: null, reason: expect.stringMatching(/"alpha"|connection/) });
    expect(await ended(terminal.sessionId)).toMatchObject({ endReason: end.reason });
    const [audited] = await auditAbout(system.stack.admin, terminal.sessionId);
    expect(audited).toMatchObject({ action: 'execEnded', result: 'FAILED' });
    await other.send('echo alive-$((1+1))\r');
    await other.shows(/alive-2/);
    await other.close();
    await other.ended();
  });
});

describe('a session whose end is not on record yet', () => {
  it('has ended for its owner, never is anywhere else, and is told of when it is on record', async () => {
    const terminal = await Terminal.open(system.stack.admin, { serviceId: service.serviceId });
    const writer = new Client({ connectionString: system.stack.databaseUrl });
    await writer.connect();
    await writer.query('BEGIN');
    await writer.query('SELECT 1 FROM deployments.exec_session WHERE id = $1 FOR UPDATE', [
      terminal.sessionId,
    ]);
    const closing = terminal.close();
    const refused = await eventually(async () => (await terminal.resize(80, 24)).userErrors[0], {
      what: 'the end',
    });
    const hasEnded = expect.stringMatching(/has ended: Closed by its owner/);
    expect(refused).toMatchObject({ code: 'NOT_FOUND', message: hasEnded });
    await expect(Terminal.open(system.stack.admin, { sessionId: terminal.sessionId })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await writer.query('ROLLBACK');
    await writer.end();
    expect(await closing).toMatchObject({ userErrors: [] });
    expect(await sessionRecord(system.stack.admin, terminal.sessionId)).toMatchObject({ state: 'ENDED' });
    expect((await terminal.ended()).reason).toMatch(/^Closed by its owner/);
  });

  it('gets there as soon as the database takes it', async () => {
    const terminal = await Terminal.open(system.stack.admin, { serviceId: service.serviceId });
    await database.query(
      `ALTER TABLE deployments.exec_session ADD CONSTRAINT full_disk CHECK (exit_code IS DISTINCT FROM 42)`,
    );
    await terminal.send('exit 42\r');
    expect(await terminal.ended()).toMatchObject({ exitCode: 42 });
    expect(await sessionRecord(system.stack.admin, terminal.sessionId)).toMatchObject({ state: 'OPEN' });
    expect((await terminal.send('x')).userErrors).toMatchObject([
      { code: 'NOT_FOUND', message: expect.stringMatching(/has ended: exited with code 42/) },
    ]);
    await database.query('ALTER TABLE deployments.exec_session DROP CONSTRAINT full_disk');
    expect(await ended(terminal.sessionId)).toMatchObject({ exitCode: 42, endReason: 'exited with code 42' });
  });

  it('is on record when its reader hears of it', async () => {
    for (let i = 0; i < 5; i++) {
      const terminal = await Terminal.run(system.stack.admin, {
        serviceId: service.serviceId,
        command: ['sh', '-c', `exit ${i}`],
        record: true,
      });
      expect(await sessionRecord(system.stack.admin, terminal.sessionId)).toMatchObject({
        state: 'ENDED',
        exitCode: i,
        recordingComplete: true,
      });
    }
  });
});

describe('a session whose process of Meridian is gone', () => {
  it('is ended on record exactly once, by whichever process sees it', async () => {
    const terminal = await Terminal.run(system.stack.admin, {
      serviceId: service.serviceId,
      command: ['ls'],
    });
    await ended(terminal.sessionId);
    const id = terminal.sessionId.replace(/.{6}$/, 'zzzzzz');
    // What a process leaves that was killed in the middle of a session.
    await database.query(
      `INSERT INTO deployments.exec_replica VALUES ('killed', NULL, now() - interval '1 minute')`,
    );
    await database.query(
      `INSERT INTO deployments.exec_session
       SELECT (jsonb_populate_record(session, jsonb_build_object('id', $1::text, 'state', 'OPEN', 'replica_id', 'killed',
         'ended_at', NULL, 'exit_code', NULL, 'end_reason', NULL))).*
       FROM deployments.exec_session session WHERE id = $2`,
      [id, terminal.sessionId],
    );
    const replicas = await Promise.all(
      Array.from({ length: 3 }, () =>
        startDeploymentsSubgraph(readDeploymentsConfig({}), system.stack.meridian.services),
      ),
    );
    const record = await ended(id);
    expect(record).toMatchObject({ exitCode: null, endReason: expect.stringMatching(/^Meridian ended/) });
    for (const replica of replicas) await replica.dispose();
    const events = await auditAbout(system.stack.admin, id);
    expect(events.map(({ action, result }) => [action, result])).toEqual([['execEnded', 'FAILED']]);
  });

  it('is said to be elsewhere while the other process lives and has not said where, and to have ended afterwards', async () => {
    const terminal = await Terminal.open(system.stack.admin, { serviceId: service.serviceId });
    await terminal.close();
    await terminal.ended();
    await ended(terminal.sessionId);
    expect((await terminal.send('x')).userErrors).toMatchObject([
      { code: 'NOT_FOUND', message: expect.stringMatching(/has ended: Closed by its owner/) },
    ]);
    await database.query(
      `INSERT INTO deployments.exec_replica VALUES ('elsewhere', NULL, now() + interval '1 hour')`,
    );
    await database.query(
      `UPDATE deployments.exec_session SET state = 'OPEN', ended_at = NULL, replica_id = 'elsewhere' WHERE id = $1`,
      [terminal.sessionId],
    );
    for (const payload of [await terminal.send('x'), await terminal.resize(80, 24), await terminal.close()]) {
      expect(payload.userErrors).toMatchObject([
        {
          code: 'CONFLICT',
          message: expect.stringMatching(/held by another process of Meridian \(elsewhere\)/),
        },
      ]);
    }
    await expect(Terminal.open(system.stack.admin, { sessionId: terminal.sessionId })).rejects.toMatchObject({
      code: 'CONFLICT',
    });
    const colleague = await system.stack.seed.user({ role: 'platform-admin' });
    await expect(Terminal.open(colleague.client, { sessionId: terminal.sessionId })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    await database.query('UPDATE deployments.exec_session SET ended_at = now() WHERE id = $1', [
      terminal.sessionId,
    ]);
  });

  it('ends with a process that stops as it should, which waits for the record', async () => {
    const { services } = system.stack.meridian;
    const replica = await startDeploymentsSubgraph(readDeploymentsConfig({}), services);
    const { rows } = await database.query(
      'SELECT user_id, credential_id FROM deployments.exec_session LIMIT 1',
    );
    const caller = {
      userId: rows[0].user_id,
      credentialId: rows[0].credential_id,
      credentialKind: 'SESSION' as const,
      expiresAt: Date.now() + 3_600_000,
      requestId: 'test',
      address: null,
    };
    const { streams } = replica.createContext(caller, new AbortController().signal) as any;
    const events = await streams.execSessions.watch(caller, { serviceId: service.serviceId });
    const { value: started } = await events.next();
    await replica.dispose();
    const { rows: ends } = await database.query('SELECT * FROM deployments.exec_session WHERE id = $1', [
      started.sessionId,
    ]);
    expect(ends[0]).toMatchObject({ state: 'ENDED', end_reason: expect.stringMatching(/^Meridian stops/) });
    await eventually(() => openExecs().length === 0, { what: 'the end of the process' });
  });
});
