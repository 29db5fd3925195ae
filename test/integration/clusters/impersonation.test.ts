import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Exchange } from '../../kit/fault-proxy-exchange.js';
import type { GraphqlClient } from '../../kit/graphql-client.js';
import { type SeededService, uniqueName } from '../../kit/seed.js';
import { eventually } from '../../kit/wait.js';
import { attempt } from '../deployments/operations.js';
import { type ProxiedCluster, type ProxiedStack, startProxiedStack } from '../faults/proxied-stack.js';

type Data = any;

/** Somebody whom Meridian allows everything in all projects. */
interface Person {
  readonly id: string;
  readonly login: string;
  readonly client: GraphqlClient;
}

let proxied: ProxiedStack;
let cluster: ProxiedCluster;
let service: SeededService;
/** The cluster lets her team do everything in the namespace, and nobody else anything. */
let ada: Person;
let eve: Person;
const team = uniqueName('payments');

beforeAll(async () => {
  proxied = await startProxiedStack(['strict']);
  [cluster] = proxied.clusters as [ProxiedCluster];
  const { seed, admin } = proxied.stack;
  service = (await seed.runningService()) as SeededService;
  [ada, eve] = (await Promise.all([
    seed.user({ role: 'platform-admin' }),
    seed.user({ role: 'platform-admin' }),
  ])) as [Person, Person];
  await attempt(admin, 'createTeam', { name: team, memberIds: [ada.id] }, 'team { id }');
  allow({ kind: 'Group', name: `meridian:team:${team}`, apiGroup: 'rbac.authorization.k8s.io' });
  await impersonate(cluster.id, true);
});
afterAll(() => proxied?.dispose());

/** Everything in the service's namespace. */
function allow(subject: object): void {
  const { api } = cluster.sandbox;
  api.create('roles', {
    metadata: { name: 'everything', namespace: service.namespace },
    rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }],
  } as never);
  api.create('rolebindings', {
    metadata: { name: 'everything', namespace: service.namespace },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'everything' },
    subjects: [subject],
  } as never);
}

async function impersonate(clusterId: string, on: boolean): Promise<void> {
  const { userErrors } = await attempt(
    proxied.stack.admin,
    'updateCluster',
    { clusterId, impersonate: on },
    'cluster { id }',
  );
  expect(userErrors).toEqual([]);
}

/** What the API server was asked while `act` ran. */
async function during(act: () => Promise<unknown>): Promise<Exchange[]> {
  const before = cluster.proxy.exchanges.length;
  await act();
  return cluster.proxy.exchanges.slice(before);
}

const isWrite = ({ method }: Exchange): boolean => !['GET', 'HEAD'].includes(method);
const actorOf = ({ headers }: Exchange): unknown => headers['impersonate-user'];
const deploy = (client: GraphqlClient, input: object): Promise<Data> =>
  attempt(client, 'deploy', { serviceId: service.serviceId, ...input }, 'deployment { id }');

