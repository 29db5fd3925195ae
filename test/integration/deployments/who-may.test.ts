import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type GraphqlClient, SubscriptionError } from '../../kit/graphql-client.js';
import { hostileNames } from '../../kit/hostile-names.js';
import type { SeededService } from '../../kit/seed.js';
import { type Stack, startStack } from '../../kit/stack.js';
import { attempt } from './operations.js';

let stack: Stack;
let own: SeededService & { deploymentId: string };
let foreign: SeededService & { deploymentId: string };
let user: GraphqlClient;
beforeAll(async () => {
  stack = await startStack();
  [own, foreign] = await Promise.all([stack.seed.runningService(), stack.seed.runningService()]);
  user = (await stack.seed.user({ role: 'project-owner', scope: { projectId: own.projectId } })).client;
});
afterAll(() => stack?.dispose());

const absent = {
  applicationId: 'application_01kaaaaaaaaaaaaaaaaaaaaaaa',
  serviceId: 'service_01kaaaaaaaaaaaaaaaaaaaaaaa',
  deploymentId: 'deployment_01kaaaaaaaaaaaaaaaaaaaaaaa',
  environmentId: 'environment_01kaaaaaaaaaaaaaaaaaaaaaaa',
  projectId: 'project_01kaaaaaaaaaaaaaaaaaaaaaaa',
};
type Ids = typeof absent;
const errors = 'userErrors { code field message }';

const queries: [string, keyof Ids][] = [
  ['query ($id: ID!) { application(id: $id) { id } }', 'applicationId'],
  ['query ($id: ID!) { service(id: $id) { id } }', 'serviceId'],
  ['query ($id: ID!) { deployment(id: $id) { id } }', 'deploymentId'],
  [
    'query ($id: ID!) { services(filter: { projectId: $id }) { totalCount nodes { id } pageInfo { hasNextPage } } }',
    'projectId',
  ],
  [
    'query ($id: ID!) { services(filter: { environmentId: $id }) { totalCount nodes { id } } }',
    'environmentId',
  ],
  ['query ($id: ID!) { deployments(filter: { serviceId: $id }) { totalCount nodes { id } } }', 'serviceId'],
  ['query ($id: ID!) { planDeployment(input: { serviceId: $id }) { valid } }', 'serviceId'],
];

const mutations: [string, (ids: Ids) => Record<string, unknown>][] = [
  ['createApplication', ({ projectId }) => ({ projectId, name: 'intruder' })],
  ['updateApplication', ({ applicationId }) => ({ applicationId, description: 'x' })],
  ['deleteApplication', ({ applicationId }) => ({ applicationId })],
  [
    'createService',
    ({ applicationId, environmentId }) => ({ applicationId, environmentId, name: 'x', spec: { image: 'x' } }),
  ],
  [
    'createService',
    ({ environmentId }) => ({
      applicationId: own.applicationId,
      environmentId,
      name: 'x',
      spec: { image: 'x' },
    }),
  ],
  ['deleteService', ({ serviceId }) => ({ serviceId })],
  ['deploy', ({ serviceId }) => ({ serviceId })],
  ['scale', ({ serviceId }) => ({ serviceId, replicas: 1 })],
  ['restart', ({ serviceId }) => ({ serviceId })],
  ['rollback', ({ serviceId }) => ({ serviceId })],
  ['rollback', ({ deploymentId }) => ({ serviceId: own.serviceId, toDeploymentId: deploymentId })],
  ['promote', ({ deploymentId }) => ({ deploymentId, toEnvironmentId: own.environmentId })],
  ['pauseRollout', ({ deploymentId }) => ({ deploymentId })],
  ['resumeRollout', ({ deploymentId }) => ({ deploymentId })],
  ['abortRollout', ({ deploymentId }) => ({ deploymentId })],
  ['deletePod', ({ serviceId }) => ({ serviceId, pod: 'web-1' })],
  ['bindInstance', ({ serviceId }) => ({ serviceId, instanceId: 'instance_01kaaaaaaaaaaaaaaaaaaaaaaa' })],
];

