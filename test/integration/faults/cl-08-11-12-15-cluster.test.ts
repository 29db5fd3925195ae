import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FakeApiServer } from '../../kit/fake-api-server.js';
import type { Fault } from '../../kit/fault-proxy.js';
import { anExec, everything, redirectTo, refuse, rewrite, watchOf } from '../../kit/fault-proxy-faults.js';
import type { SeededService } from '../../kit/seed.js';
import { Stopwatch } from '../../kit/stopwatch.js';
import { eventually } from '../../kit/wait.js';
import { PodStream } from './pod-stream.js';
import { type ProxiedCluster, type ProxiedStack, register, startProxiedStack } from './proxied-stack.js';

let proxied: ProxiedStack;
const services = new Map<string, SeededService>();

beforeAll(async () => {
  proxied = await startProxiedStack(['well', 'revoked', 'redirecting', 'lying', 'removed'], {
    sandbox: { nodes: 1 },
  });
  const { seed } = proxied.stack;
  await Promise.all(
    proxied.clusters.map(async ({ id, name }) =>
      services.set(
        name,
        await seed.runningService({ environment: await seed.environment({ clusterId: id }) }),
      ),
    ),
  );
});
afterAll(() => proxied?.dispose());

function on(name: string): { cluster: ProxiedCluster; service: SeededService } {
  const cluster = proxied.clusters.find((candidate) => candidate.name === name);
  const service = services.get(name);
  if (!cluster || !service) throw new Error(`${name} was not set up`);
  return { cluster, service };
}

const statusOf = async (id: string): Promise<string | undefined> => {
  const { cluster } = await proxied.stack.admin.query('query ($id: ID!) { cluster(id: $id) { status } }', {
    id,
  });
  return cluster?.status;
};

const plan = async (serviceId: string): Promise<string | undefined> => {
  const { data, errors } = await proxied.stack.admin.send(
    'query ($input: DeployInput!) { planDeployment(input: $input) { problems { code } } }',
    { input: { serviceId, image: 'nginx:1.28' } },
  );
  return errors?.[0]?.extensions.code ?? data.planDeployment.problems[0]?.code;
};

/** Why what is said of the service is stale. */
const observed = async (serviceId: string): Promise<string | undefined> => {
  const { service } = await proxied.stack.admin.query(
    'query ($id: ID!) { service(id: $id) { observed { error { code } } } }',
    { id: serviceId },
  );
  return service.observed.error?.code;
};

/** The code that a stream ends with, or what it ended with else. */
async function endOf(document: string, input: object): Promise<unknown> {
  const client = proxied.stack.client(proxied.stack.admin.token);
  try {
    for await (const event of client.subscribe(document, { input })) {
      if (['LogCompleted', 'ExecExited'].includes(event.__typename)) return event;
    }
    return 'completed';
  } catch (error) {
    return (error as { code?: string }).code ?? error;
  } finally {
    await client.dispose();
  }
}
const logs =
  'subscription ($input: ServiceLogsInput!) { serviceLogs(input: $input) { __typename ... on LogGap { reason } ... on LogCompleted { reason } } }';
const exec =
  'subscription ($input: ExecSubscriptionInput!) { exec(input: $input) { __typename ... on ExecExited { reason exitCode } } }';

async function expectOthersServed(): Promise<void> {
  const { cluster, service } = on('well');
  expect(await statusOf(cluster.id)).toBe('READY');
  expect(await plan(service.serviceId)).toBeUndefined();
}

