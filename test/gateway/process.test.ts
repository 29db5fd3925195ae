import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from 'graphql-ws';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { createLogger } from '../../subgraphs/shared/logger.js';
import { serveSubgraph } from '../../subgraphs/shared/subgraph-server.js';
import { lastingPort } from '../kit/lasting-port.js';
import { Program } from '../kit/program.js';
import { SteadyLoad } from '../kit/steady-load.js';
import { writeWhole } from '../kit/write-whole.js';
import { callerKey, expectSoon, receive, secretKey } from './tiny-gateway.js';
import { TinySubgraphs, tinySupergraph } from './tiny-subgraphs.js';

/** The gateway as `npm run gateway` starts it, over the tiny subgraphs of this process. */
const cleanUps: (() => unknown)[] = [];
const subgraphs = new TinySubgraphs();
const urls: Record<string, string> = {};
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'meridian-gateway-'));
  for (const subgraph of subgraphs.all) {
    const server = await serveSubgraph(subgraph, {
      host: '127.0.0.1',
      port: 0,
      key: callerKey,
      logger: createLogger({ level: 'silent' }),
    });
    lasting.push(() => server.dispose());
    urls[subgraph.name] = server.url;
  }
});
const lasting: (() => unknown)[] = [];
afterEach(async () => {
  subgraphs.clusterGate = Promise.resolve();
  for (const cleanUp of cleanUps.splice(0).reverse()) await cleanUp();
});
afterAll(async () => {
  for (const cleanUp of lasting) await cleanUp();
  await rm(folder, { recursive: true, force: true });
});

async function startGateway({
  clusters = urls['clusters'],
  env = {},
}: {
  clusters?: string | undefined;
  env?: Readonly<Record<string, string>>;
} = {}) {
  const supergraph = join(folder, 'supergraph.graphql');
  await writeFile(supergraph, tinySupergraph());
  const program = await Program.start('gateway/main.js', {
    MERIDIAN_SECRET_KEY: secretKey,
    MERIDIAN_SUPERGRAPH: supergraph,
    MERIDIAN_PORT: '0',
    MERIDIAN_PROJECTS_URL: urls['projects'] ?? '',
    MERIDIAN_DEPLOYMENTS_URL: urls['deployments'] ?? '',
    MERIDIAN_CLUSTERS_URL: clusters ?? '',
    // Not part of this supergraph; ready all the same.
    MERIDIAN_IDENTITY_URL: urls['projects'] ?? '',
    MERIDIAN_MARKETPLACE_URL: urls['projects'] ?? '',
    ...env,
  });
  cleanUps.push(() => program.dispose());
  const [, url = ''] = await program.printed(/"url":"([^"]+)"[^\n]*gateway ready/, 60);
  const post = async (query: string, variables?: object) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, variables }),
    });
    const text = await response.text();
    return { status: response.status, text, ...(JSON.parse(text) as { data?: any; errors?: any[] }) };
  };
  const readyz = async () => {
    const response = await fetch(new URL('/readyz', url));
    return [response.status, await response.json()];
  };
  const socket = () => {
    const client = createClient({
      url: url.replace('http', 'ws'),
      webSocketImpl: WebSocket,
      retryAttempts: 0,
    });
    cleanUps.push(() => client.terminate());
    return client;
  };
  return { program, url, supergraph, post, readyz, socket };
}

/** Answers for the subgraph of clusters, as a process of its own that can be killed. */
const clustersProgram = `
  require('node:http').createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => (body += chunk)).on('end', () => {
      response.setHeader('content-type', 'application/json');
      if (request.url === '/readyz') return response.end('{"ready":true}');
      const { variables } = JSON.parse(body);
      response.end(JSON.stringify({ data: { _entities: variables.representations.map(() => ({ __typename: 'Project', cluster: { name: 'here' } })) } }));
    });
  }).listen(Number(process.argv[1]), '127.0.0.1', () => console.log('up'));`;

async function startClusters(port: number): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['-e', clustersProgram, String(port)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  cleanUps.push(() => child.kill('SIGKILL'));
  await once(child.stdout as NonNullable<typeof child.stdout>, 'data');
  return child;
}

const bothParts = '{ project(id: "p1") { name cluster { name } } }';
const whole = { data: { project: { name: 'project p1', cluster: { name: 'here' } } } };

test('starts, serves and stops while the database that says who may share streams does not answer', async () => {
  const closed = await lastingPort();
  const gateway = await startGateway({
    env: { DATABASE_URL: `postgres://reader@127.0.0.1:${closed}/meridian` },
  });
  await gateway.program.printed(/domain events cannot be listened to yet/);
  expect(await gateway.readyz()).toEqual([200, { ready: true }]);
  expect(await gateway.post('{ project(id: "p1") { name } }')).toMatchObject({
    data: { project: { name: 'project p1' } },
  });
  expect(await gateway.program.stop()).toBe(0);
});

