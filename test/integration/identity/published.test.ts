import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Database } from '../../../subgraphs/shared/database.js';
import { notifyDomainEvent } from '../../../subgraphs/shared/domain-events.js';
import { UnauthenticatedError } from '../../../subgraphs/shared/errors.js';
import { newId } from '../../../subgraphs/shared/ids.js';
import { PublishedActors } from '../../../subgraphs/shared/published/actor.js';
import {
  grantProjectOwner,
  PublishedGrants,
  removeProjectBindings,
} from '../../../subgraphs/shared/published/grant.js';
import { openSharedServices } from '../../../subgraphs/shared/shared-services.js';
import { eventually } from '../../kit/wait.js';
import { type RunningIdentity, startIdentity } from './running-identity.js';

/** What other subgraphs see and do of identity. */
describe('what identity publishes', () => {
  let identity: RunningIdentity;
  let projects: Database;
  beforeAll(async () => {
    identity = await startIdentity();
    projects = await Database.open({
      url: identity.databaseUrl,
      subgraph: 'projects',
      entities: [],
      migrations: [],
      logger: identity.services.logger,
    });
  });
  afterAll(async () => {
    await projects?.dispose();
    await identity?.dispose();
  });

  const credentialOf = async ({ caller }: RunningIdentity['admin']) => {
    if (caller.userId === null) throw new Error('nobody is signed in');
    const [found] = await new PublishedGrants(identity.services.published).find([caller]);
    return found?.credential;
  };

  it('makes whoever creates a project its owner, if the transaction is committed', async () => {
    const { id, asker } = await identity.user();
    const [kept, dropped] = [newId('project'), newId('project')];
    await projects.transaction(async (transaction) => {
      await grantProjectOwner(transaction, { userId: id, projectId: kept });
      await notifyDomainEvent(transaction, { type: 'identity.changed', userId: id });
    });
    await projects
      .transaction(async (transaction) => {
        await grantProjectOwner(transaction, { userId: id, projectId: dropped });
        throw new Error('changed my mind');
      })
      .catch(() => undefined);
    await expect
      .poll(async () =>
        (await identity.services.permissions.of(asker.caller)).allows('projects.update', { projectId: kept }),
      )
      .toBe(true);
    expect(
      (await identity.services.permissions.of(asker.caller)).allows('projects.update', {
        projectId: dropped,
      }),
    ).toBe(false);
    // Twice is once, and the same binding through the API is a conflict.
    await projects.transaction((transaction) =>
      grantProjectOwner(transaction, { userId: id, projectId: kept }),
    );
    const again = { role: 'project-owner', userId: id, scope: { projectId: kept } };
    expect(await identity.admin.refusal('bindRole', again)).toBe('CONFLICT');

    await projects.transaction(async (transaction) => {
      await removeProjectBindings(transaction, kept);
      await notifyDomainEvent(transaction, { type: 'identity.changed', userId: null });
    });
    await expect.poll(async () => (await identity.services.permissions.of(asker.caller)).names).toEqual([]);
  });

  it('says of a credential whether it still counts', async () => {
    const { id, asker } = await identity.user();
    expect(await credentialOf(asker)).toMatchObject({
      kind: 'SESSION',
      active: true,
      permissions: null,
      projectId: null,
    });
    await identity.sql('UPDATE identity.session SET expires_at = now() WHERE user_id = $1', [id]);
    expect(await credentialOf(asker)).toMatchObject({ active: false });
    expect((await credentialOf(identity.admin))?.active).toBe(true);
    const stolen = identity.as({ ...identity.admin.caller, userId: id } as typeof identity.admin.caller);
    expect(await credentialOf(stolen)).toBeUndefined();
  });

  it('reaches other processes: a disabled user is out there too, within five seconds', async () => {
    const elsewhere = await openSharedServices(identity.services.config, identity.services.logger);
    try {
      const { id, asker } = await identity.user({ role: 'developer' });
      expect((await elsewhere.permissions.of(asker.caller)).has('deployments.deploy')).toBe(true);
      await identity.admin.mutate('disableUser', { userId: id });
      const codeElsewhere = () =>
        elsewhere.permissions.of(asker.caller).then(
          () => 'still in',
          (error) => error.code,
        );
      await eventually(async () => (await codeElsewhere()) === 'UNAUTHENTICATED', { seconds: 5 });
    } finally {
      await elsewhere.dispose();
    }
  });

  it('answers what the viewer may do on records of other subgraphs', async () => {
    const [project, other, environment] = [newId('project'), newId('project'), newId('environment')];
    const [cluster, landscape, application] = [newId('cluster'), newId('landscape'), newId('application')];
    const [service, deployment, instance] = [newId('service'), newId('deployment'), newId('instance')];
    // Stand-ins for the views that their owners publish.
    const columns = '(id text, cluster_id text, project_id text, landscape_id text, application_id text)';
    for (const owner of ['clusters', 'projects', 'deployments', 'marketplace']) {
      await identity.sql(`CREATE SCHEMA IF NOT EXISTS ${owner}`);
      await identity.sql(`CREATE TABLE ${owner}.published_record ${columns}`);
    }
    for (const [owner, ...row] of [
      ['clusters', cluster, cluster, null, null, null],
      ['projects', landscape, null, null, landscape, null],
      ['projects', project, null, project, null, null],
      ['projects', other, null, other, null, null],
      ['projects', environment, cluster, project, landscape, null],
      ['deployments', application, null, project, null, application],
      ['deployments', service, cluster, project, landscape, application],
      ['deployments', deployment, cluster, project, landscape, application],
      ['marketplace', instance, cluster, project, landscape, null],
    ]) {
      await identity.sql(`INSERT INTO ${owner}.published_record VALUES ($1, $2, $3, $4, $5)`, row);
    }
    const { asker } = await identity.user({ role: 'developer', scope: { projectId: project } });
    const can = async (permission: string, on?: string) =>
      (
        await asker.query(
          'query ($permission: String!, $on: ID) { viewer { can(permission: $permission, on: $on) } }',
          { permission, on: on ?? null },
        )
      ).viewer.can;
    expect(await can('deployments.deploy')).toBe(true);
    expect(await can('deployments.deploy', project)).toBe(true);
    for (const on of [environment, application, service, deployment, instance])
      expect(await can('deployments.deploy', on)).toBe(true);
    expect(await can('deployments.deploy', other)).toBe(false);
    expect(await can('deployments.deploy', cluster)).toBe(false);
    for (const kind of ['environment', 'service', 'user', 'binding', 'exec'] as const)
      expect(await can('deployments.deploy', newId(kind))).toBe(false);
    expect(await can('users.manage')).toBe(false);
    expect(await can('deployments.deploy', 'nonsense')).toBe(false);
    await expect(can('Deployments.deploy')).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    const admin = await identity.admin.query(
      `{ viewer { yes: can(permission: "clusters.update", on: "${cluster}") no: can(permission: "clusters.update", on: "${newId('cluster')}") } }`,
    );
    expect(admin.viewer).toEqual({ yes: true, no: false });
  });

  it('answers what the viewer may do on records of its own', async () => {
    const { id: userId } = await identity.user();
    const scope = { projectId: newId('project') };
    const given = await identity.admin.mutate(
      'bindRole',
      { role: 'developer', userId, scope },
      'roleBinding { id }',
    );
    const owner = await identity.user({ role: 'project-owner', scope });
    const stranger = await identity.user({ role: 'project-owner', scope: { projectId: newId('project') } });
    const can = async (asker: RunningIdentity['admin'], permission: string, on: string) =>
      (await asker.query(`{ viewer { can(permission: "${permission}", on: "${on}") } }`)).viewer.can;
    expect(await can(identity.admin, 'users.manage', userId)).toBe(true);
    expect(await can(owner.asker, 'users.manage', userId)).toBe(false);
    expect(await can(identity.admin, 'bindings.manage', given.roleBinding.id)).toBe(true);
    expect(await can(owner.asker, 'bindings.manage', given.roleBinding.id)).toBe(true);
    expect(await can(stranger.asker, 'bindings.manage', given.roleBinding.id)).toBe(false);
  });

  it('names a user by login and teams, anew after each change, and nobody who is disabled', async () => {
    const { services, admin } = identity;
    const actors = new PublishedActors(services.published, services.clock, services.events);
    const { id: userId, login } = await identity.user();
    expect(await actors.get({ userId })).toEqual({ userId, login, teams: [] });
    for (const name of ['search', 'payments']) {
      await admin.mutate('createTeam', { name: `${name}-${login}`, memberIds: [userId] });
    }
    const teams = [`payments-${login}`, `search-${login}`];
    await expect.poll(() => actors.get({ userId })).toEqual({ userId, login, teams });
    await admin.mutate('disableUser', { userId });
    await expect
      .poll(() => actors.get({ userId }).catch((error: Error) => error))
      .toBeInstanceOf(UnauthenticatedError);
    await expect(actors.get({ userId: 'user_of_nobody' })).rejects.toBeInstanceOf(UnauthenticatedError);
  });
});