describe('a cluster that revokes Meridian’s token (CL-8)', () => {
  it('is marked, asked once in 30 seconds at most, and followed again as soon as it gives a new one', async () => {
    const { cluster, service } = on('revoked');
    const { proxy, sandbox } = cluster;
    const stream = new PodStream(proxied.stack, service.serviceId);
    await stream.staleness(false);
    const watches = proxy.open(watchOf('pods')).length;
    expect(watches).toBe(1);
    const stop = proxy.inject(everything, refuse(401, 'Unauthorized'));
    const cut = proxy.open();
    for (const exchange of cut) exchange.cut();
    await stream.staleness(true);
    await eventually(async () => (await observed(service.serviceId)) === 'CLUSTER_AUTH_FAILED', {
      seconds: 40,
    });
    await eventually(async () => (await statusOf(cluster.id)) === 'CREDENTIALS_REJECTED', { seconds: 40 });
    for (let i = 0; i < 20; i++) expect(await plan(service.serviceId)).toBe('CLUSTER_AUTH_FAILED');
    const refused = proxy.seen(({ status }) => status === 401).map(({ at }) => at);
    // Those that were cut and the monitor's look, which may ask together, then at most one in half a minute.
    const [first = 0] = refused;
    expect(refused.length).toBeLessThanOrEqual(
      cut.length + 1 + Math.ceil((performance.now() - first) / 30_000),
    );
    await expectOthersServed();

    stop();
    // The proxy takes the new token, and knows the old one no more.
    const swap: Fault = (exchange) => {
      if (exchange.headers.authorization !== 'Bearer brand-new') return refuse(401, 'Unauthorized')(exchange);
      exchange.headers.authorization = `Bearer ${sandbox.token}`;
      exchange.forward();
    };
    proxy.inject(everything, swap);
    const heard = stream.events.length;
    proxied.stack.canaries.add('new token', 'brand-new-token'.slice(0, 9));
    await proxied.stack.admin.mutate(
      'mutation ($input: RotateClusterCredentialsInput!) { rotateClusterCredentials(input: $input) { userErrors { code message } } }',
      { input: { clusterId: cluster.id, token: 'brand-new' } },
    );
    await stream.staleness(false, heard);
    const [gone = ''] = stream.pods().keys();
    sandbox.api.remove('pods', service.namespace, gone, { gracePeriodSeconds: 0 });
    await eventually(() => !stream.pods().has(gone) && stream.pods().size === 2, { seconds: 30 });
    expect(await statusOf(cluster.id)).toBe('READY');
    await stream.stop();
  });
});

describe('a cluster that redirects to another address (CL-11)', () => {
  it('is an error for calls, logs, watches and sessions, and the other address is never asked', async () => {
    const target = await FakeApiServer.start();
    const { cluster, service } = on('redirecting');
    const stream = new PodStream(proxied.stack, service.serviceId);
    try {
      await stream.staleness(false);
      const redirect = redirectTo(`${target.origin}/latest/meta-data/`);
      cluster.proxy.inject(anExec, redirect);
      expect(await endOf(exec, { serviceId: service.serviceId, command: ['true'] })).toBe(
        'CLUSTER_UNAVAILABLE',
      );
      // Watches alone at first: before one is opened again, the cluster is asked whether it knows the version.
      cluster.proxy.inject(watchOf('pods'), redirect);
      for (const exchange of cluster.proxy.open(watchOf('pods'))) exchange.cut();
      expect((await stream.staleness(true)).observed.error.code).toBe('CLUSTER_UNAVAILABLE');
      const redirected = () => cluster.proxy.seen(({ status }) => status === 302);
      await eventually(() => redirected().some(({ watch }) => watch));
      cluster.proxy.inject(everything, redirect);
      for (const exchange of cluster.proxy.open()) exchange.cut();
      expect(await plan(service.serviceId)).toBe('CLUSTER_UNAVAILABLE');
      expect(redirected().some(({ upgrade }) => upgrade)).toBe(true);
      expect(target.connections).toBe(0);
      await expectOthersServed();
    } finally {
      await stream.stop();
      await target.close();
    }
  });
});