const subscriptions: [string, keyof Ids][] = [
  ['subscription ($id: ID!) { podStatus(serviceId: $id) { __typename } }', 'serviceId'],
  ['subscription ($id: ID!) { rolloutProgress(deploymentId: $id) { __typename } }', 'deploymentId'],
  ['subscription ($id: ID!) { deploymentLog(deploymentId: $id) { __typename } }', 'deploymentId'],
  ['subscription ($id: ID!) { serviceLogs(input: { serviceId: $id }) { __typename } }', 'serviceId'],
  ['subscription ($id: ID!) { exec(input: { serviceId: $id }) { __typename } }', 'serviceId'],
];

/** An answer with what differs by nature taken out: the ids asked for and the request's own. */
function comparable(value: unknown, ids: Ids): string {
  let text = JSON.stringify(value).replace(/"requestId":"[^"]*"/g, '');
  for (const [name, id] of Object.entries(ids)) text = text.replaceAll(id, name);
  return text;
}

describe("another project's ids (AU-2)", () => {
  it.each(queries)('are as if absent: %s', async (query, key) => {
    const answers = await Promise.all(
      [foreign, absent].map(async (ids) => comparable(await user.send(query, { id: ids[key] }), ids)),
    );
    expect(answers[0]).toBe(answers[1]);
    expect(answers[0]).not.toContain('"hasNextPage":true');
  });

  it.each(mutations)('are as if absent: %s', async (mutation, inputOf) => {
    const type = `${mutation.charAt(0).toUpperCase()}${mutation.slice(1)}Input`;
    const document = `mutation ($input: ${type}!) { ${mutation}(input: $input) { ${errors} } }`;
    const answers = await Promise.all(
      [foreign, absent].map(async (ids) =>
        comparable(await user.send(document, { input: inputOf(ids) }), ids),
      ),
    );
    expect(answers[0]).toBe(answers[1]);
    expect(answers[0]).toMatch(/NOT_FOUND|BAD_USER_INPUT/);
  });

  it.each(subscriptions)('are as if absent: %s', async (document, key) => {
    const answers = await Promise.all(
      [foreign, absent].map(async (ids) => {
        const failure = await user
          .subscribe(document, { id: ids[key] })
          .next()
          .then(
            () => 'an event',
            (error) => (error instanceof SubscriptionError ? error.errors : String(error)),
          );
        return comparable(failure, ids);
      }),
    );
    expect(answers[0]).toBe(answers[1]);
    expect(answers[0]).toContain('NOT_FOUND');
  });

  it('are not counted, and what is reached through entities of others is filtered too', async () => {
    const { services, deployments } = await user.query(
      '{ services { totalCount nodes { id } } deployments { totalCount nodes { service { id } } } }',
    );
    expect(services).toEqual({ totalCount: 1, nodes: [{ id: own.serviceId }] });
    expect(deployments).toEqual({ totalCount: 1, nodes: [{ service: { id: own.serviceId } }] });
    const { projects } = await user.query(
      '{ projects { nodes { id applications { totalCount } statistics { applications services deployments pods } } } }',
    );
    expect(projects.nodes).toEqual([
      {
        id: own.projectId,
        applications: { totalCount: 1 },
        statistics: { applications: 1, services: 1, deployments: 1, pods: 2 },
      },
    ]);
  });
});

describe('a viewer', () => {
  it('sees everything of the project and changes nothing', async () => {
    const viewer = (await stack.seed.user({ role: 'viewer', scope: { projectId: own.projectId } })).client;
    const { service } = await viewer.query(
      'query ($id: ID!) { service(id: $id) { name status currentDeployment { number } pods { totalCount } } }',
      { id: own.serviceId },
    );
    expect(service).toEqual({
      name: 'web',
      status: 'HEALTHY',
      currentDeployment: { number: 1 },
      pods: { totalCount: 2 },
    });
    const { deploy } = await viewer.query(
      `mutation ($input: DeployInput!) { deploy(input: $input) { deployment { id } ${errors} } }`,
      { input: { serviceId: own.serviceId } },
    );
    expect(deploy).toMatchObject({ deployment: null, userErrors: [{ code: 'FORBIDDEN' }] });
    await expect(
      viewer
        .subscribe('subscription ($id: ID!) { exec(input: { serviceId: $id }) { __typename } }', {
          id: own.serviceId,
        })
        .next(),
    ).rejects.toMatchObject({ code: 'FORBIDDEN' });
  });
});

