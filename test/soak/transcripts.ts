import { type Sandbox, startSandbox } from '../../sandbox/sandbox.js';
import { attempt } from '../integration/deployments/operations.js';
import type { GraphqlClient } from '../kit/graphql-client.js';
import { Seed, type SeededEnvironment } from '../kit/seed.js';
import { eventually } from '../kit/wait.js';
import { MeridianProcess } from './meridian-process.js';

/**
 * How rollouts look to a subscriber of `rolloutProgress`, a line for each event, with the seconds since the
 * mutation. Pods' times pass five times as fast as in a real cluster; those of deadlines too.
 */
type Data = any;
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const seeding = (client: GraphqlClient): Seed =>
  new Seed(client, () => Promise.reject(new Error('nobody else signs in')));

const selection = `__typename
  ... on RolloutProgressed { rollout { ...counts } }
  ... on RolloutCompleted { rollout { ...counts } }`;
const counts = `fragment counts on Rollout {
  phase percent desired updated ready available old stalledSince
  blockers { kind message pods } canary { step steps percent waiting } }`;

function lineOf(rollout: Data, before: Data | undefined): string {
  const { phase, percent, desired, updated, available, old, canary, blockers } = rollout;
  const step = canary ? ` step ${canary.step}/${canary.steps} ${canary.waiting ? '(waits)' : ''}` : '';
  const known = new Set((before?.blockers ?? []).map(({ kind }: Data) => kind));
  const fresh = blockers.filter(({ kind }: Data) => !known.has(kind));
  const why = fresh.map(
    ({ kind, message, pods }: Data) =>
      `\n            ! ${kind} ${pods.length ? `(${pods.length} pods) ` : ''}${message}`,
  );
  return `${phase.padEnd(11)} ${String(percent).padStart(3)} %  new ${available}/${updated} of ${desired}, old ${old}${step}${rollout.stalledSince ? '  stalled' : ''}${why.join('')}`;
}

/** Prints what comes until the end, or until `until` says that it was enough. Lines that say nothing new are left out. */
async function follow(
  client: GraphqlClient,
  deploymentId: string,
  began: number,
  until: (rollout: Data) => boolean = () => false,
): Promise<Data> {
  let last = '';
  let before: Data;
  const events = client.subscribe(
    `subscription ($id: ID!) { rolloutProgress(deploymentId: $id) { ${selection} } } ${counts}`,
    { id: deploymentId },
  );
  for await (const event of events) {
    if (!event.rollout) continue;
    const line = lineOf(event.rollout, before);
    if (line !== last) say(`  ${((performance.now() - began) / 1_000).toFixed(1).padStart(6)} s  ${line}`);
    last = line;
    before = event.rollout;
    if (event.__typename === 'RolloutCompleted' || until(event.rollout)) break;
  }
  return before;
}

async function deploy(client: GraphqlClient, serviceId: string, input: object): Promise<string> {
  const { deployment } = await attempt(client, 'deploy', { serviceId, ...input }, 'deployment { id }');
  return deployment.id;
}

/** A service of which version 1 runs. */
async function running(
  client: GraphqlClient,
  environment: SeededEnvironment,
  name: string,
  spec: object = {},
) {
  const { serviceId } = await seeding(client).service({
    environment,
    name,
    spec: { image: 'shop/web:1', replicas: 3, progressDeadlineSeconds: 60, stopGraceSeconds: 1, ...spec },
  });
  const id = await deploy(client, serviceId, {});
  await seeding(client).finished(id, 120);
  return serviceId;
}

