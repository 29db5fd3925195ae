import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FakeApiServer, sendJson, sendStatus } from '../../kit/fake-api-server.js';
import { eventually } from '../../kit/wait.js';
import { type Platform, startPlatform, type User, uniqueName } from './platform.js';

type Data = any;

let platform: Platform;
let admin: User;
let server: FakeApiServer;
const ids: Record<string, string> = {};
/** Nobody listens there. */
const nowhere = 'http://127.0.0.1:9';

const kubeconfig = (origin: string): string =>
  JSON.stringify({
    'current-context': 'c',
    contexts: [{ name: 'c', context: { cluster: 'c', user: 'u' } }],
    clusters: [{ name: 'c', cluster: { server: origin } }],
    users: [{ name: 'u', user: { token: 'some-token' } }],
  });

/** name, infrastructure, location, labels, whether it answers */
const fleet = [
  ['berlin', 'BARE_METAL', 'Berlin', { tier: 'gold', zone: 'a' }, true],
  ['bonn', 'VMWARE', 'Bonn', { tier: 'silver', zone: 'b' }, true],
  ['dublin', 'AWS', 'eu-west-1', { tier: 'gold', zone: 'b', gpu: '' }, true],
  ['frankfurt', 'AWS', 'eu-central-1', { tier: 'silver' }, false],
  ['lab', 'OTHER', null, {}, false],
] as const;

beforeAll(async () => {
  server = await FakeApiServer.start(({ method, url }, response) => {
    // Has no namespace yet, and takes every one as it comes.
    if (method !== 'GET') return sendJson(response, 201, { metadata: { name: 'x', uid: 'u' } });
    if (/\/namespaces\/[^/]+$/.test(url.pathname)) {
      return sendStatus(response, 404, 'NotFound', 'not found', {
        details: { name: 'x', kind: 'namespaces' },
      });
    }
    return sendJson(response, 200, { gitVersion: 'v1.33.0', metadata: { resourceVersion: '1' }, items: [] });
  });
  platform = await startPlatform({ origins: [server.origin, nowhere] });
  admin = platform.admin;
  for (const [name, infrastructure, location, labels, answers] of fleet) {
    const { id } = await platform.clusters.ensureCluster({
      name,
      displayName: name.toUpperCase(),
      infrastructure,
      location,
      labels,
      ingressDomain: null,
      kubeconfig: kubeconfig(answers ? server.origin : nowhere),
    });
    ids[name] = id;
  }
  await eventually(async () => {
    const statuses = (await nodes('{}', 'status')).map(({ status }) => status).sort();
    return statuses.join() === 'READY,READY,READY,UNREACHABLE,UNREACHABLE';
  });
});
afterAll(async () => {
  await platform?.dispose();
  await server?.close();
});

const ask = (selection: string, variables: object, user: User = admin): Promise<Data> =>
  user.clusters
    .query(
      `query ($filter: ClusterFilter, $orderBy: ClusterOrder, $first: Int, $after: String) {
        clusters(filter: $filter, orderBy: $orderBy, first: $first, after: $after) { ${selection} } }`,
      variables,
    )
    .then(({ clusters }) => clusters);
const nodes = async (filter: string, selection: string): Promise<Data[]> =>
  (await admin.clusters.query(`{ clusters(filter: ${filter}) { nodes { ${selection} } } }`)).clusters.nodes;
const names = async (variables: object, user: User = admin): Promise<string[]> =>
  (await ask('nodes { name }', variables, user)).nodes.map(({ name }: Data) => name);

const allFacets = `facets {
  infrastructure { value count } location { value count } landscape { value count } status { value count }
  labels { name values { value count } } }`;

