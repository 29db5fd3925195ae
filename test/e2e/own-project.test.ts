import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Stack, startStack } from '../kit/stack.js';

/** What people without platform rights can do for themselves. */
describe('the owner of a project', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack();
  });
  afterAll(() => stack?.dispose());

  it('sees no cluster before one was given to the project, then makes an environment there and deploys', async () => {
    const project = await stack.seed.project();
    const clusterId = await stack.seed.clusterId();
    const owner = await stack.seed.user({ role: 'project-owner', scope: { projectId: project.id } });
    const seed = stack.seed.as(owner.client);
    expect((await owner.client.query('{ clusters { totalCount } }')).clusters.totalCount).toBe(0);

    await stack.seed.bind(owner.id, 'project-owner', { projectId: project.id, clusterId });
    expect((await owner.client.query('{ clusters { nodes { id } } }')).clusters.nodes).toEqual([
      { id: clusterId },
    ]);
    const environment = await seed.environment({ project, clusterId });
    const { deploymentId } = await seed.runningService({ environment });
    const { deployment } = await owner.client.query(
      'query ($id: ID!) { deployment(id: $id) { actor { login } service { environment { cluster { id } project { name } } } } }',
      { id: deploymentId },
    );
    expect(deployment).toEqual({
      actor: { login: owner.login },
      service: { environment: { cluster: { id: clusterId }, project: { name: project.name } } },
    });
  });

  it('cannot see or touch the project of another', async () => {
    const theirs = await stack.seed.runningService();
    const project = await stack.seed.project();
    const owner = await stack.seed.user({ role: 'project-owner', scope: { projectId: project.id } });
    const { errors, data } = await owner.client.send(
      `query ($project: ID!, $environment: ID!, $service: ID!, $deployment: ID!) {
         project(id: $project) { id } environment(id: $environment) { id } service(id: $service) { id }
         deployment(id: $deployment) { id } node(id: $service) { id } }`,
      {
        project: theirs.projectId,
        environment: theirs.environmentId,
        service: theirs.serviceId,
        deployment: theirs.deploymentId,
      },
    );
    expect(errors).toBeUndefined();
    expect(data).toEqual({ project: null, environment: null, service: null, deployment: null, node: null });
    const refused = await owner.client.send(
      'mutation ($input: ScaleInput!) { scale(input: $input) { deployment { id } userErrors { code } } }',
      { input: { serviceId: theirs.serviceId, replicas: 0 } },
    );
    expect(refused.data.scale).toEqual({ deployment: null, userErrors: [{ code: 'NOT_FOUND' }] });
    const pods = owner.client.subscribe(
      'subscription ($id: ID!) { podStatus(serviceId: $id) { __typename } }',
      {
        id: theirs.serviceId,
      },
    );
    await expect(pods.next()).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