const probe = { httpPath: '/', port: 8080, periodSeconds: 1 };
/** What goes wrong, and how to cause it. */
const failures: readonly (readonly [string, object])[] = [
  ['an image that is not there', { image: 'registry.example/does-not-exist:2' }],
  ['a container that keeps ending', { image: 'shop/crash:2' }],
  [
    'a container that needs more memory than its limit',
    { image: 'shop/oom:2', spec: { limits: { memory: '64Mi' } } },
  ],
  [
    'pods that fit on no node',
    { image: 'shop/web:2', spec: { nodeSelector: [{ name: 'disk', value: 'none-like-this' }] } },
  ],
  ['a container that never gets ready', { image: 'shop/never-ready:2', spec: { readiness: probe } }],
  [
    'a startup probe that fails',
    { image: 'shop/never-started:2', spec: { startup: { ...probe, failureThreshold: 2 } } },
  ],
  [
    'a liveness probe that fails',
    { image: 'shop/unlive:2', spec: { liveness: { ...probe, failureThreshold: 2 } } },
  ],
  [
    'a variable from a Secret that is not there',
    {
      image: 'shop/web:2',
      spec: { environmentVariables: [{ name: 'TOKEN', secretRef: 'not-there', secretKey: 'token' }] },
    },
  ],
  [
    'a volume of an unknown storage class',
    {
      image: 'shop/web:2',
      spec: { volumes: [{ name: 'data', path: '/data', size: '1Gi', storageClass: 'no-such-class' }] },
    },
  ],
];

/** What only the cluster can do: as a fault of the pods' template, of the first new pods, or of their nodes. */
const troubles: readonly (readonly [string, object, 'template' | 'pods' | 'nodes', string])[] = [
  ['a container whose configuration is gone by the time it starts', {}, 'template', 'config-error'],
  [
    'a volume that cannot be mounted',
    { volumes: [{ name: 'cache', path: '/cache' }] },
    'template',
    'mount-error',
  ],
  ['a pod that the cluster evicts', {}, 'pods', 'evicted'],
  // Of a pod that was ready when the node was last heard of: a step of a canary has such pods, and stays.
  ['a pod whose node is lost', { strategy: { type: 'CANARY', steps: [{ percent: 50 }] } }, 'nodes', 'lost'],
];

const faultAnnotation = 'sandbox.meridian.dev/fault';

function spoilTemplate({ api }: Sandbox, namespace: string, name: string, fault: string): void {
  const workload = structuredClone(api.get('deployments', namespace, name)) as Data;
  workload.spec.template.metadata.annotations = { [faultAnnotation]: fault };
  api.update('deployments', workload);
}

/** Puts the fault on the first pods with this image, or on their nodes; all is well again when the result is called. */
async function spoilPods(
  sandbox: Sandbox,
  where: 'pods' | 'nodes',
  namespace: string,
  image: string,
  fault: string,
) {
  const { api } = sandbox;
  const placed = await eventually(() => {
    const pods = (api.list('pods', { namespace }) as Data[]).filter(
      ({ spec, status }) => spec.containers[0].image === image && status.startTime,
    );
    return pods.length > 0 ? pods : undefined;
  });
  const names = placed.map(({ metadata, spec }) => (where === 'nodes' ? spec.nodeName : metadata.name));
  const set = (value: string): void => {
    for (const name of new Set<string>(names)) {
      const found = api.get(where, where === 'nodes' ? undefined : namespace, name) as Data;
      if (!found) continue;
      const object = structuredClone(found);
      object.metadata.annotations = { ...object.metadata.annotations, [faultAnnotation]: value };
      api.update(where, object);
    }
  };
  set(fault);
  return () => set('');
}

async function troubled(
  client: GraphqlClient,
  environment: SeededEnvironment,
  sandbox: Sandbox,
): Promise<void> {
  for (const [index, [what, spec, where, fault]] of troubles.entries()) {
    const name = `troubled-${index}`;
    const serviceId = await running(client, environment, name, { replicas: 2, progressDeadlineSeconds: 30 });
    say(`\nA deploy, and ${what}:`);
    const began = performance.now();
    // Ready only after a while, so that there is time for trouble.
    const image = 'shop/slow:2';
    const id = await deploy(client, serviceId, { image, spec: { ...spec, readiness: probe } });
    const { namespace } = environment;
    if (where === 'template') spoilTemplate(sandbox, namespace, name, fault);
    if (where === 'nodes') await follow(client, id, began, (rollout) => rollout.canary?.waiting);
    const heal = where === 'template' ? undefined : await spoilPods(sandbox, where, namespace, image, fault);
    const isTold = (rollout: Data): boolean => where === 'nodes' && rollout.blockers.length > 0;
    await follow(client, id, began, isTold);
    heal?.();
  }
}

