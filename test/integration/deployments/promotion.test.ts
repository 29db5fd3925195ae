import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { SeededService } from '../../kit/seed.js';
import { type Stack, startStack } from '../../kit/stack.js';
import { eventually } from '../../kit/wait.js';
import { attempt } from './operations.js';

type Data = any;

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack?.dispose());

/** The same service in TEST. */
async function target(
  of: SeededService,
  spec: object,
): Promise<{ serviceId: string; environmentId: string; namespace: string }> {
  const environment = await stack.seed.environment({
    landscape: 'TEST',
    clusterId: of.clusterId,
    project: { id: of.projectId, name: of.projectName },
  });
  const { service } = await stack.admin.mutate(
    'mutation ($input: CreateServiceInput!) { createService(input: $input) { service { id } userErrors { code message } } }',
    {
      input: {
        applicationId: of.applicationId,
        environmentId: environment.environmentId,
        name: 'web',
        spec: { image: 'nginx:1.20', ...spec },
      },
    },
  );
  return {
    serviceId: service.id,
    environmentId: environment.environmentId,
    namespace: environment.namespace,
  };
}

const promote = (deploymentId: string, toEnvironmentId: string) =>
  attempt(
    stack.admin,
    'promote',
    { deploymentId, toEnvironmentId },
    'deployment { id kind source { id } spec { image replicas environmentVariables { name value } requests { cpu } files { path content secretRef secretKey } ports { domain } } }',
  );

describe('promoting a version', () => {
  it('takes its files along, those in Secrets too, and leaves what is the environment’s own', async () => {
    stack.canaries.add('promoted file', 'promoted-hidden-content');
    const source = await stack.seed.runningService({
      spec: {
        environmentVariables: [{ name: 'WHERE', value: 'dev' }],
        files: [
          { path: '/etc/plain', content: 'plain' },
          { path: '/etc/hidden', content: 'promoted-hidden-content', secret: true },
        ],
      },
    });
    const goal = await target(source, {
      replicas: 3,
      requests: { cpu: '70m' },
      environmentVariables: [{ name: 'WHERE', value: 'test' }],
      ports: [
        {
          name: 'http',
          exposure: 'PUBLIC',
          port: 80,
          protocol: 'HTTP',
          targetPort: 80,
          domain: 'test.example.com',
        },
      ],
    });
    const { deployment, userErrors } = await promote(source.deploymentId, goal.environmentId);
    expect(userErrors).toEqual([]);
    expect(deployment).toMatchObject({
      kind: 'PROMOTE',
      source: { id: source.deploymentId },
      spec: {
        image: 'nginx:1.27',
        replicas: 3,
        requests: { cpu: '70m' },
        environmentVariables: [{ name: 'WHERE', value: 'test' }],
        ports: [{ domain: 'test.example.com' }],
        files: [
          { path: '/etc/plain', content: 'plain' },
          { path: '/etc/hidden', content: null, secretRef: 'web-env' },
        ],
      },
    });
    expect(await stack.seed.finished(deployment.id)).toBe('SUCCEEDED');
    const copied = stack.meridian.sandboxes[0]?.api.get('secrets', goal.namespace, 'web-env') as Data;
    expect(Buffer.from(copied.data[deployment.spec.files[1].secretKey], 'base64').toString()).toBe(
      'promoted-hidden-content',
    );
  });

  it('says that the content of a secret file is gone, or that the service is not there', async () => {
    const source = await stack.seed.runningService({
      spec: { files: [{ path: '/etc/hidden', content: 'soon gone', secret: true }] },
    });
    const nowhere = await stack.seed.environment({
      landscape: 'STAGING',
      clusterId: source.clusterId,
      project: { id: source.projectId, name: source.projectName },
    });
    const missing = await promote(source.deploymentId, nowhere.environmentId);
    expect(missing).toMatchObject({
      deployment: null,
      userErrors: [
        { field: ['input', 'toEnvironmentId'], message: expect.stringContaining('create it there first') },
      ],
    });
    const goal = await target(source, {});
    stack.meridian.sandboxes[0]?.api.remove('secrets', source.namespace, 'web-env');
    const gone = await promote(source.deploymentId, goal.environmentId);
    expect(gone).toMatchObject({
      deployment: null,
      userErrors: [{ message: expect.stringContaining('"/etc/hidden" is no longer in the cluster') }],
    });
  });

  it('goes by a canary when the version says so', async () => {
    const source = await stack.seed.runningService({
      spec: { replicas: 1, strategy: { type: 'CANARY', steps: [{ percent: 50 }] } },
    });
    const goal = await target(source, { replicas: 2 });
    await stack.seed.finished(await stack.seed.deploy(goal.serviceId));
    const { deployment } = await promote(source.deploymentId, goal.environmentId);
    await eventually(async () => {
      const { deployment: found } = await stack.admin.query(
        'query ($id: ID!) { deployment(id: $id) { rollout { canary { waiting } } } }',
        { id: deployment.id },
      );
      return found.rollout.canary?.waiting;
    });
    const going = await attempt(
      stack.admin,
      'promoteRollout',
      { deploymentId: deployment.id },
      'deployment { id }',
    );
    expect(going.userErrors).toEqual([]);
    expect(await stack.seed.finished(deployment.id)).toBe('SUCCEEDED');
  });
});

