import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Stack, startStack } from '../../kit/stack.js';

/** Identity as clients meet it: joined with projects, clusters and deployments. */
describe('identity behind the gateway', () => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await startStack({ sandboxes: 1 });
  });
  afterAll(() => stack?.dispose());

  const members =
    '{ projects { nodes { name members { role { name } effect user { login } scope { wholePlatform project { name } } } } } }';

  it('makes whoever creates a project its owner at once, and shows the members to them alone', async () => {
    await stack.admin.mutate(
      `mutation { createRole(input: { name: "founder", permissions: ["projects.create"] }) { userErrors { message } } }`,
    );
    const founder = await stack.seed.user({ role: 'founder' });
    const project = await stack.seed.as(founder.client).project();
    expect((await founder.client.query(members)).projects.nodes).toEqual([
      {
        name: project.name,
        members: [
          {
            role: { name: 'project-owner' },
            effect: 'ALLOW',
            user: { login: founder.login },
            scope: { wholePlatform: false, project: { name: project.name } },
          },
        ],
      },
    ]);
    const { viewer } = await founder.client.query(
      'query ($id: ID!) { viewer { yes: can(permission: "projects.delete", on: $id) no: can(permission: "clusters.register") } }',
      { id: project.id },
    );
    expect(viewer).toEqual({ yes: true, no: false });
    await stack.admin.mutate(
      `mutation { createRole(input: { name: "visitor", permissions: ["projects.read"] }) { userErrors { message } } }`,
    );
    const visitor = await stack.seed.user({ role: 'visitor', scope: { projectId: project.id } });
    expect((await visitor.client.query(members)).projects.nodes).toEqual([
      { name: project.name, members: [] },
    ]);
  });

  it('lets an access token do what it may and nothing else, on HTTP and on the socket', async () => {
    const environment = await stack.seed.environment();
    const { serviceId } = await stack.seed.service({ environment });
    const { secret } = await stack.admin.mutate(
      `mutation ($input: CreateAccessTokenInput!) { createAccessToken(input: $input) { secret userErrors { message } } }`,
      {
        input: {
          name: 'reads one project',
          permissions: ['projects.read', 'services.read'],
          scope: { projectId: environment.projectId },
        },
      },
    );
    const tool = stack.client(secret);
    await stack.seed.project();
    expect((await tool.query('{ projects { nodes { name } } }')).projects.nodes).toEqual([
      { name: environment.projectName },
    ]);
    const refused = await tool.send(
      'mutation ($id: ID!) { restart(input: { serviceId: $id }) { userErrors { code } } }',
      {
        id: serviceId,
      },
    );
    expect(refused.data.restart.userErrors).toEqual([{ code: 'FORBIDDEN' }]);
    const logs = tool.subscribe(
      'subscription ($id: ID!) { serviceLogs(input: { serviceId: $id }) { __typename } }',
      {
        id: serviceId,
      },
    );
    await expect(logs.next()).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const pods = tool.subscribe('subscription ($id: ID!) { podStatus(serviceId: $id) { __typename } }', {
      id: serviceId,
    });
    expect((await pods.next()).value).toEqual({ __typename: 'PodsSnapshot' });
    await pods.return(undefined);
  });

  it('tells in the audit log who did what to which project, by name', async () => {
    const project = await stack.seed.project();
    const { auditEvents } = await stack.admin.query(
      `query ($filter: AuditEventFilter) { auditEvents(filter: $filter) {
        nodes { action result actor { login displayName } accessToken { name } project { name } changes { path after } } } }`,
      { filter: { projectId: project.id } },
    );
    expect(auditEvents.nodes).toMatchObject([
      {
        action: 'createProject',
        result: 'DONE',
        actor: { login: 'admin', displayName: 'Administrator' },
        accessToken: null,
        project: { name: project.name },
      },
    ]);
  });
});
