import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostileNames } from '../../kit/hostile-names.js';
import { type Platform, startPlatform, type User, uniqueName } from '../clusters/platform.js';

const fields = 'project { id name displayName description version createdBy { id } createdAt updatedAt }';

let platform: Platform;
let admin: User;
beforeAll(async () => {
  platform = await startPlatform();
  admin = platform.admin;
});
afterAll(() => platform?.dispose());

const create = async (user: User = admin, name = uniqueName('shop')) =>
  (await user.projects.mutate('createProject', { name }, fields)).project;

describe('landscapes', () => {
  it('are there from the start, in order, and PROD is production', async () => {
    const { landscapes } = await admin.projects.query('{ landscapes { id name order production } }');
    expect(landscapes.map((landscape: { name: string }) => landscape.name)).toEqual([
      'DEV',
      'TEST',
      'STAGING',
      'PROD',
    ]);
    expect(landscapes.filter((landscape: { production: boolean }) => landscape.production)).toMatchObject([
      { name: 'PROD' },
    ]);
  });

  it('are common knowledge of everybody who is signed in, and of nobody else', async () => {
    const stranger = await platform.user();
    const { landscapes } = await stranger.projects.query('{ landscapes { id } }');
    expect(landscapes).toHaveLength(4);
    const resolved = await stranger.projects.send(
      'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Landscape { name } } }',
      { r: [{ __typename: 'Landscape', id: landscapes[0].id }] },
    );
    expect(resolved).toEqual({ data: { _entities: [{ name: 'DEV' }] }, errors: [] });
    const { errors } = await platform.anonymous.projects.send('{ landscapes { id } }');
    expect(errors[0].extensions.code).toBe('UNAUTHENTICATED');
  });
});

describe('creating a project', () => {
  it('makes the creator its owner, keeps who it was, and writes one audit event', async () => {
    const creator = await platform.user();
    // projects.create comes from a role for the whole platform.
    const { role } = await admin.identity.mutate(
      'createRole',
      { name: uniqueName('founder'), permissions: ['projects.create', 'projects.read'] },
      'role { name }',
    );
    await admin.identity.mutate('bindRole', { userId: creator.id, role: role.name });
    const name = uniqueName('shop');
    const { project } = await creator.projects.mutate('createProject', { name }, fields);
    expect(project).toMatchObject({
      name,
      displayName: name,
      description: null,
      version: 1,
      createdBy: { id: creator.id },
    });
    await creator.projects.mutate('updateProject', { projectId: project.id, displayName: 'Shop' });
    const events = (await platform.audited('createProject')).filter(
      (event) => event.target_id === project.id,
    );
    expect(events).toMatchObject([
      {
        user_id: creator.id,
        target_type: 'Project',
        target_name: name,
        project_id: project.id,
        result: 'DONE',
      },
    ]);
  });

  it('refuses whoever lacks projects.create for the platform, with one audit event', async () => {
    const viewer = await platform.user({ role: 'viewer' });
    const name = uniqueName('no');
    expect(await viewer.projects.refusal('createProject', { name })).toMatchObject({ code: 'FORBIDDEN' });
    const events = (await platform.audited('createProject')).filter((event) => event.target_name === name);
    expect(events).toMatchObject([{ result: 'REFUSED', user_id: viewer.id }]);
  });

  it('with a taken name twice at once succeeds once, and the other is a CONFLICT that names it (DB-10)', async () => {
    const name = uniqueName('twice');
    const payloads = await Promise.all(
      Array.from({ length: 8 }, () => admin.projects.attempt('createProject', { name }, 'project { id }')),
    );
    const refused = payloads.filter(({ project }) => project === null);
    expect(refused).toHaveLength(7);
    for (const { userErrors } of refused) {
      expect(userErrors).toEqual([
        {
          code: 'CONFLICT',
          field: ['input', 'name'],
          message: `The name "${name}" is taken: choose another.`,
        },
      ]);
    }
    const rows = await platform.sql('SELECT id FROM projects.project WHERE name = $1', [name]);
    expect(rows).toHaveLength(1);
  });

  it('repeated with its idempotency key gives the same project, and another input is refused', async () => {
    const input = { name: uniqueName('once'), idempotencyKey: uniqueName('key') };
    const payloads = await Promise.all(
      Array.from({ length: 5 }, () => admin.projects.mutate('createProject', input, 'project { id }')),
    );
    expect(new Set(payloads.map(({ project }) => project.id)).size).toBe(1);
    const other = await admin.projects.refusal('createProject', { ...input, name: uniqueName('other') });
    expect(other).toMatchObject({ code: 'CONFLICT', field: ['input', 'idempotencyKey'] });
  });

  it.each([
    ['displayName', { displayName: ' ' }],
    ['displayName', { displayName: 'a\nb' }],
    ['description', { description: 'x'.repeat(2001) }],
    ['name', { name: 'x'.repeat(41) }],
  ])('refuses a %s that is not one', async (field, input) => {
    const refusal = await admin.projects.refusal('createProject', { name: uniqueName('bad'), ...input });
    expect(refusal).toMatchObject({ code: 'BAD_USER_INPUT', field: ['input', field] });
  });
});