describe('a cluster that sends nonsense in its watches (CL-12)', () => {
  it('has what can be read of it served, and the process lives', async () => {
    const { cluster, service } = on('lying');
    const { proxy, sandbox } = cluster;
    const stream = new PodStream(proxied.stack, service.serviceId);
    await stream.staleness(false);
    const nonsense = [
      '{"type":"ADDED","object":{"metadata":null}}',
      '{"type":"ADDED","object":null}',
      '{"type":"ADDED","object":{"metadata":{"name":7,"resourceVersion":"1"}}}',
      '{"type":"SOMETHING","object":{}}',
      'null',
      '[[[[',
      '{"type":"ADDED","object":{"metadata":{"name":"\xff\xfe","namesp',
    ];
    proxy.inject(
      watchOf('pods'),
      rewrite((text) =>
        Buffer.concat([
          Buffer.from(`${nonsense.join('\n')}\n`, 'latin1'),
          Buffer.from(
            text
              .replaceAll('"phase":"Pending"', '"phase":"Dancing"')
              .replace(/"startTime":"[^"]*"/g, '"startTime":"yesterday"')
              .replaceAll('"annotations":{', `"annotations":{"long":"${'x'.repeat(256 * 1024)}",`),
          ),
        ]),
      ),
    );
    for (const exchange of proxy.open(watchOf('pods'))) exchange.cut();
    const [gone = ''] = stream.pods().keys();
    sandbox.api.remove('pods', service.namespace, gone, { gracePeriodSeconds: 0 });
    await eventually(
      () =>
        stream.pods().size === 2 && !stream.pods().has(gone) && [...stream.pods().values()].every(Boolean),
      { seconds: 30, what: 'the pods behind the nonsense' },
    );
    expect(stream.ended).toBeUndefined();
    expect(proxied.stack.log.join('')).toContain('object could not be read');
    await expectOthersServed();
    await stream.stop();
  });
});

describe('a cluster that an administrator removes (CL-15)', () => {
  it('ends its calls, watches, logs and sessions within five seconds, and nothing of its credentials stays', async () => {
    const { cluster, service } = on('removed');
    const { proxy } = cluster;
    const { stack } = proxied;
    const stream = new PodStream(stack, service.serviceId);
    await stream.staleness(false);
    const log = endOf(logs, { serviceId: service.serviceId });
    const session = endOf(exec, { serviceId: service.serviceId, command: ['sh'] });
    await eventually(() => proxy.open(({ upgrade }) => upgrade).length === 1, { what: 'an open session' });
    await eventually(() => proxy.open(({ url }) => url.pathname.endsWith('/log')).length === 2);
    // A call that is under way.
    proxy.inject(
      ({ watch, upgrade }) => !watch && !upgrade,
      () => undefined,
    );
    const call = plan(service.serviceId);
    await eventually(() => proxy.open(({ status }) => status === null).length > 0);

    const { id } = await stack.admin
      .mutate(
        'mutation ($input: UnregisterClusterInput!) { unregisterCluster(input: $input) { userErrors { code message } } }',
        { input: { clusterId: cluster.id, force: true } },
      )
      .then(() => cluster);
    const watch = new Stopwatch();
    const ends: Record<string, unknown> = {};
    for (const [name, end] of Object.entries({ log, session, call })) {
      void end.then((value) => {
        ends[name] = value;
      });
    }
    await eventually(() => Object.keys(ends).length === 3 && stream.ended, { seconds: 5 }).catch(
      () => undefined,
    );
    expect({ ...ends, stream: (stream.ended as { code?: string })?.code }).toEqual({
      log: 'NOT_FOUND',
      // A session that had begun ends with an event that says why.
      session: {
        __typename: 'ExecExited',
        exitCode: null,
        reason: expect.stringContaining(`"${cluster.id}" does not exist`),
      },
      call: 'NOT_FOUND',
      stream: 'NOT_FOUND',
    });
    await eventually(() => proxy.sockets.size === 0, { seconds: 5, what: 'no socket left' });
    expect(watch.seconds).toBeLessThan(5);
    const rows = await stack.meridian.services.published.query(
      'SELECT id FROM clusters.published_connection WHERE id = $1',
      [id],
    );
    expect(rows).toEqual([]);
    await expect(stack.meridian.services.connections.get(id)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    expect(await statusOf(id)).toBeUndefined();
    await expectOthersServed();
    // The name and the address are free again.
    proxy.heal();
    await register(stack, { name: 'removed', server: proxy.url, token: cluster.sandbox.token });
    await stream.stop();
  });
});
