import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Asker } from '../clusters/platform.js';
import { type Marketplace, type SeededEnvironment, startMarketplace } from './marketplace.js';

let marketplace: Marketplace;
let ours: SeededEnvironment;
let theirs: SeededEnvironment;
let owner: Asker;
let stranger: Asker;
let instanceId: string;
const absentId = 'instance_00000000000000000000000000';

beforeAll(async () => {
  marketplace = await startMarketplace();
  ours = await marketplace.environment();
  theirs = await marketplace.environment();
  owner = await marketplace.member(ours.projectId, 'project-owner');
  stranger = await marketplace.member(theirs.projectId, 'project-owner');
  instanceId = await marketplace.create(ours.id);
  await marketplace.create(theirs.id);
  await marketplace.becomes(instanceId, 'READY', owner);
});
afterAll(() => marketplace?.dispose());

const list =
  'query ($filter: InstanceFilter, $first: Int, $after: String) { instances(filter: $filter, first: $first, after: $after) { totalCount nodes { id } pageInfo { hasNextPage endCursor } } }';
const reason = 'looking into ticket 4711';

describe('the owner of another project', () => {
  it('sees an instance as if it were absent', async () => {
    expect(await marketplace.instance(instanceId, 'id', stranger)).toBeNull();
    expect(await marketplace.instance(absentId, 'id', stranger)).toBeNull();
    expect(await marketplace.instance(instanceId, 'id', owner)).toEqual({ id: instanceId });
  });

  it.each([
    ['updateInstance', { plan: 'medium' }],
    ['deleteInstance', {}],
    ['revealCredentials', { reason }],
  ])('gets from %s the very answer for an absent instance', async (mutation, input) => {
    const forbidden = await stranger.refusal(mutation, { instanceId, ...input });
    const absent = await stranger.refusal(mutation, { instanceId: absentId, ...input });
    expect(forbidden).toEqual({ ...absent, message: absent.message.replace(absentId, instanceId) });
    expect(forbidden.code).toBe('NOT_FOUND');
  });

  it('gets no stream of it', async () => {
    const open = async (id: string): Promise<unknown> => {
      const query = 'subscription ($id: ID!) { instanceStatus(instanceId: $id) { __typename } }';
      for await (const event of stranger.subscribe(query, { id }, new AbortController().signal)) return event;
      return undefined;
    };
    await expect(open(instanceId)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(open(absentId)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('gets nothing by reference', async () => {
    const query = 'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Instance { name } } }';
    const representation = { r: [{ __typename: 'Instance', id: instanceId }] };
    expect((await stranger.query(query, representation))._entities).toEqual([null]);
    expect((await owner.query(query, representation))._entities).toHaveLength(1);
    expect((await owner.query(query, representation))._entities[0].name).toMatch(/^store-/);
  });

  it('finds nothing of it in lists, counts and other records', async () => {
    for (const filter of [
      {},
      { projectId: ours.projectId },
      { environmentId: ours.id },
      { clusterId: marketplace.clusterId },
    ]) {
      const { instances } = await stranger.query(list, { filter });
      expect(instances.nodes.map(({ id }: { id: string }) => id)).not.toContain(instanceId);
      expect(instances.totalCount).toBe(instances.nodes.length);
    }
    const around = `query ($r: [_Any!]!) { _entities(representations: $r) {
      ... on Project { instances { totalCount nodes { id } } }
      ... on Environment { instances(first: 1) { totalCount nodes { id } } }
      ... on ProjectStatistics { count: instances } } }`;
    const representations = [
      { __typename: 'Project', id: ours.projectId },
      { __typename: 'Environment', id: ours.id },
      { __typename: 'ProjectStatistics', id: ours.projectId },
    ];
    const none = { instances: { totalCount: 0, nodes: [] } };
    const one = { instances: { totalCount: 1, nodes: [{ id: instanceId }] } };
    expect((await stranger.query(around, { r: representations }))._entities).toEqual([
      none,
      none,
      { count: 0 },
    ]);
    expect((await owner.query(around, { r: representations }))._entities).toEqual([one, one, { count: 1 }]);
  });

  it('can create nothing there', async () => {
    const input = { environmentId: ours.id, name: 'cache', offering: 'redis' };
    expect(await stranger.refusal('createInstance', input)).toMatchObject({
      code: 'NOT_FOUND',
      field: ['input', 'environmentId'],
    });
  });
});

describe('a member', () => {
  it('who may only look, changes and reveals nothing', async () => {
    const viewer = await marketplace.member(ours.projectId, 'viewer');
    expect(await marketplace.instance(instanceId, 'id status', viewer)).toEqual({
      id: instanceId,
      status: 'READY',
    });
    for (const [mutation, input] of [
      ['createInstance', { environmentId: ours.id, name: 'cache', offering: 'redis' }],
      ['updateInstance', { instanceId, plan: 'medium' }],
      ['deleteInstance', { instanceId }],
      ['revealCredentials', { instanceId, reason }],
    ] as const) {
      expect([mutation, (await viewer.refusal(mutation, input)).code]).toEqual([mutation, 'FORBIDDEN']);
    }
    expect(await marketplace.instance(instanceId, 'revision', viewer)).toEqual({ revision: 1 });
  });

  it('who develops, may create but not see credentials', async () => {
    const developer = await marketplace.member(ours.projectId, 'developer');
    expect((await developer.refusal('revealCredentials', { instanceId, reason })).code).toBe('FORBIDDEN');
    const input = { environmentId: ours.id, name: 'dev-cache', offering: 'redis' };
    await developer.mutate('createInstance', input);
  });
});

describe('nobody', () => {
  it('sees anything without signing in, the catalogue included', async () => {
    const anonymous = marketplace.as(marketplace.platform.anonymous);
    for (const query of [
      '{ offerings { name } }',
      '{ offering(name: "redis") { name } }',
      list,
      '{ instance(id: "x") { id } }',
    ]) {
      const { errors } = await anonymous.send(query);
      expect(errors[0]?.originalError).toMatchObject({ code: 'UNAUTHENTICATED' });
    }
  });
});

describe('the list of instances', () => {
  it('comes in pages that hold each once, in the order of creation', async () => {
    const environment = await marketplace.environment();
    const made: string[] = [];
    for (let count = 0; count < 5; count++) made.push(await marketplace.create(environment.id));
    const filter = { environmentId: environment.id };
    const seen: string[] = [];
    let after: string | null = null;
    do {
      const { instances }: any = await marketplace.admin.query(list, { filter, first: 2, after });
      expect(instances.totalCount).toBe(5);
      seen.push(...instances.nodes.map(({ id }: { id: string }) => id));
      after = instances.pageInfo.hasNextPage ? instances.pageInfo.endCursor : null;
    } while (after);
    expect(seen).toEqual(made);
  });

  it('is filtered by offering and by part of the name, taken literally', async () => {
    const count = async (filter: object): Promise<number> =>
      (await marketplace.admin.query(list, { filter: { environmentId: ours.id, ...filter } })).instances
        .totalCount;
    expect(await count({ offerings: ['redis'] })).toBeGreaterThan(0);
    expect(await count({ offerings: ['mysql'] })).toBe(0);
    expect(await count({ search: 'STORE-' })).toBe(1);
    for (const search of ['%', '_', "' OR 1=1 --", '\\']) expect(await count({ search })).toBe(0);
  });
});
