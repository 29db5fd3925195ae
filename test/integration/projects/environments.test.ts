import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../../sandbox/sandbox.js';
import { FakeApiServer, sendJson, sendStatus } from '../../kit/fake-api-server.js';
import { eventually } from '../../kit/wait.js';
import { type Platform, startPlatform, type User, uniqueName } from '../clusters/platform.js';

type Data = any;

let platform: Platform;
let admin: User;
let sandbox: Sandbox;
/** Answers GETs of /version and namespaces, and refuses or drops the rest, as `mood` says. */
let moody: FakeApiServer;
let mood: 'REFUSES' | 'BREAKS' = 'REFUSES';
let clusterId: string;
let moodyId: string;

beforeAll(async () => {
  sandbox = await startSandbox({ name: 'one', pace: 0.1 });
  moody = await FakeApiServer.start((request, response) => {
    if (request.url.pathname === '/version') return sendJson(response, 200, { gitVersion: 'v1.33.0' });
    if (request.method === 'GET' && request.url.pathname.startsWith('/api/v1/namespaces/')) {
      return sendStatus(response, 404, 'NotFound', 'not found', {
        details: { name: 'x', kind: 'namespaces' },
      });
    }
    if (request.method === 'GET' && !request.url.searchParams.has('watch')) {
      return sendJson(response, 200, { metadata: { resourceVersion: '1' }, items: [] });
    }
    if (request.method === 'GET') return response.writeHead(200).flushHeaders();
    if (mood === 'BREAKS') return void response.destroy();
    return sendStatus(
      response,
      403,
      'Forbidden',
      'admission webhook "policy" denied the request: no more namespaces',
    );
  });
  platform = await startPlatform({
    origins: [sandbox.url, moody.origin],
    env: { MERIDIAN_ENVIRONMENT_RECONCILE_INTERVAL: '200ms' },
  });
  admin = platform.admin;
  const register = async (name: string, more: object): Promise<string> => {
    const input = { name, infrastructure: 'OTHER', ...more };
    return (await admin.clusters.mutate('registerCluster', input, 'cluster { id }')).cluster.id;
  };
  clusterId = await register('one', { kubeconfig: sandbox.kubeconfig });
  moodyId = await register('moody', { server: moody.origin, token: 'some-token' });
});
afterAll(async () => {
  await platform?.dispose();
  await Promise.all([sandbox?.dispose(), moody?.close()]);
});

const createProject = async (user: User = admin): Promise<{ id: string; name: string }> =>
  (await user.projects.mutate('createProject', { name: uniqueName('shop') }, 'project { id name }')).project;

const fields = `environment { id namespace status version project { name } landscape { name } cluster { id }
  quota { limits { cpu memory pods storage services } used { cpu memory pods storage services } } }`;

async function create(more: object = {}): Promise<Data> {
  const { id: projectId } = await createProject();
  const input = { projectId, landscape: 'DEV', clusterId, ...more };
  return (await admin.projects.mutate('createEnvironment', input, fields)).environment;
}
const find = async (id: string, selection: string, user: User = admin): Promise<Data> =>
  (await user.projects.query(`query ($id: ID!) { environment(id: $id) { ${selection} } }`, { id }))
    .environment;
const rowsOf = (projectId: string) =>
  platform.sql('SELECT * FROM projects.environment WHERE project_id = $1', [projectId]);
const namespaceOf = (name: string) => sandbox.api.get('namespaces', undefined, name);

