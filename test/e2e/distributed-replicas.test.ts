import { Client } from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  type InputPlace,
  sessionRecord,
  Terminal,
  typeAtOnce,
} from '../integration/deployments/exec-terminal.js';
import { DistributedSystem } from '../kit/distributed-system.js';
import type { GraphqlClient } from '../kit/graphql-client.js';
import { Seed, type SeededService } from '../kit/seed.js';
import { eventually } from '../kit/wait.js';

type Data = any;

/** Two gateways, and two replicas of deployments behind a load balancer that deals out connections. */
let system: DistributedSystem;
let database: Client;
/** The same user at either gateway. */
let atA: GraphqlClient;
let atB: GraphqlClient;
let service: SeededService;

beforeAll(async () => {
  system = await DistributedSystem.start({
    gateways: 2,
    deployments: 2,
    // Long enough that a busy machine does not take the living for dead.
    env: { MERIDIAN_EXEC_LEASE: '10s' },
  });
  database = new Client({ connectionString: system.database.url });
  await database.connect();
  [atA, atB] = await Promise.all([system.admin(0), system.admin(1)]);
});
afterAll(async () => {
  await database?.end();
  await system?.dispose();
});

async function progress(client: GraphqlClient, deploymentId: string): Promise<Data[]> {
  const events: Data[] = [];
  for await (const event of client.subscribe(
    'subscription ($id: ID!) { rolloutProgress(deploymentId: $id) { __typename ... on RolloutCompleted { phase } } }',
    { id: deploymentId },
  )) {
    events.push(event);
  }
  return events;
}

/** A session for each replica, opened through either gateway; which replica gets one is the load balancer's affair. */
async function sessionOnEach(): Promise<Terminal[]> {
  const byReplica = new Map<string, Terminal>();
  const gateways = [atA, atB];
  await eventually(
    async () => {
      const client = gateways.reverse()[0] as GraphqlClient;
      const terminal = await Terminal.open(client, { serviceId: service.serviceId });
      const { replicaId } = await sessionRecord(client, terminal.sessionId);
      if (!byReplica.has(replicaId)) byReplica.set(replicaId, terminal);
      else {
        await terminal.close();
        await terminal.ended();
      }
      return byReplica.size === 2;
    },
    { seconds: 60, what: 'a session on each replica' },
  );
  return [...byReplica.values()];
}

async function holderOf(terminal: Terminal) {
  const { rows } = await database.query(
    `SELECT replica.url FROM deployments.exec_session AS session
     JOIN deployments.exec_replica AS replica ON replica.id = session.replica_id WHERE session.id = $1`,
    [terminal.sessionId],
  );
  const holder = system.deployments.find(({ url }) => url === rows[0]?.url);
  if (!holder) throw new Error(`${rows[0]?.url} is none of ${system.deployments.map(({ url }) => url)}`);
  return holder.program;
}

/** Comes back through the second gateway and types; what the loss of a replica breaks is tried again, as clients do. */
const comeBack = (terminal: Terminal, text: string, shown: RegExp): Promise<Terminal> =>
  eventually(
    async () => {
      try {
        const again = await Terminal.open(atB, { sessionId: terminal.sessionId });
        expect(await again.send(text)).toMatchObject({ userErrors: [] });
        await again.shows(shown);
        return again;
      } catch {
        return undefined;
      }
    },
    { seconds: 60, what: 'the session at the other gateway' },
  );

it('a rollout is made and followed through either gateway', async () => {
  const clusterId = await system.registerCluster(atA);
  const seed = new Seed(atA, async () => atA);
  service = await seed.service({ environment: await seed.environment({ clusterId }), spec: { replicas: 1 } });
  const deploymentId = await seed.deploy(service.serviceId);
  for (const events of await Promise.all([progress(atA, deploymentId), progress(atB, deploymentId)])) {
    expect(events.at(-1)).toEqual({ __typename: 'RolloutCompleted', phase: 'SUCCEEDED' });
  }
});

it('sessions are typed into and come back to through either gateway, whichever replica holds them', async () => {
  for (const terminal of await sessionOnEach()) {
    const other = Terminal.typing(atB, terminal.sessionId);
    for (let n = 1; n <= 50; n++) {
      expect(await other.send(`echo n${n}-$((${n}+1))\r`)).toMatchObject({ userErrors: [] });
    }
    await terminal.shows(/n50-51/);
    const printed = [...terminal.text.matchAll(/^n(\d+)-(\d+)\r$/gm)].map(([, n]) => Number(n));
    expect(printed).toEqual(Array.from({ length: 50 }, (_, index) => index + 1));
    expect(await other.resize(132, 43)).toMatchObject({ userErrors: [] });
    await other.send('stty size\r');
    await terminal.shows(/43 132/);
    await terminal.leave();

    const again = await Terminal.open(atB, { sessionId: terminal.sessionId });
    await again.shows(/43 132/);
    expect(await Terminal.typing(atA, terminal.sessionId).close()).toMatchObject({ userErrors: [] });
    expect((await again.ended()).reason).toMatch(/Closed by its owner/);
  }
});

it('200 keystrokes at once, through either gateway, are typed in order and once', async () => {
  for (const reader of await sessionOnEach()) {
    const { sessionId } = reader;
    const gateways = [Terminal.typing(atA, sessionId), Terminal.typing(atB, sessionId)] as const;
    const line = `echo ${Array.from({ length: 32 }, (_, n) => `k${n + 100}`).join('.')}-end-$((6*7))\r`;
    const keys = [...line.padStart(200)];
    const inputs = keys.map(
      (key, index) => (place: InputPlace) => gateways[index % 2 === 0 ? 0 : 1].send(key, place),
    );
    // After answers that were lost: the same again, by the other gateway.
    const again = keys.map(async (key, index) => {
      if (index % 4 !== 0) return;
      await gateways[1].send(key, { writer: 'a page', sequence: index + 1 }).catch(() => undefined);
    });
    await Promise.all([typeAtOnce(inputs, 'a page'), ...again]);
    await reader.shows(/-end-42/);
    expect(reader.text).toContain(`${line.slice('echo '.length, -'$((6*7))\r'.length)}42`);
    await reader.close();
    await reader.ended();
  }
});

it('with a replica that is killed end its own sessions, and no other', async () => {
  const [lost, kept] = (await sessionOnEach()) as [Terminal, Terminal];
  await kept.send('echo kept-$((6*7))\r');
  await kept.shows(/kept-42/);
  const ended = lost.ended().then(
    ({ reason }) => reason,
    ({ code }) => code,
  );
  const killed = await holderOf(lost);
  expect(await holderOf(kept)).not.toBe(killed);
  await killed.stop('SIGKILL');

  // Its way led over the socket of the lost process: the reader is told that it was interrupted, and comes back.
  expect(await ended).toBe('TIMEOUT');
  const again = await comeBack(kept, 'echo on-$((7*7))\r', /on-49/);
  expect(again.text).toMatch(/kept-42/);

  const record = await eventually(
    async () => {
      const found = await sessionRecord(atB, lost.sessionId);
      return found.state === 'ENDED' ? found : undefined;
    },
    { seconds: 60, what: 'the end of the record' },
  );
  expect(record.endReason).toMatch(/the process that held the session is gone/);
  await expect(Terminal.open(atB, { sessionId: lost.sessionId })).rejects.toMatchObject({
    code: 'NOT_FOUND',
  });
  expect((await sessionRecord(atB, kept.sessionId)).state).toBe('OPEN');
  await again.close();
  await again.ended();
});
