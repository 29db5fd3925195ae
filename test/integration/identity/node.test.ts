import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../../subgraphs/shared/ids.js';
import type { GraphqlClient } from '../../kit/graphql-client.js';
import { type Stack, startStack } from '../../kit/stack.js';

type Records = Awaited<ReturnType<typeof inProject>>;

let stack: Stack;
let own: Records;
let foreign: Records;
let user: GraphqlClient;
let userId: string;
beforeAll(async () => {
  stack = await startStack();
  [own, foreign] = await Promise.all([inProject(), inProject()]);
  const owner = await stack.seed.user({ role: 'project-owner', scope: { projectId: own.Project } });
  user = owner.client;
  userId = owner.id;
});
afterAll(() => stack?.dispose());

/** The ids of one record of each kind that belongs to a project, by type. */
async function inProject() {
  const service = await stack.seed.service();
  const { instance } = await stack.admin.mutate(
    `mutation ($input: CreateInstanceInput!) { createInstance(input: $input) { instance { id } userErrors { message } } }`,
    { input: { environmentId: service.environmentId, name: 'cache', offering: 'redis' } },
  );
  const scope = { projectId: service.projectId };
  return {
    Project: service.projectId,
    Environment: service.environmentId,
    Application: service.applicationId,
    Service: service.serviceId,
    Deployment: await stack.seed.deploy(service.serviceId),
    Instance: instance.id as string,
    RoleBinding: await stack.seed.bind((await stack.seed.user()).id, 'developer', scope),
  };
}

/** A token of the administrator, limited. */
async function limited(permissions: string[], scope: object): Promise<GraphqlClient> {
  const { secret } = await stack.admin.mutate(
    `mutation ($input: CreateAccessTokenInput!) { createAccessToken(input: $input) { secret userErrors { message } } }`,
    { input: { name: 'limited', permissions, scope } },
  );
  return stack.client(secret);
}

const typeOf = async (client: GraphqlClient, id: string): Promise<string | undefined> =>
  (await client.query('query ($id: ID!) { node(id: $id) { __typename id } }', { id })).node?.__typename;

/** Names of the records that the client sees. */
async function seen(client: GraphqlClient, records: Record<string, string>): Promise<string[]> {
  const types = await Promise.all(Object.values(records).map((id) => typeOf(client, id)));
  return types.filter((type) => type !== undefined);
}