describe('creating an environment', () => {
  it('makes a labelled namespace with a quota and default requests', async () => {
    const environment = await create();
    const { project, namespace } = environment;
    expect(environment).toMatchObject({ namespace: `${project.name}-dev`, cluster: { id: clusterId } });
    expect(environment.quota.limits).toEqual({
      cpu: '8',
      memory: '16Gi',
      pods: 100,
      storage: '100Gi',
      services: 50,
    });
    expect(namespaceOf(namespace)?.metadata.labels).toMatchObject({
      'app.kubernetes.io/managed-by': 'meridian',
      'meridian.dev/environment': environment.id,
    });
    expect(sandbox.api.get('resourcequotas', namespace, 'meridian')?.['spec'].hard).toEqual({
      'requests.cpu': '8',
      'requests.memory': '16Gi',
      pods: '100',
      'requests.storage': '100Gi',
      services: '50',
    });
    expect(sandbox.api.get('limitranges', namespace, 'meridian')?.['spec'].limits).toMatchObject([
      { type: 'Container', defaultRequest: { cpu: '100m', memory: '128Mi' } },
    ]);
    await eventually(async () => (await find(environment.id, 'status')).status === 'READY');
    const { observed } = await find(
      environment.id,
      'observed { stale error { code } observedAt cluster { id } }',
    );
    expect(observed).toMatchObject({ stale: false, error: null, cluster: { id: clusterId } });
    const events = (await platform.audited('createEnvironment')).filter(
      (event) => event.target_id === environment.id,
    );
    expect(events).toMatchObject([{ result: 'DONE', target_name: namespace, user_id: admin.id }]);
    const published = await platform.sql('SELECT * FROM projects.published_environment WHERE id = $1', [
      environment.id,
    ]);
    expect(published).toMatchObject([
      {
        project_name: project.name,
        landscape_name: 'DEV',
        production: false,
        cluster_id: clusterId,
        namespace,
      },
    ]);
  });

  it('takes the limits that are given, and none where null is', async () => {
    const environment = await create({ quota: { cpu: '1500m', memory: '2048Mi', pods: 3, storage: null } });
    expect(environment.quota.limits).toEqual({
      cpu: '1500m',
      memory: '2Gi',
      pods: 3,
      storage: null,
      services: 50,
    });
    expect(
      sandbox.api.get('resourcequotas', environment.namespace, 'meridian')?.['spec'].hard,
    ).not.toHaveProperty(['requests.storage']);
  });

  it('lets pods in that say nothing of what they need, counts them, and stops at the limit', async () => {
    const { id, namespace } = await create({ quota: { pods: 2 } });
    const pod = (name: string) =>
      sandbox.api.create('pods', {
        apiVersion: 'v1',
        kind: 'Pod',
        metadata: { name, namespace },
        spec: { containers: [{ name: 'main', image: 'nginx' }] },
      });
    pod('a');
    pod('b');
    expect(() => pod('c')).toThrow(/exceeded quota: meridian/);
    await eventually(async () => {
      const { quota } = await find(id, 'quota { used { cpu memory pods services } }');
      return JSON.stringify(quota.used) === '{"cpu":"200m","memory":"256Mi","pods":2,"services":0}';
    });
  });

  it('a second time for the same place is a CONFLICT, of many at once one succeeds', async () => {
    const { id: projectId } = await createProject();
    const input = { projectId, landscape: 'TEST', clusterId };
    const payloads = await Promise.all(
      Array.from({ length: 6 }, () =>
        admin.projects.attempt('createEnvironment', input, 'environment { id }'),
      ),
    );
    const refused = payloads.filter(({ environment }) => environment === null);
    expect(refused).toHaveLength(5);
    for (const { userErrors } of refused) expect(userErrors).toMatchObject([{ code: 'CONFLICT' }]);
    expect(await rowsOf(projectId)).toHaveLength(1);
    const again = await admin.projects.refusal('createEnvironment', input);
    expect(again.message).toContain('exists already');
  });

  it('repeated with its idempotency key gives the same environment', async () => {
    const { id: projectId } = await createProject();
    const input = { projectId, landscape: 'DEV', clusterId, idempotencyKey: uniqueName('key') };
    const first = await admin.projects.mutate('createEnvironment', input, 'environment { id }');
    expect(await admin.projects.mutate('createEnvironment', input, 'environment { id }')).toEqual(first);
  });

  it('never takes over a namespace of somebody else', async () => {
    const { id: projectId, name } = await createProject();
    const foreign = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: `${name}-dev` } };
    sandbox.api.create('namespaces', foreign);
    const refusal = await admin.projects.refusal('createEnvironment', {
      projectId,
      landscape: 'DEV',
      clusterId,
    });
    expect(refusal).toMatchObject({ code: 'CONFLICT', field: ['input', 'clusterId'] });
    expect(refusal.message).toContain(`${name}-dev`);
    expect(await rowsOf(projectId)).toEqual([]);
    expect(namespaceOf(`${name}-dev`)?.metadata.labels).not.toHaveProperty(['meridian.dev/environment']);
  });

  it.each([
    [{ landscape: 'NOWHERE' }, 'landscape', 'BAD_USER_INPUT'],
    [{ clusterId: 'cluster_00000000000000000000000000' }, 'clusterId', 'NOT_FOUND'],
    [{ clusterId: '../..' }, 'clusterId', 'NOT_FOUND'],
    [{ quota: { pods: -1 } }, 'quota', 'BAD_USER_INPUT'],
    [{ quota: { cpu: '-1' } }, 'quota', 'BAD_USER_INPUT'],
  ])('refuses %j', async (more, field, code) => {
    const { id: projectId } = await createProject();
    const input = { projectId, landscape: 'DEV', clusterId, ...more };
    const refusal = await admin.projects.refusal('createEnvironment', input);
    expect(refusal.code).toBe(code);
    expect(refusal.field.slice(0, 2)).toEqual(['input', field]);
    expect(await rowsOf(projectId)).toEqual([]);
  });
});