async function failing(client: GraphqlClient, environment: SeededEnvironment): Promise<void> {
  for (const [index, [what, input]] of failures.entries()) {
    const serviceId = await running(client, environment, `failing-${index}`, {
      replicas: 2,
      progressDeadlineSeconds: 15,
    });
    say(`\nA deploy of ${what}:`);
    const began = performance.now();
    const payload = await attempt(client, 'deploy', { serviceId, ...input }, 'deployment { id }');
    for (const { code, message } of payload.userErrors) say(`     refused  ${code} ${message}`);
    if (payload.deployment) await follow(client, payload.deployment.id, began);
  }
  const small = await seeding(client).environment({
    project: { id: environment.projectId, name: environment.projectName },
    landscape: 'TEST',
    quota: { pods: 3 },
  });
  const serviceId = await running(client, small, 'large', { replicas: 2, progressDeadlineSeconds: 15 });
  say('\nA scale beyond the quota:');
  const began = performance.now();
  const scaled = await attempt(client, 'scale', { serviceId, replicas: 6 }, 'deployment { id }');
  for (const { code, message } of scaled.userErrors) say(`     refused  ${code} ${message}`);
  if (scaled.deployment) await follow(client, scaled.deployment.id, began);
}

async function canary(client: GraphqlClient, environment: SeededEnvironment): Promise<void> {
  const serviceId = await running(client, environment, 'canary', { replicas: 4 });
  say('\nA canary, 25 % for 3 s, then 50 % until it is promoted:');
  const steps = [{ percent: 25, pauseSeconds: 3 }, { percent: 50 }];
  const began = performance.now();
  const id = await deploy(client, serviceId, {
    image: 'shop/web:2',
    spec: { strategy: { type: 'CANARY', steps } },
  });
  await follow(client, id, began, (rollout) => rollout.canary?.waiting);
  say('            > promoteRollout');
  await attempt(client, 'promoteRollout', { deploymentId: id }, 'deployment { id }');
  await follow(client, id, began);
}

async function abort(client: GraphqlClient, environment: SeededEnvironment): Promise<void> {
  const serviceId = await running(client, environment, 'aborted');
  say('\nA deploy that does not get on, aborted:');
  const began = performance.now();
  const id = await deploy(client, serviceId, { image: 'shop/crash:2' });
  await follow(client, id, began, (rollout) => rollout.blockers.length > 0);
  say('            > abortRollout');
  const { rollback } = await attempt(client, 'abortRollout', { deploymentId: id }, 'rollback { id }');
  await follow(client, id, began);
  say('            the rollback:');
  await follow(client, rollback.id, began);
}

async function main(): Promise<void> {
  const sandbox = await startSandbox({ name: 'transcripts', seed: 1, pace: 0.2 });
  const meridian = await MeridianProcess.create(sandbox);
  try {
    let client = await meridian.start();
    await client.mutate(
      'mutation ($input: RegisterClusterInput!) { registerCluster(input: $input) { cluster { id } userErrors { code field message } } }',
      { input: { name: 'soak', infrastructure: 'OTHER', kubeconfig: sandbox.kubeconfig } },
    );
    const environment = await seeding(client).environment();

    const rolling = await running(client, environment, 'rolling');
    say('A rolling update:');
    let began = performance.now();
    await follow(client, await deploy(client, rolling, { image: 'shop/web:2' }), began);

    await failing(client, environment);
    await troubled(client, environment, sandbox);
    await canary(client, environment);
    await abort(client, environment);

    const restarted = await running(client, environment, 'restarted', { readiness: probe });
    say('\nMeridian killed (SIGKILL) and started again in the middle of a rolling update:');
    began = performance.now();
    const id = await deploy(client, restarted, { image: 'shop/slow:2' });
    await follow(client, id, began, (rollout) => rollout.updated > 0);
    await client.dispose();
    await meridian.kill();
    say(`  ${((performance.now() - began) / 1_000).toFixed(1).padStart(6)} s  killed`);
    client = await meridian.start();
    say(`  ${((performance.now() - began) / 1_000).toFixed(1).padStart(6)} s  up again`);
    await follow(client, id, began);
    await client.dispose();
  } finally {
    await meridian.dispose();
    await sandbox.dispose();
  }
}

await main();
