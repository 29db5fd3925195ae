import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../../sandbox/sandbox.js';
import { type Platform, startPlatform, type User, uniqueName } from '../clusters/platform.js';

type Data = any;

let platform: Platform;
let admin: User;
let sandboxes: Sandbox[];
let clusterId: string;
let otherClusterId: string;

beforeAll(async () => {
  sandboxes = await Promise.all(['one', 'two'].map((name) => startSandbox({ name, pace: 0.1 })));
  platform = await startPlatform({ origins: sandboxes.map(({ url }) => url) });
  admin = platform.admin;
  const [one, two] = await Promise.all(
    sandboxes.map(async ({ name, kubeconfig }) => {
      const input = { name, infrastructure: 'OTHER', kubeconfig };
      return (await admin.clusters.mutate('registerCluster', input, 'cluster { id }')).cluster.id as string;
    }),
  );
  clusterId = one ?? '';
  otherClusterId = two ?? '';
});
afterAll(async () => {
  await platform?.dispose();
  await Promise.all(sandboxes?.map((sandbox) => sandbox.dispose()) ?? []);
});

const createProject = async (): Promise<{ id: string; name: string }> =>
  (await admin.projects.mutate('createProject', { name: uniqueName('shop') }, 'project { id name }')).project;

async function create(more: object = {}): Promise<Data> {
  const { id: projectId } = await createProject();
  const input = { projectId, landscape: 'DEV', clusterId, ...more };
  const selection = 'environment { id namespace project { name } }';
  return (await admin.projects.mutate('createEnvironment', input, selection)).environment;
}
const find = async (id: string, selection: string, user: User): Promise<Data> =>
  (await user.projects.query(`query ($id: ID!) { environment(id: $id) { ${selection} } }`, { id }))
    .environment;

describe('environments of others (AU-2)', () => {
  it('are as absent, by id, as entities, and in the lists of project and cluster', async () => {
    const [mine, other] = [await create(), await create()];
    const ownerOf = (name: string) =>
      platform.sql('SELECT id FROM projects.project WHERE name = $1', [name]).then((rows) => rows[0].id);
    const projectId = await ownerOf(mine.project.name);
    const owner = await platform.user({ role: 'project-owner', scope: { projectId } });
    const absent = 'environment_00000000000000000000000000';
    for (const id of [other.id, absent]) expect(await find(id, 'id', owner)).toBeNull();
    const { _entities } = await owner.projects.query(
      `query ($r: [_Any!]!) { _entities(representations: $r) {
        ... on Environment { namespace }
        ... on Cluster { environments { nodes { namespace project { name } } totalCount } } } }`,
      {
        r: [
          ...[mine.id, other.id, absent].map((id) => ({ __typename: 'Environment', id })),
          { __typename: 'Cluster', id: clusterId },
        ],
      },
    );
    expect(_entities).toEqual([
      { namespace: mine.namespace },
      null,
      null,
      { environments: { nodes: [{ namespace: mine.namespace, project: mine.project }], totalCount: 1 } },
    ]);
    for (const [mutation, more] of [
      ['updateQuota', { quota: { pods: 1 } }],
      ['deleteEnvironment', {}],
    ] as const) {
      const [foreign, missing] = await Promise.all(
        [other.id, absent].map(async (environmentId) => {
          const refusal = await owner.projects.refusal(mutation, { ...more, environmentId });
          return { ...refusal, message: refusal.message.replace(environmentId, 'ID') };
        }),
      );
      expect(foreign).toEqual(missing);
      expect(foreign).toMatchObject({ code: 'NOT_FOUND', field: ['input', 'environmentId'] });
    }
    // Without an environment there, the other cluster can't be chosen either.
    const refusal = await owner.projects.refusal('createEnvironment', {
      projectId,
      landscape: 'TEST',
      clusterId: otherClusterId,
    });
    expect(refusal).toMatchObject({ code: 'NOT_FOUND', field: ['input', 'clusterId'] });
    await owner.projects.mutate('createEnvironment', { projectId, landscape: 'TEST', clusterId });
  });

  it('whoever sees one landscape of a project sees the project, with that landscape alone', async () => {
    const { id: projectId, name } = await createProject();
    const [dev] = await Promise.all(
      ['DEV', 'PROD'].map(
        async (landscape) =>
          (
            await admin.projects.mutate(
              'createEnvironment',
              { projectId, landscape, clusterId },
              'environment { namespace }',
            )
          ).environment,
      ),
    );
    const { landscapes } = await admin.projects.query('{ landscapes { id name } }');
    const landscapeId = landscapes.find((landscape: Data) => landscape.name === 'DEV').id;
    const viewer = await platform.user({ role: 'viewer', scope: { projectId, landscapeId } });
    const { project } = await viewer.projects.query(
      'query ($name: String!) { project(name: $name) { document environments { namespace landscape { name } } } }',
      { name },
    );
    expect(project.environments).toEqual([{ namespace: dev.namespace, landscape: { name: 'DEV' } }]);
    expect(project.document).not.toContain('PROD');
  });
});

describe('a project as code', () => {
  it('is YAML with its environments and quotas', async () => {
    const { project } = await create({ quota: { cpu: '2', pods: null } });
    const { project: found } = await admin.projects.query(
      'query ($name: String!) { project(name: $name) { document statistics { id } } }',
      { name: project.name },
    );
    expect(found.document).toBe(
      [
        'apiVersion: meridian.dev/v1',
        'kind: Project',
        `name: ${project.name}`,
        `displayName: ${project.name}`,
        'environments:',
        '  - landscape: DEV',
        '    cluster: one',
        '    quota:',
        '      cpu: "2"',
        '      memory: 16Gi',
        '      pods: null',
        '      storage: 100Gi',
        '      services: 50',
        '',
      ].join('\n'),
    );
  });
});
