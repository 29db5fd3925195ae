import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../../sandbox/sandbox.js';
import { lastingPort } from '../../kit/lasting-port.js';
import { type Stack, startStack } from '../../kit/stack.js';
import { eventually } from '../../kit/wait.js';
import { PodStream } from '../faults/pod-stream.js';
import { register } from '../faults/proxied-stack.js';

type Data = any;

let stack: Stack;
let sandbox: Sandbox;
let clusterId: string;

beforeAll(async () => {
  sandbox = await startSandbox({ name: 'forgetful', pace: 0.1, nodes: 2, port: await lastingPort() });
  stack = await startStack({ sandboxes: 0, env: { MERIDIAN_CLUSTER_ORIGINS: sandbox.url } });
  stack.canaries.add('first token', sandbox.token);
  clusterId = await register(stack, { name: 'forgetful', server: sandbox.url, token: sandbox.token });
});
afterAll(async () => {
  await stack?.dispose();
  await sandbox?.dispose();
});

const look = async (id: string, more = ''): Promise<Data> =>
  (
    await stack.admin.query(
      `query ($id: ID!) { service(id: $id) { status statusReason ${more} pods { totalCount }
        observed { stale error { code } } environment { status } currentDeployment { number rollout { phase } } } }`,
      { id },
    )
  ).service;

const variables = [
  { name: 'LEVEL', value: 'info' },
  { name: 'KEY', value: 'kept-in-the-cluster', secret: true },
];
const drift = 'drift { path before after }';

describe('a cluster that is back at its address with nothing in it', () => {
  it('gets its namespaces again; services say what is missing, with their history, and run after a deployment', async () => {
    const { admin, seed } = stack;
    const environment = await seed.environment({ clusterId, quota: { pods: 20 } });
    const service = await seed.runningService({
      environment,
      spec: { environmentVariables: variables },
    });
    const stream = new PodStream(stack, service.serviceId);
    await stream.staleness(false);
    expect(await look(service.serviceId, drift)).toMatchObject({ status: 'HEALTHY', drift: [] });

    const { port } = new URL(sandbox.url);
    await sandbox.dispose();
    await stream.staleness(true);
    expect(await look(service.serviceId)).toMatchObject({ status: 'UNKNOWN', observed: { stale: true } });
    sandbox = await startSandbox({ name: 'forgetful', pace: 0.1, nodes: 2, port: Number(port) });
    stack.canaries.add('second token', sandbox.token);
    // Accounts are forgotten as well.
    await admin.mutate(
      'mutation ($input: RotateClusterCredentialsInput!) { rotateClusterCredentials(input: $input) { userErrors { code message } } }',
      { input: { clusterId, token: sandbox.token } },
    );

    const missing = await eventually(
      async () => {
        const found = await look(service.serviceId);
        return found.status === 'STOPPED' && !found.observed.stale && (await look(service.serviceId, drift));
      },
      { what: 'the service says that nothing of it is there' },
    );
    expect(missing).toMatchObject({
      statusReason: 'Nothing of it is in the cluster.',
      pods: { totalCount: 0 },
      // What was done is not undone by the cluster having forgotten it.
      currentDeployment: { number: 1, rollout: { phase: 'SUCCEEDED' } },
    });
    expect(missing.drift).toEqual(
      expect.arrayContaining([
        { path: 'Deployment/web', before: 'applied', after: null },
        { path: 'Service/web', before: 'applied', after: null },
      ]),
    );
    await eventually(() => stream.pods().size === 0, { what: 'a subscriber sees its pods gone' });
    await eventually(() => sandbox.api.get('resourcequotas', environment.namespace, 'meridian'));
    await eventually(async () => (await look(service.serviceId)).environment.status === 'READY');

    // Secret values were in the cluster only.
    const deploy =
      'mutation ($input: DeployInput!) { deploy(input: $input) { deployment { id } userErrors { code message } } }';
    const { data } = await admin.send(deploy, { input: { serviceId: service.serviceId } });
    expect(data.deploy.userErrors).toMatchObject([
      {
        code: 'BAD_USER_INPUT',
        message: 'There is no Secret "web-env" for the variable "KEY": give the value again.',
      },
    ]);
    const again = await seed.deploy(service.serviceId, { spec: { environmentVariables: variables } });
    expect(await seed.finished(again)).toBe('SUCCEEDED');
    await eventually(async () => {
      const found = await look(service.serviceId, drift);
      return found.status === 'HEALTHY' && found.drift.length === 0 && found.pods.totalCount === 2;
    });
    await eventually(() => [...stream.pods().values()].filter((status) => status === 'RUNNING').length === 2);
    expect(stream.ended).toBeUndefined();
    await stream.stop();
  });
});