describe('on a cluster that is registered with impersonation', () => {
  it('what a person changes is asked in the person’s name, with the teams, by everything that writes', async () => {
    const asked = await during(async () => {
      const { userErrors, deployment } = await deploy(ada.client, { spec: { replicas: 1 }, reason: 'fewer' });
      expect(userErrors).toEqual([]);
      expect(await proxied.stack.seed.finished(deployment.id)).toBe('SUCCEEDED');
    });
    const writes = asked.filter((exchange) => isWrite(exchange) && actorOf(exchange));
    expect(writes.length).toBeGreaterThan(1);
    // The dry run and the change itself.
    expect(new Set(writes.map(({ url }) => url.searchParams.get('dryRun')))).toEqual(new Set(['All', null]));
    for (const { headers } of writes) {
      expect(headers).toMatchObject({
        'impersonate-user': `meridian:${ada.login}`,
        'impersonate-uid': ada.id,
        'impersonate-group': `meridian:users, meridian:team:${team}`,
      });
    }
  });

  it('somebody whom the cluster does not allow is refused, although Meridian allows it', async () => {
    const { userErrors } = await deploy(eve.client, { image: 'nginx:1.28' });
    expect(userErrors).toEqual([
      {
        code: 'CLUSTER_REJECTED',
        field: null,
        message: expect.stringMatching(
          new RegExp(`does not let meridian:${eve.login} \\w+ \\w+: .* meridian:users`),
        ),
      },
    ]);
    const refused = await attempt(
      eve.client,
      'deletePod',
      { serviceId: service.serviceId, pod: await podName() },
      'pod { name }',
    );
    expect(refused.userErrors[0]).toMatchObject({ code: 'CLUSTER_REJECTED' });
    const kept = await attempt(
      eve.client,
      'deleteService',
      { serviceId: service.serviceId },
      'deletedServiceId',
    );
    expect(kept.userErrors[0]).toMatchObject({ code: 'CLUSTER_REJECTED' });
    expect(cluster.sandbox.api.list('deployments', { namespace: service.namespace })).toHaveLength(1);
  });

  it('environments and instances are made, changed and deleted by whom the cluster allows it', async () => {
    const { environmentId, projectId, clusterId } = service;
    const refusedTo = async (person: Person, mutation: string, input: object, selection: string) => {
      const { userErrors } = await attempt(person.client, mutation, input, selection);
      expect(userErrors[0], mutation).toMatchObject({
        code: 'CLUSTER_REJECTED',
        message: expect.stringContaining(`does not let meridian:${person.login} `),
      });
    };
    // Namespaces belong to the whole cluster: even Ada may not make or delete them.
    const environment = { projectId, clusterId, landscape: 'TEST' };
    await refusedTo(ada, 'createEnvironment', environment, 'environment { id }');
    await refusedTo(ada, 'deleteEnvironment', { environmentId }, 'environment { id }');
    await refusedTo(eve, 'updateQuota', { environmentId, quota: { pods: 30 } }, 'environment { id }');
    const quota = { environmentId, quota: { pods: 40 } };
    expect((await attempt(ada.client, 'updateQuota', quota, 'environment { id }')).userErrors).toEqual([]);

    const instance = { environmentId, offering: 'redis', name: 'cache' };
    await refusedTo(eve, 'createInstance', instance, 'instance { id }');
    const asked = await during(async () => {
      const made = await attempt(ada.client, 'createInstance', instance, 'instance { id }');
      expect(made.userErrors).toEqual([]);
      await refusedTo(eve, 'deleteInstance', { instanceId: made.instance.id }, 'instance { id }');
      const gone = await attempt(
        ada.client,
        'deleteInstance',
        { instanceId: made.instance.id },
        'instance { id }',
      );
      expect(gone.userErrors).toEqual([]);
    });
    const byAda = (method: string) =>
      asked.filter(
        (exchange) =>
          exchange.method === method &&
          exchange.url.pathname.includes('/statefulsets/') &&
          !exchange.url.searchParams.has('dryRun') &&
          actorOf(exchange) === `meridian:${ada.login}`,
      );
    expect([byAda('PATCH').length, byAda('DELETE').length]).toEqual([1, 1]);
  });

  it('logs and sessions are the person’s, also over the WebSocket', async () => {
    const before = cluster.proxy.exchanges.length;
    const { serviceId } = service;
    const open = (field: string, type: string, input: object) =>
      firstEvent(`subscription ($input: ${type}!) { ${field}(input: $input) { __typename } }`, { input });
    await Promise.all([
      open('exec', 'ExecSubscriptionInput', { serviceId, command: ['echo', 'hello'] }),
      open('serviceLogs', 'ServiceLogsInput', { serviceId, follow: false }),
    ]);
    const of = (path: string) =>
      cluster.proxy.exchanges.slice(before).filter(({ url }) => url.pathname.endsWith(path));
    await eventually(() => of('/exec').length > 0 && of('/log').length > 0);
    for (const exchange of [...of('/exec'), ...of('/log')]) {
      expect(exchange.headers).toMatchObject({
        'impersonate-user': `meridian:${ada.login}`,
        'impersonate-group': `meridian:users, meridian:team:${team}`,
      });
    }
  });

  it('what nobody in particular causes is Meridian’s own: watches, lists and probes', async () => {
    await proxied.stack.seed
      .as(eve.client)
      .client.query('query ($id: ID!) { service(id: $id) { pods(first: 5) { nodes { name } } } }', {
        id: service.serviceId,
      });
    const watches = cluster.proxy.seen(({ watch }) => watch);
    expect(watches.length).toBeGreaterThan(0);
    expect(watches.filter(actorOf)).toEqual([]);
    const probes = cluster.proxy.seen(({ url }) => url.pathname === '/version');
    expect(probes.length).toBeGreaterThan(0);
    expect(probes.filter(actorOf)).toEqual([]);
  });

  it('a team that is left counts no more at the next call', async () => {
    const teams = await proxied.stack.admin.query('{ teams(first: 50) { nodes { id name } } }');
    const { id } = teams.teams.nodes.find(({ name }: Data) => name === team);
    const membership = { teamId: id, userIds: [ada.id] };
    await attempt(proxied.stack.admin, 'removeTeamMembers', membership, 'team { id }');
    const { userErrors } = await deploy(ada.client, { spec: { replicas: 2 } });
    expect(userErrors[0]).toMatchObject({ code: 'CLUSTER_REJECTED' });
    await attempt(proxied.stack.admin, 'addTeamMembers', membership, 'team { id }');
    expect((await deploy(ada.client, { spec: { replicas: 2 } })).userErrors).toEqual([]);
  });

  it('that does not allow it, the refusal names the right that is missing', async () => {
    const stop = cluster.proxy.inject(
      (exchange) => actorOf(exchange) !== undefined,
      (exchange) =>
        exchange.answer(
          403,
          { 'content-type': 'application/json' },
          JSON.stringify({
            kind: 'Status',
            apiVersion: 'v1',
            metadata: {},
            status: 'Failure',
            message: `users "meridian:${ada.login}" is forbidden: User "system:serviceaccount:meridian:meridian" cannot impersonate resource "users" in API group "" at the cluster scope`,
            reason: 'Forbidden',
            details: { name: `meridian:${ada.login}`, kind: 'users' },
            code: 403,
          }),
        ),
    );
    const { userErrors } = await deploy(ada.client, { spec: { replicas: 1 } });
    stop();
    expect(userErrors).toEqual([
      {
        code: 'CLUSTER_REJECTED',
        field: null,
        message: expect.stringContaining(
          'give its account the right "impersonate" on users, groups and uids',
        ),
      },
    ]);
  });

  it('turned off, everything is Meridian’s own again', async () => {
    await impersonate(cluster.id, false);
    const asked = await during(async () => {
      expect((await deploy(eve.client, { spec: { replicas: 1 } })).userErrors).toEqual([]);
    });
    expect(asked.filter(isWrite).length).toBeGreaterThan(0);
    expect(asked.filter(actorOf)).toEqual([]);
  });
});

async function firstEvent(query: string, variables: object): Promise<Data> {
  for await (const event of ada.client.subscribe(query, variables)) return event;
  return undefined;
}

async function podName(): Promise<string> {
  const [pod] = cluster.sandbox.api.list('pods', { namespace: service.namespace });
  return (pod as Data).metadata.name;
}