describe('a hostile name of a project (IN-5)', () => {
  it.each(hostileNames)('is refused wherever it is given: %j', async (name) => {
    const refusal = await admin.projects.refusal('createProject', { name });
    expect(refusal).toMatchObject({ code: 'BAD_USER_INPUT', field: ['input', 'name'] });
    for (const query of ['project(name: $name) { id }', 'projects(filter: { name: $name }) { totalCount }']) {
      const { errors } = await admin.projects.send(`query ($name: String!) { ${query} }`, { name });
      expect(errors[0].extensions.code).toBe('BAD_USER_INPUT');
    }
  });
});

describe('changing a project', () => {
  it('by two who read the same version: the second gets CONFLICT with the current one (DB-4)', async () => {
    const { id: projectId, version } = await create();
    await admin.projects.mutate('updateProject', { projectId, displayName: 'First', version });
    const refusal = await admin.projects.refusal('updateProject', {
      projectId,
      displayName: 'Second',
      version,
    });
    expect(refusal).toMatchObject({ code: 'CONFLICT', field: ['input', 'version'] });
    expect(refusal.message).toContain(`Its version is ${version + 1}`);
    const { project } = await admin.projects.query(
      'query ($id: ID!) { project(id: $id) { displayName version } }',
      {
        id: projectId,
      },
    );
    expect(project).toEqual({ displayName: 'First', version: version + 1 });
  });

  it('50 times at once loses nothing: what is done and what is refused adds up (DB-3)', async () => {
    const { id: projectId } = await create();
    const payloads = await Promise.all(
      Array.from({ length: 50 }, async () => {
        const { project } = await admin.projects.query(
          'query ($id: ID!) { project(id: $id) { description version } }',
          { id: projectId },
        );
        return admin.projects.attempt('updateProject', {
          projectId,
          version: project.version,
          description: String(Number(project.description ?? 0) + 1),
        });
      }),
    );
    const codes = payloads.map(({ userErrors }) => userErrors[0]?.code ?? 'OK');
    const done = codes.filter((code) => code === 'OK').length;
    expect(codes.filter((code) => code === 'CONFLICT')).toHaveLength(50 - done);
    expect(done).toBeGreaterThan(0);
    const { project } = await admin.projects.query(
      'query ($id: ID!) { project(id: $id) { description version } }',
      { id: projectId },
    );
    expect(project).toEqual({ description: String(done), version: done + 1 });
  });

  it('keeps what is left out, removes a description given as null, and records what changed', async () => {
    const { id: projectId } = await create();
    await admin.projects.mutate('updateProject', { projectId, displayName: 'Shop', description: 'Sells.' });
    const { project } = await admin.projects.mutate(
      'updateProject',
      { projectId, description: null },
      fields,
    );
    expect(project).toMatchObject({ displayName: 'Shop', description: null, version: 3 });
    const events = (await platform.audited('updateProject')).filter((event) => event.target_id === projectId);
    expect(events.at(-1).changes).toEqual([{ path: 'description', before: 'Sells.', after: null }]);
  });
});

