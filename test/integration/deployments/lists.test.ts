import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pause } from '../../../subgraphs/shared/kubernetes/pause.js';
import { copyService } from '../../kit/many-services.js';
import { type SeededService, uniqueName } from '../../kit/seed.js';
import { type Stack, startStack } from '../../kit/stack.js';
import { eventually } from '../../kit/wait.js';

const list = `query ($filter: ServiceFilter, $orderBy: ServiceOrder, $first: Int, $after: String) {
  services(filter: $filter, orderBy: $orderBy, first: $first, after: $after) {
    totalCount nodes { name status } pageInfo { hasNextPage endCursor } } }`;

let stack: Stack;
let running: SeededService;
let other: SeededService;
beforeAll(async () => {
  stack = await startStack();
  running = await stack.seed.runningService();
  await copyService(stack, running.serviceId, 40);
  other = await stack.seed.service({ name: 'other', spec: { image: 'registry.test/team/other:1.4.2' } });
});
afterAll(() => stack?.dispose());

const namesOf = async (filter: object, rest: object = {}): Promise<string[]> => {
  const { services } = await stack.admin.query(list, { filter, first: 100, ...rest });
  return services.nodes.map(({ name }: any) => name);
};

describe('the list of services', () => {
  it('is filtered by name, part of the name, image and status', async () => {
    expect(await namesOf({ name: 'web' })).toEqual(['web']);
    expect(await namesOf({ search: 'copy-003' })).toHaveLength(10);
    expect(await namesOf({ image: 'team/other:1.4' })).toEqual(['other']);
    expect(await namesOf({ image: '%' })).toEqual([]);
    expect(await namesOf({ status: ['HEALTHY'] })).toEqual(['web']);
    expect(await namesOf({ status: ['STOPPED'], search: 'other' })).toEqual(['other']);
    expect(await namesOf({ status: [] })).toEqual([]);
  });

  it.each(['NAME', 'CREATED_AT', 'UPDATED_AT', 'STATUS'])(
    'is paged without loss or repetition by %s',
    async (field) => {
      for (const direction of ['ASC', 'DESC']) {
        const names: string[] = [];
        let after: string | undefined;
        do {
          const { services } = await stack.admin.query(list, {
            orderBy: { field, direction },
            first: 9,
            after,
          });
          expect(services.totalCount).toBe(42);
          names.push(...services.nodes.map(({ name }: any) => name));
          after = services.pageInfo.hasNextPage ? services.pageInfo.endCursor : undefined;
        } while (after);
        expect(names).toHaveLength(42);
        expect(new Set(names).size).toBe(42);
        if (field === 'STATUS') expect(names[direction === 'ASC' ? 41 : 0]).toBe('web');
      }
    },
  );

  it('says how many services each filter would leave, with all filters but its own', async () => {
    const { services } = await stack.admin.query(
      `query ($filter: ServiceFilter) { services(filter: $filter, first: 1) { facets {
         status { value count } environment { value count } application { value count } cluster { count }
         landscape { count } project { value count } } } }`,
      { filter: { environmentId: running.environmentId, status: ['STOPPED'] } },
    );
    expect(services.facets.status).toEqual([
      { value: 'STOPPED', count: 40 },
      { value: 'HEALTHY', count: 1 },
    ]);
    expect(services.facets.environment).toEqual([
      { value: running.environmentId, count: 40 },
      { value: other.environmentId, count: 1 },
    ]);
    expect(services.facets.application).toEqual([{ value: running.applicationId, count: 40 }]);
    expect(services.facets.cluster).toEqual([{ count: 40 }]);
    expect(services.facets.project).toEqual([{ value: running.projectId, count: 40 }]);
  });

  it('shows and counts for each only what they may see', async () => {
    const { client } = await stack.seed.user({ role: 'viewer', scope: { projectId: other.projectId } });
    const { services } = await client.query(
      '{ services { totalCount nodes { name } facets { status { value count } project { value count } } } }',
    );
    expect(services).toEqual({
      totalCount: 1,
      nodes: [{ name: 'other' }],
      facets: { status: [{ value: 'STOPPED', count: 1 }], project: [{ value: other.projectId, count: 1 }] },
    });
  });
});

describe('hints that the list of services changed', () => {
  it('come when what one may see becomes another, without saying what (SU-7)', async () => {
    const viewer = await stack.seed.user({ role: 'viewer', scope: { projectId: other.projectId } });
    const binding = await stack.seed.bind(viewer.id, 'viewer', { projectId: running.projectId });
    const hints = viewer.client.subscribe('subscription { servicesChanged { cursor } }');
    const count = async () => (await viewer.client.query('{ services { totalCount } }')).services.totalCount;
    // A first hint says that the others are listened to.
    let heard = false;
    const first = hints.next().then(() => {
      heard = true;
    });
    await eventually(
      async () => {
        if (!heard) await stack.seed.service({ environment: running, name: uniqueName('new') });
        await Promise.race([first, pause(1_000)]);
        return heard;
      },
      { what: 'a first hint' },
    );
    const before = await count();
    expect(before).toBeGreaterThan(42);
    const hint = hints.next();
    await stack.admin.mutate(
      'mutation ($input: UnbindRoleInput!) { unbindRole(input: $input) { userErrors { code } } }',
      { input: { roleBindingId: binding } },
    );
    expect((await hint).value).toEqual({ cursor: expect.any(String) });
    expect(await count()).toBe(1);
    await hints.return(undefined);
  });
});
