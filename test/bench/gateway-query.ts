import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SignJWT } from 'jose';
import { Pool } from 'undici';
import { deriveKey } from '../../subgraphs/shared/keys.js';
import { projectRoot } from '../../subgraphs/shared/project-root.js';
import { composeSupergraph, query, subgraphNames } from './gateway-query-subgraphs.js';
import { option, percentile, row } from './measures.js';

/**
 * A federated query, 20 entities with one hop to each of two subgraphs, through Meridian's gateway, Apollo's and
 * Hive's, and put together by hand (gateway-query-by-hand.ts): requests per second and processor time per request of
 * the gateway's own process. All ask the same subgraph processes, whose answers are memoised; rounds are interleaved,
 * and every gateway must give the same answer.
 *
 *   --seconds 10 --rounds 3 --connections 50 --warm 3   how long, how often, by how many
 *   --pages 500    so many different queries; 1 lets gateways that ask once for all who ask the same do so
 *   --pin 1        the gateway on processor 0, everything else on processor 1 (taskset)
 *   --only meridian,meridian-plain,by-hand,apollo,hive,hive-rust
 *   --prof DIR     writes a CPU profile of each gateway there
 *   --node '--max-semi-space-size=64'   options of Node, for all of them; `meridian` has the one that
 *                  `npm run gateway` gives it anyway, `meridian-plain` has not
 *
 * The others are installed by `npm --prefix test/bench/peers ci`. Meridian authenticates a token, signs each call of a
 * subgraph, checks limits, masks errors and logs; the others do none of it.
 */
const seconds = option('seconds', 10);
const rounds = option('rounds', 3);
const connections = option('connections', 50);
const warmSeconds = option('warm', 3);
const pages = option('pages', 500);
const pinned = option('pin', 0) === 1;
const text = (name: string, otherwise: string): string => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : (process.argv[at + 1] ?? otherwise);
};
const profiles = text('prof', '');
/** Of Node, for each gateway. */
const nodeOptions = text('node', '').split(' ').filter(Boolean);

const folder = mkdtempSync(join(tmpdir(), 'meridian-gateway-query-'));
const supergraphFile = join(folder, 'supergraph.graphql');
const secretKey = Buffer.alloc(32, 7).toString('base64');
const started: ChildProcess[] = [];
const peers = join(projectRoot(), 'test', 'bench', 'peers');
const beside = (file: string): string => new URL(file, import.meta.url).pathname;

const next = <T>(child: ChildProcess): Promise<T> =>
  new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(message as T));
    child.once('exit', (code) => reject(new Error(`it ended with ${code}`)));
  });

async function start(file: string, args: string[], cpu: number, execArgv: string[] = []) {
  const child = fork(file, args, { stdio: ['ignore', 'ignore', 'inherit', 'ipc'], execArgv });
  started.push(child);
  if (pinned) execFileSync('taskset', ['-a', '-cp', String(cpu), String(child.pid)]);
  const { url } = await next<{ url: string }>(child);
  return { child, url };
}

interface Candidate {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  /** Options of Node with which it is started wherever it runs. */
  readonly node?: readonly string[];
}

interface Measured {
  readonly cpuMicroseconds: number[];
  readonly perSecond: number[];
  readonly latencies: number[];
}