/** The bytes of the answer. */
async function answer(client: GraphqlClient, id: string): Promise<string> {
  const query =
    'query ($id: ID!) { node(id: $id) { __typename id ... on Service { name } ... on User { login } } }';
  const response = await fetch(client.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${client.token}` },
    body: JSON.stringify({ query, variables: { id } }),
  });
  return `${response.status} ${await response.text()}`;
}

describe('node', () => {
  it('finds a record of every kind that belongs to a project, for who may see it', async () => {
    expect(await seen(stack.admin, own)).toEqual(Object.keys(own));
    expect(await seen(user, own)).toEqual(Object.keys(own));
  });

  it('finds what belongs to no project', async () => {
    const { team } = await stack.admin.mutate(
      'mutation { createTeam(input: { name: "payments" }) { team { id } userErrors { message } } }',
    );
    const { accessToken } = await stack.admin.mutate(
      'mutation { createAccessToken(input: { name: "ci" }) { accessToken { id } userErrors { message } } }',
    );
    const { roles, landscapes } = await stack.admin.query('{ roles { id } landscapes { id } }');
    const records = {
      Cluster: await stack.seed.clusterId(),
      User: userId,
      Role: roles[0].id,
      Landscape: landscapes.at(-1).id,
      Team: team.id,
      AccessToken: accessToken.id,
    };
    expect(await seen(stack.admin, records)).toEqual(Object.keys(records));
    // Names, roles and landscapes are common knowledge; the cluster is seen through the environment on it.
    expect(await seen(user, records)).toEqual(['Cluster', 'User', 'Role', 'Landscape', 'Team']);
    const newcomer = await stack.seed.user();
    expect(await seen(newcomer.client, records)).toEqual(['User', 'Role', 'Landscape']);
  });

  it('leads on to everything that the owner of the type knows of it', async () => {
    const query = `query ($id: ID!) { node(id: $id) { id
      ... on Service { name environment { cluster { name } } }
      ... on Project { name members { role { name } } }
      ... on Deployment { number service { id } }
      ... on Instance { name project { id } }
      ... on RoleBinding { role { name } scope { project { id } } }
      ... on User { login teams { name } } } }`;
    const find = async (id: string) => (await user.query(query, { id })).node;
    const { cluster } = await stack.admin.query('query ($id: ID!) { cluster(id: $id) { name } }', {
      id: await stack.seed.clusterId(),
    });
    expect(await find(own.Service)).toEqual({ id: own.Service, name: 'web', environment: { cluster } });
    expect((await find(own.Project)).members).toContainEqual({ role: { name: 'developer' } });
    expect(await find(own.Deployment)).toMatchObject({ number: 1, service: { id: own.Service } });
    expect(await find(own.Instance)).toMatchObject({ name: 'cache', project: { id: own.Project } });
    expect(await find(own.RoleBinding)).toMatchObject({
      role: { name: 'developer' },
      scope: { project: { id: own.Project } },
    });
    expect(await find(userId)).toMatchObject({ login: expect.stringMatching(/^user-/), teams: [] });
  });

  it("answers byte for byte alike for another project's record, an absent one, and what is no id", async () => {
    const nothing = '200 {"data":{"node":null}}\n';
    const kinds = ['cluster', 'project', 'service', 'instance', 'user', 'team', 'binding', 'token'] as const;
    const malformed = ['', 'nonsense', 'service_', `${own.Service} `, own.Service.toUpperCase(), "'; --"];
    const ids = [
      ...Object.values(foreign),
      ...kinds.map((kind) => newId(kind)),
      newId('exec'),
      newId('event'),
      ...malformed,
      'service_'.padEnd(10_000, '0'),
    ];
    for (const id of ids) expect(`${id}: ${await answer(user, id)}`).toBe(`${id}: ${nothing}`);
    expect(await answer(user, own.Service)).not.toBe(nothing);
  });

  it('tells who is not signed in nothing but that', async () => {
    for (const id of [own.Service, userId, 'nonsense']) {
      const { data, errors } = await stack
        .client(null)
        .send('query ($id: ID!) { node(id: $id) { id } }', { id });
      expect(data).toEqual({ node: null });
      expect(errors?.map(({ extensions }) => extensions.code)).toEqual(['UNAUTHENTICATED']);
    }
  });

  it('keeps within the limits of an access token', async () => {
    const services = await limited(['services.read'], { projectId: own.Project });
    expect(await seen(services, own)).toEqual(['Service']);
    expect(await seen(services, foreign)).toEqual([]);
    expect(await typeOf(services, await stack.seed.clusterId())).toBeUndefined();
    const environments = await limited(['environments.read'], { projectId: own.Project });
    expect(await seen(environments, own)).toEqual(['Project', 'Environment']);
    expect(await seen(environments, foreign)).toEqual([]);
    expect(await typeOf(environments, await stack.seed.clusterId())).toBe('Cluster');
    const application = await limited(['services.read', 'deployments.read', 'applications.read'], {
      applicationId: own.Application,
    });
    expect(await seen(application, own)).toEqual(['Application', 'Service', 'Deployment']);
  });

  it('loses a service that is deleted, and keeps its deployments', async () => {
    const { serviceId } = await stack.seed.service();
    const deploymentId = await stack.seed.deploy(serviceId);
    expect(await typeOf(stack.admin, serviceId)).toBe('Service');
    await stack.admin.mutate(
      'mutation ($id: ID!) { deleteService(input: { serviceId: $id }) { userErrors { message } } }',
      { id: serviceId },
    );
    expect(await typeOf(stack.admin, serviceId)).toBeUndefined();
    expect(await typeOf(stack.admin, deploymentId)).toBe('Deployment');
  });
});

describe('viewer.can', () => {
  const can = async (client: GraphqlClient, permission: string, on: string): Promise<boolean> =>
    (
      await client.query(
        'query ($permission: String!, $on: ID) { viewer { can(permission: $permission, on: $on) } }',
        { permission, on },
      )
    ).viewer.can;

  it('answers for every record of a project', async () => {
    for (const id of Object.values(own)) expect(await can(user, 'deployments.rollback', id), id).toBe(true);
    for (const id of Object.values(foreign))
      expect(await can(user, 'deployments.rollback', id), id).toBe(false);
  });

  it('says what the mutation then says', async () => {
    const { Application: applicationId, Project: projectId } = own;
    const deployer = await stack.seed.user({ role: 'developer', scope: { applicationId } });
    const restart = async (client: GraphqlClient, id: string) =>
      (
        await client.query(
          'mutation ($id: ID!) { restart(input: { serviceId: $id }) { userErrors { code } } }',
          { id },
        )
      ).restart.userErrors;
    expect(await can(deployer.client, 'deployments.restart', applicationId)).toBe(true);
    expect(await can(deployer.client, 'deployments.restart', own.Deployment)).toBe(true);
    expect(await can(deployer.client, 'deployments.restart', own.Service)).toBe(true);
    expect(await restart(deployer.client, own.Service)).toEqual([]);
    expect(await can(deployer.client, 'deployments.restart', projectId)).toBe(false);
    expect(await can(deployer.client, 'deployments.restart', foreign.Service)).toBe(false);
    expect(await restart(deployer.client, foreign.Service)).toEqual([{ code: 'NOT_FOUND' }]);
  });
});
