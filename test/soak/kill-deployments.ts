import { startSandbox } from '../../sandbox/sandbox.js';
import { option, percentile } from '../bench/measures.js';
import { attempt } from '../integration/deployments/operations.js';
import type { GraphqlClient } from '../kit/graphql-client.js';
import { Seed } from '../kit/seed.js';
import { MeridianProcess } from './meridian-process.js';
import { brokenPromises, type Finding, readRecords } from './promises.js';
import { SeededRandom } from './seeded-random.js';
import { Changer, type Sent, type SoakedService, send } from './soaked-service.js';

/**
 * Kills Meridian (SIGKILL) at random moments while several services are deployed, scaled, restarted, rolled back,
 * paused, promoted and aborted, two clients to a service; then looks whether anything that it answered is untrue.
 * What got no answer is sent again after the restart, with its idempotency key, half of the time.
 *
 *   --kills 20 --services 4 --seed 1
 */
const kills = option('kills', 20);
const serviceCount = option('services', 4);
const seed = option('seed', Date.now() % 100_000);
const progressDeadlineSeconds = 20;
/** Deadline, what Meridian adds to it, and a loaded machine. */
const patienceMs = (progressDeadlineSeconds + 10 + 60) * 1_000;

const say = (text: string): void => void process.stdout.write(`${text}\n`);
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function makeServices(client: GraphqlClient, kubeconfig: string): Promise<SoakedService[]> {
  await client.mutate(
    'mutation ($input: RegisterClusterInput!) { registerCluster(input: $input) { cluster { id } userErrors { code field message } } }',
    { input: { name: 'soak', infrastructure: 'OTHER', kubeconfig } },
  );
  const seeding = new Seed(client, () => Promise.reject(new Error('nobody else signs in')));
  const services: SoakedService[] = [];
  for (let index = 0; index < serviceCount; index += 1) {
    const name = `web-${index + 1}`;
    const { serviceId, namespace } = await seeding.service({
      name,
      spec: {
        image: 'shop/web:1',
        progressDeadlineSeconds,
        rollbackOnFailure: index % 2 === 1,
        stopGraceSeconds: 1,
      },
    });
    services.push({ id: serviceId, namespace, name });
  }
  return services;
}

/** Lets everything that is held go on, until every record has its end or the time that they may take is over. */
async function settle(client: GraphqlClient, services: readonly SoakedService[]): Promise<void> {
  const until = Date.now() + patienceMs;
  for (;;) {
    const records = (await Promise.all(services.map(({ id }) => readRecords(client, id)))).flat();
    const open = records.filter(({ finishedAt }) => finishedAt === null);
    if (open.length === 0 || Date.now() > until) return;
    for (const { id, rollout } of open.filter(({ rollout: { phase } }) => phase === 'PAUSED')) {
      const mutation = rollout.canary ? 'promoteRollout' : 'resumeRollout';
      await attempt(client, mutation, { deploymentId: id, reason: 'settling' }, 'deployment { id }');
      if (rollout.canary) await attempt(client, 'resumeRollout', { deploymentId: id }, 'deployment { id }');
    }
    await pause(500);
  }
}

async function main(): Promise<void> {
  say(`seed ${seed}, ${kills} kills, ${serviceCount} services, deadline ${progressDeadlineSeconds} s`);
  const random = new SeededRandom(seed);
  const sandbox = await startSandbox({ name: 'soak', seed, pace: 0.1 });
  const meridian = await MeridianProcess.create(sandbox);
  try {
    let client = await meridian.start();
    const services = await makeServices(client, sandbox.kubeconfig);
    const sent = new Map(services.map(({ id }) => [id, [] as Sent[]]));
    const changers = services.flatMap((service) =>
      ['a', 'b'].map(
        (label) =>
          new Changer(
            service,
            `${service.name}${label}`,
            new SeededRandom(random.between(1, 2 ** 31)),
            sent.get(service.id) as Sent[],
          ),
      ),
    );
    let resent = 0;
    for (let kill = 1; kill <= kills; kill += 1) {
      const delay = random.between(200, 12_000);
      const running = changers.map((changer) => {
        changer.start();
        return changer.run(client);
      });
      await pause(delay);
      for (const changer of changers) changer.stop();
      await meridian.kill();
      await Promise.all(running);
      const all = [...sent.values()].flat();
      const lost = all.filter(({ outcome }) => outcome === 'LOST').length;
      client = await meridian.start();
      say(
        `kill ${String(kill).padStart(2)} after ${delay} ms: ${all.length} sent, ${lost} without an answer; up again in ${((meridian.starts.at(-1) ?? 0) / 1_000).toFixed(1)} s`,
      );
      for (const one of all.filter(({ outcome }) => outcome === 'LOST')) {
        if (random.next() < 0.5) {
          resent += 1;
          await send(client, one);
        }
      }
    }
    await settle(client, services);
    const findings: Finding[] = [];
    const records: any[] = [];
    for (const service of services) {
      const checked = await brokenPromises(client, sandbox, service, sent.get(service.id) ?? []);
      findings.push(...checked.findings);
      records.push(...checked.records);
    }
    report([...sent.values()].flat(), records, resent, meridian.starts);
    if (meridian.failedStarts > 0) say(`${meridian.failedStarts} starts failed and were tried again`);
    for (const { service, problem } of findings) say(`BROKEN ${service}: ${problem}`);
    say(findings.length === 0 ? 'every promise was kept' : `${findings.length} promises were broken`);
    process.exitCode = findings.length === 0 ? 0 : 1;
  } finally {
    await meridian.dispose();
    await sandbox.dispose();
  }
}

function countBy<T>(items: readonly T[], key: (item: T) => string): string {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(key(item), (counts.get(key(item)) ?? 0) + 1);
  return [...counts].map(([name, count]) => `${name} ${count}`).join(', ');
}

function report(
  sent: readonly Sent[],
  records: readonly any[],
  resent: number,
  starts: readonly number[],
): void {
  say(`sent: ${countBy(sent, ({ mutation }) => mutation)}`);
  say(
    `answers: ${countBy(sent, ({ outcome, code }) => (outcome === 'REFUSED' ? `REFUSED ${code}` : outcome))}; ${resent} sent again`,
  );
  say(`records: ${records.length}; ${countBy(records, ({ rollout }) => rollout.phase)}`);
  const seconds = records
    .filter(({ finishedAt }) => finishedAt)
    .map(({ createdAt, finishedAt }) => (Date.parse(finishedAt) - Date.parse(createdAt)) / 1_000);
  say(
    `from record to end: median ${percentile(seconds, 0.5).toFixed(1)} s, longest ${Math.max(...seconds).toFixed(1)} s`,
  );
  say(
    `starts: median ${(percentile(starts, 0.5) / 1_000).toFixed(1)} s, longest ${(Math.max(...starts) / 1_000).toFixed(1)} s`,
  );
}

await main();