describe('the list of projects', () => {
  it('pages through all in order, and counts them', async () => {
    const prefix = uniqueName('page');
    for (const letter of ['c', 'a', 'e', 'b', 'd']) await create(admin, `${prefix}-${letter}`);
    const query = `query ($after: String, $direction: OrderDirection) {
      projects(first: 2, after: $after, filter: { search: "${prefix.toUpperCase()}" }, orderBy: { field: NAME, direction: $direction }) {
        nodes { name } totalCount pageInfo { hasNextPage endCursor } } }`;
    for (const direction of ['ASC', 'DESC']) {
      const names: string[] = [];
      let after: string | null = null;
      do {
        const { projects } = await admin.projects.query(query, { after, direction });
        expect(projects.totalCount).toBe(5);
        names.push(...projects.nodes.map((node: { name: string }) => node.name.slice(-1)));
        after = projects.pageInfo.hasNextPage ? projects.pageInfo.endCursor : null;
      } while (after);
      expect(names.join('')).toBe(direction === 'ASC' ? 'abcde' : 'edcba');
    }
  });

  it('refuses a foreign cursor and a page of 501', async () => {
    const { errors } = await admin.projects.send('{ projects(after: "abc") { nodes { id } } }');
    expect(errors[0].extensions.code).toBe('BAD_USER_INPUT');
    const { errors: tooMany } = await admin.projects.send('{ projects(first: 501) { nodes { id } } }');
    expect(tooMany[0].extensions.code).toBe('BAD_USER_INPUT');
  });
});

describe("another project's id (AU-2)", () => {
  it('is as absent for reading, changing, deleting and as an entity', async () => {
    const [mine, other] = [await create(), await create()];
    const owner = await platform.user({ role: 'project-owner', scope: { projectId: mine.id } });
    const absent = 'project_00000000000000000000000000';
    const withoutId = (text: string, id: string) => text.replaceAll(id, 'ID');
    for (const id of [other.id, absent]) {
      const { project } = await owner.projects.query('query ($id: ID!) { project(id: $id) { id } }', { id });
      expect(project).toBeNull();
      const { _entities } = await owner.projects.query(
        'query ($r: [_Any!]!) { _entities(representations: $r) { ... on Project { name } } }',
        { r: [{ __typename: 'Project', id }] },
      );
      expect(_entities).toEqual([null]);
    }
    for (const [mutation, input] of [
      ['updateProject', { displayName: 'Mine now' }],
      ['deleteProject', {}],
      ['createEnvironment', { landscape: 'DEV', clusterId: 'cluster_00000000000000000000000000' }],
    ] as const) {
      const [foreign, missing] = await Promise.all(
        [other.id, absent].map(async (projectId) => {
          const refusal = await owner.projects.refusal(mutation, { ...input, projectId });
          return { ...refusal, message: withoutId(refusal.message, projectId) };
        }),
      );
      expect(foreign).toEqual(missing);
      expect(foreign).toMatchObject({ code: 'NOT_FOUND', field: ['input', 'projectId'] });
    }
    const byName = await owner.projects.query('query ($name: String!) { project(name: $name) { id } }', {
      name: other.name,
    });
    expect(byName.project).toBeNull();
    const { projects } = await owner.projects.query('{ projects { nodes { id } totalCount } }');
    expect(projects).toEqual({ nodes: [{ id: mine.id }], totalCount: 1 });
  });
});

describe('deleting a project', () => {
  it('takes its roles with it, and its id is then as absent', async () => {
    const project = await create();
    const { project: deleted } = await admin.projects.mutate(
      'deleteProject',
      { projectId: project.id },
      'project { name }',
    );
    expect(deleted).toEqual({ name: project.name });
    const again = await admin.projects.refusal('deleteProject', { projectId: project.id });
    expect(again).toMatchObject({ code: 'NOT_FOUND' });
    await create(admin, project.name);
  });
});