async function main(): Promise<void> {
  const urls = new Map<string, string>();
  for (const name of subgraphNames) {
    urls.set(name, (await start(beside('gateway-query-subgraphs.js'), [name], 1)).url);
  }
  writeFileSync(supergraphFile, composeSupergraph(urls));
  const all: Candidate[] = [
    {
      name: 'meridian',
      node: ['--max-semi-space-size=64'],
      file: beside('gateway-query-meridian.js'),
      args: [JSON.stringify(Object.fromEntries(urls)), secretKey],
    },
    {
      name: 'meridian-plain',
      file: beside('gateway-query-meridian.js'),
      args: [JSON.stringify(Object.fromEntries(urls)), secretKey],
    },
    {
      name: 'by-hand',
      file: beside('gateway-query-by-hand.js'),
      args: [JSON.stringify(Object.fromEntries(urls))],
    },
    { name: 'apollo', file: join(peers, 'apollo.mjs'), args: [''] },
    { name: 'hive', file: join(peers, 'hive.mjs'), args: ['', 'javascript'] },
    { name: 'hive-rust', file: join(peers, 'hive.mjs'), args: ['', 'rust'] },
  ];
  const only = text('only', '').split(',').filter(Boolean);
  const chosen = all.filter(({ name }) => only.length === 0 || only.includes(name));
  if (!existsSync(join(peers, 'node_modules')) && chosen.some(({ file }) => file.startsWith(peers))) {
    throw new Error('install the others first: npm --prefix test/bench/peers ci');
  }
  const token = await new SignJWT({ cid: 'session_1', ck: 'SESSION' })
    .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' })
    .setSubject('user_bench')
    .setIssuer('meridian')
    .setAudience('meridian')
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(deriveKey(secretKey, 'token-signing'));

  const gateways = [];
  let expected: string | undefined;
  for (const { name, file, args, node = [] } of chosen) {
    const execArgv = [
      ...node,
      ...nodeOptions,
      ...(profiles ? ['--cpu-prof', `--cpu-prof-dir=${profiles}`] : []),
    ];
    const gateway = await start(file, [supergraphFile, ...args], 0, execArgv);
    const load = new Load(gateway.url, token);
    const answer = JSON.stringify(JSON.parse(await load.ask()));
    expected ??= answer;
    if (answer !== expected) throw new Error(`${name} answers ${answer.slice(0, 500)}`);
    gateways.push({
      name,
      ...gateway,
      load,
      measured: { cpuMicroseconds: [], perSecond: [], latencies: [] },
    });
  }
  for (let round = 0; round <= rounds; round += 1) {
    for (const { child, load, measured } of gateways) {
      await measure(child, load, round === 0 ? warmSeconds : seconds, round === 0 ? undefined : measured);
    }
  }
  row('', 'CPU us', 'of rounds', 'requests/s', 'p50 ms', 'p99 ms');
  for (const { name, measured } of gateways) report(name, measured);
  for (const { load } of gateways) await load.close();
}

async function measure(
  child: ChildProcess,
  load: Load,
  duration: number,
  measured: Measured | undefined,
): Promise<void> {
  const usage = async (): Promise<number> => {
    const answer = next<{ cpu: NodeJS.CpuUsage }>(child);
    child.send('usage');
    const { cpu } = await answer;
    return cpu.user + cpu.system;
  };
  const before = await usage();
  const latencies = await load.run(duration * 1_000);
  const after = await usage();
  measured?.cpuMicroseconds.push((after - before) / latencies.length);
  measured?.perSecond.push(latencies.length / duration);
  measured?.latencies.push(...latencies);
}

function report(name: string, { cpuMicroseconds, perSecond, latencies }: Measured): void {
  row(
    name,
    percentile(cpuMicroseconds, 0.5).toFixed(0),
    `${Math.min(...cpuMicroseconds).toFixed(0)}-${Math.max(...cpuMicroseconds).toFixed(0)}`,
    percentile(perSecond, 0.5).toFixed(0),
    percentile(latencies, 0.5).toFixed(1),
    percentile(latencies, 0.99).toFixed(1),
  );
}

/** So many connections, each of which asks again as soon as it is answered. */
class Load {
  readonly #pool: Pool;
  readonly #path: string;
  readonly #headers: Record<string, string>;
  #asked = 0;

  constructor(url: string, token: string) {
    const { origin, pathname } = new URL(url);
    this.#pool = new Pool(origin, { connections, pipelining: 1 });
    this.#path = pathname;
    this.#headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
  }

  async ask(): Promise<string> {
    const page = this.#asked % pages;
    this.#asked += 1;
    const { statusCode, body } = await this.#pool.request({
      method: 'POST',
      path: this.#path,
      headers: this.#headers,
      body: JSON.stringify({ query, variables: { first: 20, page } }),
    });
    const answer = await body.text();
    if (statusCode !== 200) throw new Error(`${statusCode}: ${answer.slice(0, 500)}`);
    return answer;
  }

  /** Milliseconds that each request took. */
  async run(milliseconds: number): Promise<number[]> {
    const latencies: number[] = [];
    const end = performance.now() + milliseconds;
    const worker = async (): Promise<void> => {
      while (performance.now() < end) {
        const startedAt = performance.now();
        const answer = await this.ask();
        if (!answer.startsWith('{"data":{"products":[{')) throw new Error(answer.slice(0, 500));
        latencies.push(performance.now() - startedAt);
      }
    };
    await Promise.all(Array.from({ length: connections }, worker));
    return latencies;
  }

  close(): Promise<void> {
    return this.#pool.close();
  }
}

try {
  await main();
} finally {
  for (const child of started) {
    child.removeAllListeners('exit');
    // Each ends by itself then, and writes its profile if it was asked for one.
    if (child.connected) child.disconnect();
  }
  rmSync(folder, { recursive: true, force: true });
}