test('starts while a subgraph is down, says which in /readyz, and serves the others (GW-2)', async () => {
  const port = await lastingPort();
  const { post, readyz } = await startGateway({ clusters: `http://127.0.0.1:${port}/graphql` });
  expect(await readyz()).toEqual([
    503,
    { ready: false, missing: [{ subgraph: 'clusters', reason: 'does not answer' }] },
  ]);
  expect(await post(bothParts)).toMatchObject({
    status: 200,
    data: { project: { name: 'project p1', cluster: null } },
    errors: [{ path: ['project', 'cluster'], extensions: { code: 'INTERNAL' } }],
  });
  await startClusters(port);
  await expectSoon(readyz).toEqual([200, { ready: true }]);
  expect(await post(bothParts)).toMatchObject(whole);
});

/**
 * "Back to normal at most 2 s after it is up" is judged by the order of things, because seconds on a busy machine say
 * nothing: every request that is sent after the subgraph has said that it listens is answered whole. That is at once,
 * and stays so as long as the gateway has no breaker and no wait before it connects to a subgraph again. Nothing but
 * the 50 ms in which a request may join an equal one that was sent before (in-flight.ts) could come on top of it, so
 * no two requests are equal here.
 */
test('a subgraph that is killed under load costs its own fields until it is back (GW-1)', async () => {
  const port = await lastingPort();
  const clusters = await startClusters(port);
  const { program, post, readyz } = await startGateway({ clusters: `http://127.0.0.1:${port}/graphql` });
  const query = 'query ($id: ID!) { project(id: $id) { name cluster { name } } }';
  let requests = 0;
  let phase: 'before' | 'down' | 'back' = 'before';
  const load = new SteadyLoad(100, async () => {
    requests += 1;
    const id = `p${requests}`;
    const sentWhile = phase;
    return { id, sentWhile, ...(await post(query, { id })) };
  });
  cleanUps.push(() => load.stop());
  const count = (of: typeof phase): number => load.answers.filter(({ sentWhile }) => sentWhile === of).length;
  await expectSoon(() => count('before')).toBeGreaterThan(50);

  clusters.kill('SIGKILL');
  await once(clusters, 'exit');
  phase = 'down';
  await expectSoon(() => count('down')).toBeGreaterThan(50);
  await startClusters(port);
  phase = 'back';
  expect(await readyz()).toEqual([200, { ready: true }]);
  await expectSoon(() => count('back')).toBeGreaterThan(200);
  await load.stop();

  expect(load.failures).toEqual([]);
  for (const { id, sentWhile, status, data, errors, text } of load.answers) {
    expect([status, data.project.name]).toEqual([200, `project ${id}`]);
    if (sentWhile === 'back') expect(data.project.cluster).toEqual({ name: 'here' });
    if (data.project.cluster) {
      expect(errors).toBeUndefined();
      continue;
    }
    expect(errors).toMatchObject([{ path: ['project', 'cluster'], extensions: { code: 'INTERNAL' } }]);
    expect(text).not.toMatch(/ECONN|127\.0\.0\.1|clusters/);
  }
  expect(
    load.answers.filter(({ sentWhile, data }) => sentWhile === 'down' && !data.project.cluster),
  ).not.toEqual([]);
  expect(program.process.exitCode).toBeNull();
});

test('a supergraph that is written anew is served, a broken one is refused and told once (GW-9)', async () => {
  const { program, post, supergraph } = await startGateway();
  const query = '{ whoAmI }';
  expect((await post(query)).data).toEqual({ whoAmI: null });
  await writeWhole(supergraph, 'type Query {');
  await program.printed(/the supergraph was refused/);
  expect((await post(query)).data).toEqual({ whoAmI: null });
  await writeWhole(supergraph, tinySupergraph({ without: 'whoAmI: String\n' }));
  program.process.kill('SIGHUP');
  await expectSoon(async () => (await post(query)).errors?.length).toBe(1);
  await writeWhole(supergraph, tinySupergraph());
  await expectSoon(async () => (await post(query)).data).toEqual({ whoAmI: null });
  const refusals = program.output.split('\n').filter((line) => line.includes('the supergraph was refused'));
  expect(refusals.map((line) => JSON.parse(line))).toMatchObject([
    {
      level: 'error',
      path: supergraph,
      reason: expect.stringMatching(/not a valid supergraph: Syntax Error/),
    },
  ]);
});

