import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createLogger } from '../../subgraphs/shared/logger.js';
import { startEmbeddedPostgres } from '../../subgraphs/shared/postgres/embedded-postgres.js';
import { option } from '../bench/measures.js';
import { addPod, logs, serviceLogs } from '../integration/deployments/logs-pods.js';
import { startProxiedStack } from '../integration/faults/proxied-stack.js';
import type { Fault } from '../kit/fault-proxy.js';
import { aLog } from '../kit/fault-proxy-faults.js';
import { GraphqlClient } from '../kit/graphql-client.js';
import { heldBytes, mebibyte } from '../kit/memory.js';
import { ApiClient } from '../sandbox/api-client.js';

/**
 * A container whose log is `--gib 1` in lines of `--mib 10`, read through the front door in each of the three ways, by
 * a reader that keeps nothing (LO-1, LO-7). What the process holds is measured after garbage collections while it is
 * read: sandbox, gateway, subgraphs and reader are one process, so they may hold 32 MiB more together, however long the
 * log is, and nothing of it afterwards. A page must end at its 10 MB, and hang up on the cluster; it is in memory as a
 * whole, at the server's and at the reader's side. On a machine without a free core the permission check of the stream
 * may run into its time limit.
 */
const size = option('gib', 1) * 1_024 * mebibyte;
const lineSize = option('mib', 10) * mebibyte;
const forStream = 32 * mebibyte;
const forPage = 96 * mebibyte;
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const mib = (bytes: number): string => `${(bytes / mebibyte).toFixed(1)} MiB`;

let sent = 0;
/** Its text, as fast as it is read. */
const hugeLog: Fault = (exchange) => {
  const part = Buffer.alloc(256 * 1_024, 'x');
  let inLine = 0;
  let left = size;
  const pour = (): void => {
    while (exchange.open && left > 0) {
      const begin = inLine === 0 ? `${new Date().toISOString()} ` : '';
      inLine += part.byteLength;
      left -= part.byteLength;
      const isEnd = inLine >= lineSize;
      if (isEnd) inLine = 0;
      sent += part.byteLength;
      const chunk = Buffer.concat([Buffer.from(begin), part, Buffer.from(isEnd ? '\n' : '')]);
      if (!exchange.write(chunk)) {
        exchange.drained(pour);
        return;
      }
    }
    if (exchange.open) exchange.end();
  };
  pour();
};

const folder = await mkdtemp(join(tmpdir(), 'meridian-soak-'));
const postgres = process.env['TEST_DATABASE_URL']
  ? undefined
  : await startEmbeddedPostgres({ folder, logger: createLogger({ level: 'warn' }) });
if (postgres) process.env['TEST_DATABASE_URL'] = postgres.maintenanceUrl;
const { stack, clusters, dispose } = await startProxiedStack(['huge']);
// That of the stack keeps all it was answered, to search it for secrets.
const reader = new GraphqlClient(stack.url, stack.admin.token);
const service = await stack.seed.service();
for (const { sandbox } of clusters) await addPod(new ApiClient(sandbox), service, 'huge');
for (const { proxy } of clusters) proxy.inject(aLog, hugeLog);
let broken = 0;

/** Reads, and looks meanwhile at what is held. */
async function measured(what: string, allowed: number, read: () => Promise<number>): Promise<number> {
  sent = 0;
  const before = await heldBytes();
  let most = before;
  let samples = 0;
  let ended = false;
  const began = performance.now();
  const turns = monitorEventLoopDelay({ resolution: 10 });
  turns.enable();
  const reading = read().finally(() => {
    ended = true;
  });
  while (!ended) {
    most = Math.max(most, await heldBytes());
    samples += 1;
    await Promise.race([reading, new Promise((resolve) => setTimeout(resolve, 1_000))]).catch(
      () => undefined,
    );
  }
  const received = await reading;
  turns.disable();
  const after = await heldBytes();
  const isFlat = most - before < allowed && after - before < forStream;
  if (!isFlat) broken += 1;
  say(
    `${what}: ${mib(sent)} left the cluster, ${mib(received)} came, held ${mib(before)}, at most +${mib(most - before)} of ${samples} samples, +${mib(after - before)} afterwards, longest turn ${(turns.max / 1e6).toFixed(0)} ms, ${((performance.now() - began) / 1_000).toFixed(1)} s${isFlat ? '' : ': TOO MUCH'}`,
  );
  return received;
}

function expect(promise: string, kept: boolean): void {
  if (kept) return;
  broken += 1;
  say(`BROKEN: ${promise}`);
}

const input = { serviceId: service.serviceId };
// So that nothing is loaded or compiled for the first time while it is measured.
const page = async (): Promise<{ bytes: number; truncated: boolean }> => {
  const { data } = await reader.send(logs, { input });
  return { bytes: Buffer.byteLength(JSON.stringify(data)), truncated: data.logs.truncated };
};
await page();

let truncated = false;
const bytes = await measured('one page', forPage, async () => {
  const answer = await page();
  truncated = answer.truncated;
  return answer.bytes;
});
expect('a page holds at most 10 MB, and says that there is more', bytes <= 10_000_000 && truncated);
expect('the rest stays in the cluster', sent < size / 4);

const streamed = await measured('serviceLogs', forStream, async () => {
  let length = 0;
  for await (const event of reader.subscribe(serviceLogs, { input: { ...input, follow: false } })) {
    for (const { text } of event.lines ?? []) length += text.length;
  }
  return length;
});
expect('a stream brings everything', streamed === sent);

const downloaded = await measured('a download', forStream, async () => {
  const { url } = await stack.admin.mutate(
    'mutation ($input: CreateLogDownloadInput!) { createLogDownload(input: $input) { url userErrors { message } } }',
    { input },
  );
  const response = await fetch(new URL(url, stack.url));
  let length = 0;
  for await (const chunk of response.body ?? []) length += chunk.byteLength;
  return length;
});
expect('a download brings everything', downloaded >= sent);

await reader.dispose();
await dispose();
await postgres?.dispose();
await rm(folder, { recursive: true, force: true });
process.exitCode = broken === 0 ? 0 : 1;