describe('the labels of a list of clusters', () => {
  it.each([
    [{ tier: 'gold' }, ['berlin', 'dublin']],
    [{ tier: ['gold', 'silver'], zone: 'b' }, ['bonn', 'dublin']],
    [{ gpu: null }, ['dublin']],
    [{ zone: null }, ['berlin', 'bonn', 'dublin']],
    [{ tier: [] }, []],
    [{}, ['berlin', 'bonn', 'dublin', 'frankfurt', 'lab']],
    [{ "'; DROP TABLE clusters.cluster; --": 'x' }, 'refused'],
    [{ tier: { $ne: null } }, 'refused'],
    [['tier'], 'refused'],
    ['tier', 'refused'],
    [Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`l${index}`, null])), 'refused'],
  ])('filtered by %j give %j', async (labels, expected) => {
    const found = await names({ filter: { labels } }).catch((error) => {
      expect(error.extensions.code).toBe('BAD_USER_INPUT');
      expect(error.field.slice(0, 2)).toEqual(['filter', 'labels']);
      return 'refused';
    });
    expect(found).toEqual(expected);
  });

  it('hold their text as data, whatever is in it', async () => {
    expect(await names({ filter: { labels: { tier: "gold' OR TRUE --" } } })).toEqual([]);
    expect(await names({ filter: { search: "' OR 1=1 --" } })).toEqual([]);
    expect(await names({ filter: { landscape: ["x') OR TRUE --"], location: ['"'] } })).toEqual([]);
  });
});

describe('the order of a list of clusters', () => {
  it.each([
    ['NAME', 'DESC', ['lab', 'frankfurt', 'dublin', 'bonn', 'berlin']],
    ['DISPLAY_NAME', 'ASC', ['berlin', 'bonn', 'dublin', 'frankfurt', 'lab']],
    ['CREATED_AT', 'ASC', ['berlin', 'bonn', 'dublin', 'frankfurt', 'lab']],
    ['LOCATION', 'ASC', ['lab', 'berlin', 'bonn', 'frankfurt', 'dublin']],
    ['INFRASTRUCTURE', 'ASC', ['dublin', 'frankfurt', 'berlin', 'lab', 'bonn']],
    ['STATUS', 'ASC', ['frankfurt', 'lab', 'berlin', 'bonn', 'dublin']],
    ['STATUS', 'DESC', ['dublin', 'bonn', 'berlin', 'lab', 'frankfurt']],
  ])('by %s %s holds from page to page', async (field, direction, expected) => {
    const orderBy = { field, direction };
    const found: string[] = [];
    let after: string | null = null;
    do {
      const page: Data = await ask('nodes { name } pageInfo { endCursor hasNextPage } totalCount', {
        orderBy,
        first: 2,
        after,
      });
      found.push(...page.nodes.map(({ name }: Data) => name));
      expect(page.totalCount).toBe(5);
      after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
    } while (after !== null);
    expect(found).toEqual(expected);
  });

  it('refuses a cursor of another list, and one that was made up', async () => {
    for (const after of ['x', Buffer.from('[{}]').toString('base64url')]) {
      await expect(ask('totalCount', { after })).rejects.toMatchObject({
        extensions: { code: 'BAD_USER_INPUT' },
      });
    }
  });
});

describe('the facets of a list of clusters', () => {
  it('count what each value would leave', async () => {
    expect((await ask(allFacets, {})).facets).toEqual({
      infrastructure: [
        { value: 'AWS', count: 2 },
        { value: 'BARE_METAL', count: 1 },
        { value: 'OTHER', count: 1 },
        { value: 'VMWARE', count: 1 },
      ],
      location: ['Berlin', 'Bonn', 'eu-central-1', 'eu-west-1'].map((value) => ({ value, count: 1 })),
      landscape: [],
      status: [
        { value: 'UNREACHABLE', count: 2 },
        { value: 'READY', count: 3 },
      ],
      labels: [
        { name: 'gpu', values: [{ value: '', count: 1 }] },
        {
          name: 'tier',
          values: [
            { value: 'gold', count: 2 },
            { value: 'silver', count: 2 },
          ],
        },
        {
          name: 'zone',
          values: [
            { value: 'b', count: 2 },
            { value: 'a', count: 1 },
          ],
        },
      ],
    });
  });

  it('honour every filter but their own', async () => {
    const filter = { infrastructure: ['AWS'], status: ['READY'], labels: { tier: 'gold' } };
    const { facets, nodes: found } = await ask(`nodes { name } ${allFacets}`, { filter });
    expect(found).toEqual([{ name: 'dublin' }]);
    expect(facets.infrastructure).toEqual([
      { value: 'AWS', count: 1 },
      { value: 'BARE_METAL', count: 1 },
    ]);
    expect(facets.status).toEqual([{ value: 'READY', count: 1 }]);
    expect(facets.location).toEqual([{ value: 'eu-west-1', count: 1 }]);
    expect(facets.labels).toEqual([
      { name: 'gpu', values: [{ value: '', count: 1 }] },
      { name: 'tier', values: [{ value: 'gold', count: 1 }] },
      { name: 'zone', values: [{ value: 'b', count: 1 }] },
    ]);
  });

  it('of a label that is filtered show its other values too', async () => {
    const { facets } = await ask('facets { labels { name values { value count } } }', {
      filter: { labels: { zone: 'b', tier: 'gold' } },
    });
    const tier = facets.labels.find(({ name }: Data) => name === 'tier');
    expect(tier.values).toEqual([
      { value: 'gold', count: 1 },
      { value: 'silver', count: 1 },
    ]);
  });
});