describe('a cluster that does not do its part', () => {
  it('and refuses: CLUSTER_REJECTED, and no environment stays', async () => {
    mood = 'REFUSES';
    const { id: projectId } = await createProject();
    const refusal = await admin.projects.refusal('createEnvironment', {
      projectId,
      landscape: 'DEV',
      clusterId: moodyId,
    });
    expect(refusal).toMatchObject({ code: 'CLUSTER_REJECTED' });
    expect(refusal.message).toContain('no more namespaces');
    expect(await rowsOf(projectId)).toEqual([]);
  });

  it('and breaks off: CLUSTER_UNAVAILABLE with its id, one FAILED audit event, and no environment stays', async () => {
    mood = 'BREAKS';
    const { id: projectId } = await createProject();
    const { errors } = await admin.projects.send(
      'mutation ($input: CreateEnvironmentInput!) { createEnvironment(input: $input) { userErrors { code } } }',
      { input: { projectId, landscape: 'DEV', clusterId: moodyId } },
    );
    expect(errors[0].extensions).toMatchObject({ code: 'CLUSTER_UNAVAILABLE', clusterId: moodyId });
    expect(await rowsOf(projectId)).toEqual([]);
    const events = (await platform.audited('createEnvironment')).filter(
      (event) => event.target_id === projectId,
    );
    expect(events).toMatchObject([{ result: 'FAILED' }]);
  });
});

describe('the quota of an environment', () => {
  it('is changed where it is given, on the cluster too, and recorded', async () => {
    const { id: environmentId, namespace } = await create();
    const { environment } = await admin.projects.mutate(
      'updateQuota',
      { environmentId, quota: { cpu: '2', services: null }, version: 1 },
      fields,
    );
    expect(environment).toMatchObject({
      version: 2,
      quota: { limits: { cpu: '2', memory: '16Gi', services: null } },
    });
    const hard = sandbox.api.get('resourcequotas', namespace, 'meridian')?.['spec'].hard;
    expect(hard).toMatchObject({ 'requests.cpu': '2' });
    expect(hard).not.toHaveProperty('services');
    const [event] = (await platform.audited('updateQuota')).filter(
      ({ target_id }) => target_id === environmentId,
    );
    expect(event.changes).toEqual([
      { path: 'quota.cpu', before: '8', after: '2' },
      { path: 'quota.services', before: 50, after: null },
    ]);
    const late = await admin.projects.refusal('updateQuota', {
      environmentId,
      quota: { pods: 1 },
      version: 1,
    });
    expect(late).toMatchObject({ code: 'CONFLICT', field: ['input', 'version'] });
  });
});