test('trusted documents are followed; SIGHUP looks at them at once, and tells again what is at fault', async () => {
  const documents = await mkdtemp(join(tmpdir(), 'meridian-trusted-'));
  cleanUps.push(() => rm(documents, { recursive: true }));
  const query = '{ whoAmI }';
  await writeWhole(join(documents, 'one.graphql'), query);
  const { program, post } = await startGateway({ env: { MERIDIAN_TRUSTED_DOCUMENTS: documents } });
  const other = '{ project(id: "p1") { name } }';
  expect((await post(other)).errors).toMatchObject([{ extensions: { code: 'FORBIDDEN' } }]);
  await writeWhole(join(documents, 'other.graphql'), other);
  await expectSoon(async () => (await post(other)).data).toEqual({ project: { name: 'project p1' } });
  await writeWhole(join(documents, 'one.graphql'), '{');
  await program.printed(/the trusted documents were refused/);
  program.process.kill('SIGHUP');
  await program.printed(/the trusted documents were refused.*the trusted documents were refused/s);
  expect((await post(query)).data).toEqual({ whoAmI: null });
});

test('a supergraph that cannot be started with is a line that says so', async () => {
  const program = await Program.start('gateway/main.js', {
    MERIDIAN_SECRET_KEY: secretKey,
    MERIDIAN_SUPERGRAPH: join(folder, 'absent.graphql'),
    MERIDIAN_PORT: '0',
  });
  expect(await program.exited()).toBe(1);
  expect(program.output).toMatch(
    /^meridian: MERIDIAN_SUPERGRAPH: .*absent\.graphql is no supergraph to start with: ENOENT/m,
  );
});

test('SIGTERM under load: what runs finishes, sockets close with 1001, nothing new is taken, exit 0 (GW-10)', async () => {
  const { program, post, socket, url } = await startGateway();
  const client = socket();
  const closed = new Promise<{ code: number }>((resolve) => {
    client.on('closed', (event) => resolve(event as { code: number }));
  });
  const stream = receive(client, 'subscription { ticks { count } }');
  await expectSoon(() => subgraphs.streams.length).toBe(1);
  const load = new SteadyLoad(50, () => post('{ whoAmI }'));
  cleanUps.push(() => load.stop());
  await expectSoon(() => load.answers.length).toBeGreaterThan(20);
  let release = (): void => undefined;
  subgraphs.clusterGate = new Promise<void>((resolve) => {
    release = resolve;
  });
  subgraphs.calls.length = 0;
  const running = Promise.allSettled(
    Array.from({ length: 20 }, (_, n) => post(`{ project(id: "p${n}") { cluster { name } } }`)),
  );
  await expectSoon(() => subgraphs.calls.length).toBe(20);

  program.process.kill('SIGTERM');
  expect((await closed).code).toBe(1001);
  expect(stream.ended).not.toBe('complete');
  await expectSoon(() =>
    fetch(new URL('/readyz', url)).then(
      ({ status }) => status,
      () => 'refused',
    ),
  ).not.toBe(200);
  const { failures } = load;
  await expectSoon(() => failures.length).toBeGreaterThan(5);
  release();
  expect(await running).toMatchObject(
    Array.from({ length: 20 }, (_, n) => ({
      value: { status: 200, data: { project: { cluster: { name: `cluster of p${n}` } } } },
    })),
  );
  expect(await program.exited()).toBe(0);
  await load.stop();
  // What was answered was answered well.
  expect(load.answers.filter(({ status }) => status !== 200 && status !== 503)).toEqual([]);
});

test('a request that does not finish is cut after ten seconds, and a second SIGTERM does not wait for it (GW-10)', async () => {
  const hang = '{ project(id: "p1") { cluster { name } } }';
  subgraphs.clusterGate = new Promise(() => undefined);
  const [patient, hurried] = await Promise.all([startGateway(), startGateway()]);
  subgraphs.calls.length = 0;
  const running = [patient, hurried].map(({ post }) =>
    post(hang).then(
      () => 'answered',
      () => 'cut',
    ),
  );
  await expectSoon(() => subgraphs.calls.length).toBe(2);
  for (const { program } of [patient, hurried]) {
    program.process.kill('SIGTERM');
    await program.printed(/"msg":"stopping"/);
  }
  hurried.program.process.kill('SIGTERM');
  expect(await hurried.program.exited()).toBe(1);
  expect(patient.program.process.exitCode).toBeNull();
  expect(await patient.program.exited()).toBe(0);
  expect(await Promise.all(running)).toEqual(['cut', 'cut']);
});