describe('a list of clusters for somebody who may see a part', () => {
  it('shows, counts and facets that part only (AU-4)', async () => {
    const operator = await platform.user({ role: 'viewer', scope: { clusterId: ids['dublin'] } });
    const found = await ask(`totalCount nodes { name } ${allFacets}`, {}, operator);
    expect(found).toMatchObject({ totalCount: 1, nodes: [{ name: 'dublin' }] });
    expect(found.facets.infrastructure).toEqual([{ value: 'AWS', count: 1 }]);
    expect(found.facets.status).toEqual([{ value: 'READY', count: 1 }]);
    expect(found.facets.location).toEqual([{ value: 'eu-west-1', count: 1 }]);
    expect(found.facets.labels).toHaveLength(3);
  });

  it('knows of landscapes by the environments that they may see', async () => {
    const { project } = await admin.projects.mutate(
      'createProject',
      { name: uniqueName('shop') },
      'project { id }',
    );
    const other = await admin.projects.mutate(
      'createProject',
      { name: uniqueName('other') },
      'project { id }',
    );
    for (const [projectId, landscape, cluster] of [
      [project.id, 'DEV', 'berlin'],
      [project.id, 'PROD', 'dublin'],
      [other.project.id, 'DEV', 'bonn'],
    ]) {
      await admin.projects.mutate('createEnvironment', { projectId, landscape, clusterId: ids[cluster] });
    }
    const owner = await platform.user({ role: 'project-owner', scope: { projectId: project.id } });
    const filter = { landscape: ['DEV'] };
    await eventually(async () => (await names({ filter })).join() === 'berlin,bonn');
    expect(await names({ filter: { landscape: ['DEV', 'PROD'] } })).toEqual(['berlin', 'bonn', 'dublin']);
    expect(await names({ filter: { landscape: ['NOPE'] } })).toEqual([]);
    expect((await ask('facets { landscape { value count } }', { filter })).facets.landscape).toEqual([
      { value: 'DEV', count: 2 },
      { value: 'PROD', count: 1 },
    ]);
    await eventually(async () => (await names({}, owner)).join() === 'berlin,dublin');
    expect(await names({ filter }, owner)).toEqual(['berlin']);
    const { facets } = await ask('facets { landscape { value count } }', { filter }, owner);
    expect(facets.landscape).toEqual([
      { value: 'DEV', count: 1 },
      { value: 'PROD', count: 1 },
    ]);
    // Who may read clusters but no environments learns nothing of landscapes.
    const { role } = await admin.identity.mutate(
      'createRole',
      { name: uniqueName('cluster-reader'), permissions: ['clusters.read'] },
      'role { name }',
    );
    const reader = await platform.user({ role: role.name });
    expect(await names({ filter }, reader)).toEqual([]);
    expect((await ask('facets { landscape { value } }', {}, reader)).facets.landscape).toEqual([]);
  });
});
