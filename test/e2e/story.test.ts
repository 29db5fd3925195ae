import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GraphqlClient } from '../kit/graphql-client.js';
import { uniqueName } from '../kit/seed.js';
import { realCluster, type Stack, startStack } from '../kit/stack.js';

const errors = 'userErrors { code field message }';

/** The main job through the front door: from signing in to a bound Redis, in the order of README.md's tour. */
describe('from signing in to a live rollout', () => {
  let stack: Stack;
  let user: GraphqlClient;
  const ids: Record<'project' | 'environment' | 'application' | 'service' | 'first' | 'second', string> = {
    project: '',
    environment: '',
    application: '',
    service: '',
    first: '',
    second: '',
  };
  const projectName = uniqueName('shop');

  beforeAll(async () => {
    // Slower than other tests, so that a rollout can be watched.
    stack = await startStack({ sandboxes: 2, env: { MERIDIAN_SANDBOX_PACE: '0.5' } });
  });
  afterAll(() => stack?.dispose());

  it('signs in as the first administrator', async () => {
    user = await stack.signIn('admin', stack.adminPassword);
    const { viewer } = await user.query('{ viewer { user { login } permissions } }');
    expect(viewer.user.login).toBe('admin');
    expect(viewer.permissions).toContain('deployments.deploy');
  });

  it.skipIf(realCluster)(
    'shows two sandbox clusters on different infrastructures and locations',
    async () => {
      const clusters = await readyClusters(user);
      expect(
        clusters.map(({ name, infrastructure, location }: any) => ({ name, infrastructure, location })),
      ).toEqual([
        { name: 'sandbox-dublin', infrastructure: 'AWS', location: 'eu-west-1' },
        { name: 'sandbox-frankfurt', infrastructure: 'BARE_METAL', location: 'Frankfurt' },
      ]);
      for (const cluster of clusters) {
        expect(cluster.kubernetesVersion).toMatch(/^v1\./);
        expect(cluster.nodes.totalCount).toBeGreaterThan(0);
        expect(cluster.storageClasses.length).toBeGreaterThan(0);
        expect(cluster.capacity.cpuCores).toBeGreaterThan(0);
      }
    },
  );

  it('creates a project and an environment with a quota on a chosen cluster', async () => {
    const { project } = await user.mutate(
      `mutation ($input: CreateProjectInput!) { createProject(input: $input) { project { id name displayName } ${errors} } }`,
      { input: { name: projectName, displayName: 'The shop' } },
    );
    expect(project).toMatchObject({ name: projectName, displayName: 'The shop' });
    ids.project = project.id;
    const { environment } = await user.mutate(
      `mutation ($input: CreateEnvironmentInput!) { createEnvironment(input: $input) {
         environment { id namespace status landscape { name } cluster { name } quota { limits { cpu memory pods } used { pods } } } ${errors} } }`,
      {
        input: {
          projectId: ids.project,
          landscape: 'DEV',
          clusterId: await stack.seed.clusterId(),
          quota: { cpu: '8', memory: '16Gi', pods: 30 },
        },
      },
    );
    expect(environment).toMatchObject({
      namespace: `${projectName}-dev`,
      status: 'READY',
      landscape: { name: 'DEV' },
      quota: { limits: { cpu: '8', memory: '16Gi', pods: 30 } },
    });
    ids.environment = environment.id;
  });

  it('creates an application and a service, of which nothing runs yet', async () => {
    const { application } = await user.mutate(
      `mutation ($input: CreateApplicationInput!) { createApplication(input: $input) { application { id } ${errors} } }`,
      {
        input: {
          projectId: ids.project,
          name: 'storefront',
          repositoryUrl: 'https://git.example.com/storefront',
        },
      },
    );
    ids.application = application.id;
    const { service } = await user.mutate(
      `mutation ($input: CreateServiceInput!) { createService(input: $input) {
         service { id name status currentDeployment { id } spec { image replicas } } ${errors} } }`,
      {
        input: {
          applicationId: ids.application,
          environmentId: ids.environment,
          name: 'web',
          spec: {
            image: 'nginx:1.27',
            replicas: 3,
            ports: [{ name: 'http', exposure: 'PUBLIC', port: 80, protocol: 'HTTP', targetPort: 8080 }],
            environmentVariables: [
              { name: 'GREETING', value: 'hello' },
              { name: 'API_KEY', value: 'canary-api-key', secret: true },
            ],
          },
        },
      },
    );
    expect(service).toMatchObject({
      name: 'web',
      status: 'STOPPED',
      currentDeployment: null,
      spec: { replicas: 3 },
    });
    ids.service = service.id;
  });

  it('deploys, and streams the rollout with entities of other subgraphs until it succeeded', async () => {
    ids.first = await stack.seed.deploy(ids.service, { reason: 'first deployment' });
    const events = await collect(
      user.subscribe(
        `subscription ($id: ID!) { rolloutProgress(deploymentId: $id) {
           __typename
           ... on RolloutProgressed { cursor rollout { phase percent desired available } deployment { number } }
           ... on RolloutCompleted { cursor phase rollout { percent pods { generation ready } }
             deployment { service { environment { cluster { name } project { name } } } actor { displayName } } } } }`,
        { id: ids.first },
      ),
    );
    expect(events.filter((event) => event.__typename === 'RolloutProgressed').length).toBeGreaterThan(1);
    expect(events.at(-1)).toMatchObject({
      __typename: 'RolloutCompleted',
      phase: 'SUCCEEDED',
      rollout: { percent: 100, pods: [{ generation: 'NEW', ready: true }, { ready: true }, { ready: true }] },
      deployment: {
        service: {
          environment: {
            cluster: { name: realCluster ? 'real' : expect.stringContaining('sandbox-') },
            project: { name: projectName },
          },
        },
        actor: { displayName: expect.any(String) },
      },
    });
  });

  it('answers with the end at once when the rollout is over', async () => {
    const events = await collect(
      user.subscribe(
        'subscription ($id: ID!) { rolloutProgress(deploymentId: $id) { __typename ... on RolloutCompleted { phase } } }',
        { id: ids.first },
      ),
    );
    expect(events).toEqual([{ __typename: 'RolloutCompleted', phase: 'SUCCEEDED' }]);
  });

  it('shows OLD and NEW pods while the image changes', async () => {
    const seen = new Set<string>();
    const pods = user.subscribe(
      `subscription ($id: ID!) { podStatus(serviceId: $id) { __typename
         ... on PodsSnapshot { pods { name generation deployment { number } } observed { stale cluster { name } } }
         ... on PodAdded { pod { name generation deployment { number } } }
         ... on PodChanged { pod { name generation status deployment { number } } }
         ... on PodRemoved { name } } }`,
      { id: ids.service },
    );
    const first = await pods.next();
    expect(first.value).toMatchObject({ __typename: 'PodsSnapshot', observed: { stale: false } });
    expect(first.value.pods).toHaveLength(3);
    ids.second = await stack.seed.deploy(ids.service, { image: 'nginx:1.28', reason: 'newer nginx' });
    let removed = 0;
    for await (const event of pods) {
      if (event.pod) seen.add(`${event.pod.generation} of #${event.pod.deployment.number}`);
      if (event.__typename === 'PodRemoved') removed += 1;
      if (removed === 3) break;
    }
    expect(seen).toEqual(new Set(['NEW of #2', 'OLD of #1']));
    expect(await stack.seed.finished(ids.second)).toBe('SUCCEEDED');
  });

  it('follows the logs of all pods of the service', async () => {
    const lines: any[] = [];
    for await (const event of user.subscribe(
      `subscription ($input: ServiceLogsInput!) { serviceLogs(input: $input) { __typename
         ... on LogLines { cursor lines { at pod container generation text partial } }
         ... on LogPodJoined { pod } } }`,
      { input: { serviceId: ids.service, tail: 20, follow: true } },
    )) {
      if (event.__typename === 'LogLines') lines.push(...event.lines);
      if (new Set(lines.map((line) => line.pod)).size === 3) break;
    }
    expect(lines[0]).toMatchObject({ container: 'web', generation: 'NEW', partial: false });
    expect(lines.map((line) => line.text).join('\n')).toMatch(/nginx|GET|start worker/);
  });

  it('opens an interactive shell, resizes it and gets its exit code', async () => {
    let screen = '';
    let exit: unknown;
    const send = (sessionId: string, data: string) =>
      user.mutate(`mutation ($input: ExecInputInput!) { execInput(input: $input) { ${errors} } }`, {
        input: { sessionId, data },
      });
    for await (const event of user.subscribe(
      `subscription ($input: ExecSubscriptionInput!) { exec(input: $input) { __typename
         ... on ExecStarted { sessionId pod container command tty }
         ... on ExecOutput { stream text dataBase64 }
         ... on ExecExited { exitCode reason } } }`,
      {
        input: {
          serviceId: ids.service,
          tty: true,
          columns: 80,
          rows: 24,
          reason: 'looking around',
          banner: true,
        },
      },
    )) {
      if (event.__typename === 'ExecStarted') {
        expect(event).toMatchObject({ tty: true, container: 'web' });
        await user.mutate(`mutation ($input: ExecResizeInput!) { execResize(input: $input) { ${errors} } }`, {
          input: { sessionId: event.sessionId, columns: 120, rows: 40 },
        });
        await send(event.sessionId, 'echo "$GREETING to $((6*7))"; stty size; exit 3\r');
      }
      if (event.__typename === 'ExecOutput') screen += Buffer.from(event.dataBase64, 'base64').toString();
      if (event.__typename === 'ExecExited') exit = event;
    }
    expect(screen).toContain('Welcome to Meridian');
    expect(screen).toContain('hello to 42');
    expect(screen).toContain('40 120');
    expect(exit).toMatchObject({ exitCode: 3 });
  });

  it('scales to six replicas', async () => {
    const { deployment } = await user.mutate(
      `mutation ($input: ScaleInput!) { scale(input: $input) { deployment { id kind } ${errors} } }`,
      { input: { serviceId: ids.service, replicas: 6 } },
    );
    expect(deployment.kind).toBe('SCALE');
    expect(await stack.seed.finished(deployment.id)).toBe('SUCCEEDED');
    const { service } = await user.query(
      'query ($id: ID!) { service(id: $id) { status replicas { desired ready available } pods(first: 10) { totalCount nodes { ready } } } }',
      { id: ids.service },
    );
    expect(service).toMatchObject({ status: 'HEALTHY', replicas: { desired: 6, ready: 6, available: 6 } });
    expect(service.pods.totalCount).toBe(6);
  });

  it('rolls back to the first deployment', async () => {
    const { deployment } = await user.mutate(
      `mutation ($input: RollbackInput!) { rollback(input: $input) { deployment { id kind image source { number } } ${errors} } }`,
      { input: { serviceId: ids.service, toDeploymentId: ids.first, reason: 'newer nginx is worse' } },
    );
    expect(deployment).toMatchObject({ kind: 'ROLLBACK', image: 'nginx:1.27', source: { number: 1 } });
    expect(await stack.seed.finished(deployment.id)).toBe('SUCCEEDED');
  });

  it('keeps the history with actor and diff', async () => {
    const { service } = await user.query(
      `query ($id: ID!) { service(id: $id) { deployments(first: 10) { totalCount nodes {
         number kind reason image actor { login } diff { path before after } rollout { phase } log(first: 50) { nodes { message level } } } } } }`,
      { id: ids.service },
    );
    expect(service.deployments.totalCount).toBe(4);
    const history = service.deployments.nodes;
    expect(history.map(({ number, kind, image }: any) => `#${number} ${kind} ${image}`)).toEqual([
      '#4 ROLLBACK nginx:1.27',
      '#3 SCALE nginx:1.28',
      '#2 DEPLOY nginx:1.28',
      '#1 DEPLOY nginx:1.27',
    ]);
    expect(history[2].diff).toEqual([{ path: 'image', before: 'nginx:1.27', after: 'nginx:1.28' }]);
    expect(history[0].actor.login).toBe('admin');
    expect(history.every((deployment: any) => deployment.log.nodes.length > 0)).toBe(true);
  });

  it('creates a Redis, binds it, and the next deployment has its variables', async () => {
    const { instance } = await user.mutate(
      `mutation ($input: CreateInstanceInput!) { createInstance(input: $input) { instance { id name status host port } ${errors} } }`,
      { input: { environmentId: ids.environment, name: 'cache', offering: 'redis' } },
    );
    expect(instance).toMatchObject({ name: 'cache', port: 6379 });
    for await (const event of user.subscribe(
      `subscription ($id: ID!) { instanceStatus(instanceId: $id) { __typename
         ... on InstanceSnapshot { instance { status } } ... on InstanceChanged { instance { status } } } }`,
      { id: instance.id },
    )) {
      if (event.instance?.status === 'READY') break;
    }
    const { binding, deployment } = await user.mutate(
      `mutation ($input: BindInstanceInput!) { bindInstance(input: $input) {
         binding { id prefix variables instance { name } service { name } } deployment { id number } ${errors} } }`,
      { input: { instanceId: instance.id, serviceId: ids.service, prefix: 'CACHE' } },
    );
    expect(binding).toMatchObject({ instance: { name: 'cache' }, service: { name: 'web' } });
    expect(binding.variables).toContain('CACHE_HOST');
    expect(await stack.seed.finished(deployment.id)).toBe('SUCCEEDED');
    expect(await printenv(user, ids.service, 'CACHE_HOST')).toContain('cache.');
    const password = await printenv(user, ids.service, 'CACHE_PASSWORD');
    expect(password.trim().length).toBeGreaterThan(8);
    const { instance: bound } = await user.query(
      'query ($id: ID!) { instance(id: $id) { bindings { prefix service { name } } pods { ready } storage { phase } } }',
      { id: instance.id },
    );
    expect(bound.bindings).toEqual([{ prefix: 'CACHE', service: { name: 'web' } }]);
    expect(bound.pods).toEqual([{ ready: true }]);
  });

  it('never shows a secret value, in answers or in the log', async () => {
    const { service } = await user.query(
      'query ($id: ID!) { service(id: $id) { manifest spec { environmentVariables { name value secretRef } } } }',
      { id: ids.service },
    );
    const variables = service.spec.environmentVariables;
    expect(variables).toContainEqual({ name: 'GREETING', value: 'hello', secretRef: null });
    expect(variables).toContainEqual({ name: 'API_KEY', value: null, secretRef: expect.any(String) });
    const secrets = ['canary-api-key', Buffer.from('canary-api-key').toString('base64'), stack.adminPassword];
    for (const secret of secrets) {
      expect(service.manifest).not.toContain(secret);
      expect(stack.log.join('')).not.toContain(secret);
    }
  });

  it('has an audit event for every step', async () => {
    const { auditEvents } = await user.query(
      '{ auditEvents(first: 200) { nodes { action result actor { login } targetType requestId } } }',
    );
    const actions = new Set(auditEvents.nodes.map((event: any) => event.action));
    for (const action of [
      ...[
        'signIn',
        'createProject',
        'createEnvironment',
        'createApplication',
        'createService',
        'deploy',
        'scale',
      ],
      ...['rollback', 'createInstance', 'bindInstance', 'exec'],
    ]) {
      expect(actions).toContain(action);
    }
  });
});

async function collect(events: AsyncGenerator<any>): Promise<any[]> {
  const all: any[] = [];
  for await (const event of events) all.push(event);
  return all;
}

async function readyClusters(user: GraphqlClient): Promise<any[]> {
  const { clusters } = await user.query(
    `{ clusters(first: 10) { totalCount nodes { id name infrastructure location status kubernetesVersion
         nodes { totalCount } storageClasses { name } capacity { cpuCores } } } }`,
  );
  expect(clusters.totalCount).toBe(2);
  return clusters.nodes.toSorted((a: any, b: any) => a.name.localeCompare(b.name));
}

/** What `printenv NAME` prints in a pod of the service. */
async function printenv(user: GraphqlClient, serviceId: string, name: string): Promise<string> {
  let output = '';
  for await (const event of user.subscribe(
    `subscription ($input: ExecSubscriptionInput!) { exec(input: $input) { __typename ... on ExecOutput { dataBase64 } } }`,
    { input: { serviceId, command: ['printenv', name], tty: false } },
  )) {
    if (event.__typename === 'ExecOutput') output += Buffer.from(event.dataBase64, 'base64').toString();
  }
  return output;
}