describe('where a deployment came from', () => {
  const fields = 'deployment { id commit triggerUrl }';
  const triggerUrl = 'https://ci.example.com/shop/runs/42';

  it('is kept with it: the commit with the image, and what asked for it', async () => {
    const source = await stack.seed.runningService({ spec: { replicas: 1 } });
    const { serviceId } = source;
    const change = (mutation: string, input: object = {}) =>
      attempt(stack.admin, mutation, { serviceId, ...input }, fields);
    const built = await change('deploy', { image: 'nginx:1.28', commit: ' 4f2c9d1 ', triggerUrl });
    expect(built).toMatchObject({ deployment: { commit: '4f2c9d1', triggerUrl }, userErrors: [] });
    expect(await stack.seed.finished(built.deployment.id)).toBe('SUCCEEDED');
    // The same image is of the same commit, whoever brings it.
    for (const [mutation, input] of [
      ['deploy', { spec: { replicas: 2 } }],
      ['scale', { replicas: 1 }],
      ['restart', {}],
    ] as const) {
      expect((await change(mutation, input)).deployment).toMatchObject({
        commit: '4f2c9d1',
        triggerUrl: null,
      });
    }
    const other = await change('deploy', { image: 'nginx:1.29' });
    expect(other.deployment).toMatchObject({ commit: null, triggerUrl: null });
    const back = await change('rollback', { toDeploymentId: built.deployment.id, triggerUrl });
    expect(back.deployment).toMatchObject({ commit: '4f2c9d1', triggerUrl });
    const goal = await target(source, { replicas: 1 });
    const promoted = await attempt(
      stack.admin,
      'promote',
      { deploymentId: built.deployment.id, toEnvironmentId: goal.environmentId },
      fields,
    );
    expect(promoted.deployment).toMatchObject({ commit: '4f2c9d1', triggerUrl: null });
  });

  it('is an address that may be linked to and a line of text, or refused (IN-9)', async () => {
    const { serviceId } = await stack.seed.service();
    for (const [field, value] of [
      ['triggerUrl', 'javascript:alert(1)'],
      ['triggerUrl', 'https://user:secret@ci.example.com/'],
      ['triggerUrl', 'ci.example.com/42'],
      ['triggerUrl', `https://ci.example.com/${'x'.repeat(2_000)}`],
      ['commit', 'two\nlines'],
      ['commit', 'x'.repeat(201)],
    ] as const) {
      expect(
        await attempt(stack.admin, 'deploy', { serviceId, [field]: value }, fields),
        value,
      ).toMatchObject({
        deployment: null,
        userErrors: [{ code: 'BAD_USER_INPUT', field: ['input', field] }],
      });
    }
  });
});
