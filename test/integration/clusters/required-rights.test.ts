import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../../sandbox/sandbox.js';
import { requiredRights } from '../../../subgraphs/clusters/registration/required-rights.js';
import { FaultProxy } from '../../kit/fault-proxy.js';
import { serviceAccountToken } from '../../kit/service-account.js';
import { type Stack, startStack } from '../../kit/stack.js';
import { eventually } from '../../kit/wait.js';

type Data = any;

let stack: Stack;
let sandbox: Sandbox;
/** Sees what the cluster answers. */
let proxy: FaultProxy;
let clusterId: string;

beforeAll(async () => {
  sandbox = await startSandbox({ name: 'strict', pace: 0.1 });
  proxy = await FaultProxy.start(sandbox.url);
  stack = await startStack({ sandboxes: 0, env: { MERIDIAN_CLUSTER_ORIGINS: proxy.url } });
  const rules = requiredRights.map(({ group, resource, verbs }) => ({
    apiGroups: [group],
    resources: [resource],
    verbs,
  }));
  const token = await serviceAccountToken(sandbox, rules);
  const input = { name: 'strict', infrastructure: 'OTHER', server: proxy.url, token };
  clusterId = (await mutate('registerCluster', input, 'cluster { id }')).cluster.id;
});
afterAll(async () => {
  await stack?.dispose();
  await proxy?.dispose();
  await sandbox?.dispose();
});

async function mutate(name: string, input: object, fields = ''): Promise<Data> {
  const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`;
  const document = `mutation ($input: ${type}!) { ${name}(input: $input) { ${fields} userErrors { code field message } } }`;
  return (await stack.admin.mutate(document, { input })) as Data;
}

describe('an account with just the rights that Meridian asks for', () => {
  it('is refused nothing while people deploy, look, repair and clean up', async () => {
    const { seed, admin } = stack;
    const service = await seed.runningService({
      environment: await seed.environment({ clusterId }),
      spec: {
        environmentVariables: [{ name: 'KEY', value: 'secret', secret: true }],
        volumes: [{ name: 'data', size: '1Gi', path: '/data' }],
      },
    });
    const { serviceId, environmentId } = service;
    for (const [name, input] of [
      ['scale', { serviceId, replicas: 3 }],
      ['restart', { serviceId }],
    ] as const) {
      const { deployment } = await mutate(name, input, 'deployment { id }');
      expect(await seed.finished(deployment.id)).toBe('SUCCEEDED');
    }
    const { service: found } = await admin.query(
      `query ($id: ID!) { service(id: $id) {
        pods { nodes { name } } events(first: 5) { nodes { reason } } manifest usage { cpuCores }
        environment { quota { used { cpu } } cluster {
          nodes { nodes { name usage { cpuCores } } } storageClasses { name } capacity { cpuCores }
          requested { cpuCores } usage { cpuCores } permissionWarnings { message } } } } }`,
      { id: serviceId },
    );
    expect(found.environment.cluster.permissionWarnings).toEqual([]);
    expect(found.environment.cluster.nodes.nodes.length).toBeGreaterThan(0);
    const pod = found.pods.nodes[0].name;
    const logs = admin.subscribe(
      'subscription ($input: ServiceLogsInput!) { serviceLogs(input: $input) { __typename } }',
      { input: { serviceId, follow: false } },
    );
    for await (const _event of logs);
    const session = admin.subscribe(
      'subscription ($input: ExecSubscriptionInput!) { exec(input: $input) { __typename ... on ExecStarted { sessionId } } }',
      { input: { serviceId, reason: 'a test of rights' } },
    );
    const started = (await session.next()).value as Data;
    expect(JSON.stringify(started)).toContain('ExecStarted');
    await session.return?.(undefined);
    await mutate('deletePod', { serviceId, pod });
    const { instance } = await mutate(
      'createInstance',
      { environmentId, name: 'cache', offering: 'redis' },
      'instance { id }',
    );
    await eventually(
      async () => {
        const { instance: now } = await admin.query(
          'query ($id: ID!) { instance(id: $id) { status pods { name } storage { name } } }',
          instance,
        );
        return now.status === 'READY';
      },
      { seconds: 40, what: 'the instance' },
    );
    await mutate('bindInstance', { instanceId: instance.id, serviceId });
    await mutate('updateQuota', { environmentId, quota: { cpu: '10' } });
    const second = await seed.runningService({
      environment: service,
      name: 'second',
      spec: { autoscaling: { maxReplicas: 3 }, requests: { cpu: '100m' } },
    });
    await mutate('deleteService', { serviceId: second.serviceId });
    const [{ spec }] = sandbox.api.list('pods', { namespace: service.namespace }) as [Data];
    const node = { clusterId, nodeName: spec.nodeName };
    await mutate('cordonNode', node);
    await mutate('uncordonNode', node);
    await mutate('drainNode', { ...node, force: true, deleteEmptyDirData: true });
    await eventually(() => proxy.seen(({ url }) => url.pathname.endsWith('/eviction')).length > 0);
    const refused = proxy.seen(({ status }) => status === 403);
    expect(refused.map(({ method, url }) => `${method} ${url.pathname}`)).toEqual([]);
    expect(proxy.seen(({ status }) => status === 201).length).toBeGreaterThan(5);
  });
});