describe('what the cluster has forgotten or changed', () => {
  it('is made again from the record', async () => {
    const { id, namespace } = await create({ quota: { pods: 7 } });
    await eventually(async () => (await find(id, 'status')).status === 'READY');
    sandbox.api.remove('namespaces', undefined, namespace);
    await eventually(
      () => sandbox.api.get('resourcequotas', namespace, 'meridian')?.['spec'].hard.pods === '7',
    );
    await eventually(async () => (await find(id, 'status')).status === 'READY');
  });

  it('is mended when the quota was changed by hand', async () => {
    const { namespace } = await create({ quota: { pods: 7 } });
    const quota = sandbox.api.get('resourcequotas', namespace, 'meridian') as Data;
    sandbox.api.update('resourcequotas', {
      ...structuredClone(quota),
      spec: { hard: { ...quota.spec.hard, pods: '999' } },
    });
    await eventually(
      () => sandbox.api.get('resourcequotas', namespace, 'meridian')?.['spec'].hard.pods === '7',
    );
  });

  it('is finished when whoever created it has died', async () => {
    const { id: projectId, name } = await createProject();
    const id = 'environment_00000000000000000000000001';
    await platform.sql(
      `INSERT INTO projects.environment (id, project_id, landscape_id, cluster_id, namespace, state, quota, version, created_at, updated_at)
       SELECT $1, $2, id, $3, $4, 'CREATING', '{"cpu":"1","memory":null,"pods":null,"storage":null,"services":null}', 1,
              now() - interval '5 minutes', now() - interval '5 minutes' FROM projects.landscape WHERE name = 'DEV'`,
      [id, projectId, clusterId, `${name}-dev`],
    );
    await eventually(async () => (await find(id, 'status')).status === 'READY');
    expect(namespaceOf(`${name}-dev`)?.metadata.labels).toMatchObject({ 'meridian.dev/environment': id });
  });
});

describe('deleting an environment', () => {
  it('deletes the namespace, then the record; the place is free again', async () => {
    const { id: projectId } = await createProject();
    const input = { projectId, landscape: 'DEV', clusterId };
    const { environment } = await admin.projects.mutate('createEnvironment', input, fields);
    const refused = await admin.projects.refusal('deleteProject', { projectId });
    expect(refused).toMatchObject({ code: 'CONFLICT', field: ['input', 'projectId'] });
    const payload = await admin.projects.mutate(
      'deleteEnvironment',
      { environmentId: environment.id },
      'environment { status }',
    );
    expect(payload.environment).toEqual({ status: 'TERMINATING' });
    await eventually(async () => (await rowsOf(projectId)).length === 0);
    expect(namespaceOf(environment.namespace)).toBeUndefined();
    await admin.projects.mutate('createEnvironment', input, fields);
  });

  it('in production wants the namespace as confirmation', async () => {
    const { id: environmentId, namespace } = await create({ landscape: 'PROD' });
    for (const confirm of [undefined, null, 'yes']) {
      const refusal = await admin.projects.refusal('deleteEnvironment', { environmentId, confirm });
      expect(refusal).toMatchObject({ code: 'BAD_USER_INPUT', field: ['input', 'confirm'] });
      expect(refusal.message).toContain(namespace);
    }
    await admin.projects.mutate('deleteEnvironment', { environmentId, confirm: namespace });
  });

  it('leaves a namespace alone that somebody else has put in its place', async () => {
    const { id: environmentId, namespace } = await create();
    const namespaceObject = namespaceOf(namespace) as Data;
    sandbox.api.update('namespaces', {
      ...structuredClone(namespaceObject),
      metadata: { ...structuredClone(namespaceObject.metadata), labels: {} },
    });
    await admin.projects.mutate('deleteEnvironment', { environmentId });
    await eventually(async () => (await find(environmentId, 'id')) === null);
    expect(namespaceOf(namespace)).toBeDefined();
  });
});