describe('text that people type (IN-9)', () => {
  const hostile = '<script>alert(1)</script> \u001b[31mred \u202Egnp.exe \u2028';
  const forged = '"}\n{"level":"error","msg":"forged","forged":true}';

  it('comes back as it was given, links only to the web, and is limited', async () => {
    const update = (input: object) =>
      attempt(
        user,
        'updateApplication',
        { applicationId: own.applicationId, ...input },
        'application { description repositoryUrl }',
      );
    expect(await update({ description: hostile, repositoryUrl: 'https://git.example.com/shop' })).toEqual({
      application: { description: hostile, repositoryUrl: 'https://git.example.com/shop' },
      userErrors: [],
    });
    for (const [field, value] of [
      ['repositoryUrl', 'javascript:alert(1)'],
      ['repositoryUrl', 'data:text/html,<script>alert(1)</script>'],
      ['description', 'x'.repeat(1024 * 1024)],
    ] as const) {
      expect((await update({ [field]: value })).userErrors).toMatchObject([
        { code: 'BAD_USER_INPUT', field: ['input', field] },
      ]);
    }
  });

  it('writes no line of its own into the log, whatever is refused or fails for it', async () => {
    const text = `${hostile}${forged}`;
    await attempt(user, 'deploy', { serviceId: text, reason: text }, 'deployment { id }');
    await attempt(user, 'deploy', { serviceId: own.serviceId, image: text }, 'deployment { id }');
    await attempt(user, 'deletePod', { serviceId: own.serviceId, pod: text }, 'pod { name }');
    await user.send(`query ${'x'.repeat(10)} { ${text} }`);
    await user.send('{ services { totalCount } }', {}, { 'user-agent': forged.replaceAll('\n', ' ') });
    const lines = stack.log.join('').trimEnd().split('\n');
    expect(lines.length).toBeGreaterThan(10);
    expect(lines.filter((line) => 'forged' in JSON.parse(line))).toEqual([]);
  });
});

describe('names that are none (IN-5)', () => {
  it('are refused naming the field, and not one request reaches the cluster', async () => {
    const requests = stack.meridian.sandboxes[0]?.requests;
    // Informers go on as they like; what names nothing we made must not be there.
    const writes = () =>
      requests?.count(
        ({ method, path }) => method !== 'GET' && path.includes(`/namespaces/${own.namespace}`),
      );
    const writesBefore = writes();
    const podReadsBefore = requests?.count(({ path }) => /\/pods\/.*(log|exec)|\/pods\/[^?]/.test(path));
    for (const name of hostileNames) {
      const pod = await stack.admin.send(
        `mutation ($input: DeletePodInput!) { deletePod(input: $input) { ${errors} } }`,
        { input: { serviceId: own.serviceId, pod: name } },
      );
      expect(pod.data.deletePod.userErrors, name).toMatchObject([
        { code: 'BAD_USER_INPUT', field: ['input', 'pod'] },
      ]);
      const service = await stack.admin.send(
        `mutation ($input: CreateServiceInput!) { createService(input: $input) { ${errors} } }`,
        {
          input: {
            applicationId: own.applicationId,
            environmentId: own.environmentId,
            name,
            spec: { image: 'x' },
          },
        },
      );
      expect(service.data.createService.userErrors, name).toMatchObject([
        { code: 'BAD_USER_INPUT', field: ['input', 'name'] },
      ]);
      for (const document of [
        'subscription ($s: ID!, $n: String!) { serviceLogs(input: { serviceId: $s, pods: [$n] }) { __typename } }',
        'subscription ($s: ID!, $n: String!) { serviceLogs(input: { serviceId: $s, containers: [$n] }) { __typename } }',
        'subscription ($s: ID!, $n: String!) { exec(input: { serviceId: $s, pod: $n }) { __typename } }',
        'subscription ($s: ID!, $n: String!) { exec(input: { serviceId: $s, container: $n }) { __typename } }',
      ]) {
        await expect(
          stack.admin.subscribe(document, { s: own.serviceId, n: name }).next(),
          name,
        ).rejects.toMatchObject({
          code: 'BAD_USER_INPUT',
        });
      }
    }
    expect(writes()).toBe(writesBefore);
    expect(requests?.count(({ path }) => /\/pods\/.*(log|exec)|\/pods\/[^?]/.test(path))).toBe(
      podReadsBefore,
    );
  });
});
