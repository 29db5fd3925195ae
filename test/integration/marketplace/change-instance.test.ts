import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PublishedInstances } from '../../../subgraphs/shared/published/instance.js';
import { eventually } from '../../kit/wait.js';
import { uniqueName } from '../clusters/platform.js';
import { type Marketplace, type SeededEnvironment, startMarketplace } from './marketplace.js';

let marketplace: Marketplace;
let environment: SeededEnvironment;
beforeAll(async () => {
  marketplace = await startMarketplace();
  environment = await marketplace.environment();
});
afterAll(() => marketplace?.dispose());

const ready = async (input: object = {}): Promise<{ id: string; name: string }> => {
  const name = uniqueName('store');
  const id = await marketplace.create(environment.id, { name, ...input });
  await marketplace.becomes(id, 'READY');
  return { id, name };
};
const passwordOf = (name: string): string =>
  marketplace.sandbox.api.get('secrets', environment.namespace, `${name}-credentials`)?.['data'].password;
const owned = (id: string, resource: string) =>
  marketplace.sandbox.api.list(resource, { labels: { 'meridian.dev/instance': id } });

describe('updating an instance', () => {
  it('moves it to another plan, version and parameter, with its password and data', async () => {
    const { id, name } = await ready({ version: '7.4' });
    const password = passwordOf(name);
    const claim = marketplace.sandbox.api.get(
      'persistentvolumeclaims',
      environment.namespace,
      `data-${name}-0`,
    );
    const { instance } = await marketplace.admin.mutate(
      'updateInstance',
      {
        instanceId: id,
        plan: 'medium',
        version: '8.2',
        parameters: { maxmemoryPolicy: 'allkeys-lru' },
        revision: 1,
      },
      'instance { status version plan { name } parameters revision storageSize }',
    );
    expect(instance).toMatchObject({
      status: 'UPDATING',
      version: '8.2',
      plan: { name: 'medium' },
      parameters: { maxmemoryPolicy: 'allkeys-lru', appendOnly: 'yes' },
      revision: 2,
      storageSize: '4Gi',
    });
    await marketplace.becomes(id, 'READY');
    const pod = marketplace.sandbox.api.get('pods', environment.namespace, `${name}-0`);
    expect(pod?.['spec'].containers[0]).toMatchObject({
      image: 'redis:8.2',
      resources: { limits: { cpu: '500m' } },
    });
    const grown = marketplace.sandbox.api.get(
      'persistentvolumeclaims',
      environment.namespace,
      `data-${name}-0`,
    );
    expect(grown?.metadata.uid).toBe(claim?.metadata.uid);
    expect(grown?.['spec'].resources.requests.storage).toBe('4Gi');
    expect(passwordOf(name)).toBe(password);
    const [event] = (await marketplace.platform.audited('updateInstance')).filter(
      (each) => each.target_id === id,
    );
    expect(event.changes.map(({ path }: { path: string }) => path)).toEqual([
      'parameters.maxmemoryPolicy',
      'plan',
      'storage',
      'version',
    ]);
  });

  it('grows its volumes', async () => {
    const { id } = await ready();
    await marketplace.admin.mutate('updateInstance', { instanceId: id, storage: '3Gi' });
    await eventually(async () => {
      const { storage, status } = await marketplace.instance(id, 'status storage { size }');
      return status === 'READY' && storage[0].size === '3Gi';
    });
  });

  it.each([
    ['a smaller volume', { storage: '512Mi' }, 'storage'],
    ['an older version', { version: '7.4' }, 'version'],
    ['an unknown plan', { plan: 'huge' }, 'plan'],
    ['a parameter that is not valid', { parameters: { databases: 0 } }, 'parameters.databases'],
    ['parameters that are no object', { parameters: 'x' }, 'parameters'],
  ])('refuses %s and leaves it as it was', async (_, input, field) => {
    const { id } = await ready();
    const refusal = await marketplace.admin.refusal('updateInstance', { instanceId: id, ...input });
    expect(refusal).toMatchObject({ code: 'BAD_USER_INPUT', field: ['input', ...field.split('.')] });
    expect(await marketplace.instance(id, 'revision status')).toEqual({ revision: 1, status: 'READY' });
  });

  it('refuses to grow a volume whose class does not allow it', async () => {
    const { id } = await ready({ storageClass: 'fixed' });
    const refusal = await marketplace.admin.refusal('updateInstance', { instanceId: id, storage: '2Gi' });
    expect(refusal).toMatchObject({ code: 'BAD_USER_INPUT', field: ['input', 'storage'] });
    expect(refusal.message).toContain('"fixed"');
  });

  it('refuses another name for the database than the one it was made with', async () => {
    const { id } = await ready({ offering: 'mysql' });
    const refusal = await marketplace.admin.refusal('updateInstance', {
      instanceId: id,
      parameters: { database: 'x' },
    });
    expect(refusal).toMatchObject({ code: 'BAD_USER_INPUT', field: ['input', 'parameters', 'database'] });
  });

  it('refuses a major upgrade in place where the data could not be read', async () => {
    const { id } = await ready({ offering: 'postgresql', version: '16' });
    const refusal = await marketplace.admin.refusal('updateInstance', { instanceId: id, version: '17' });
    expect(refusal).toMatchObject({ code: 'BAD_USER_INPUT', field: ['input', 'version'] });
  });

  it('gives CONFLICT to the second of two who knew the same revision', async () => {
    const { id } = await ready();
    const updates = await Promise.all(
      ['medium', 'large'].map((plan) =>
        marketplace.admin.attempt(
          'updateInstance',
          { instanceId: id, plan, revision: 1 },
          'instance { plan { name } }',
        ),
      ),
    );
    const refused = updates.flatMap(({ userErrors }) => userErrors);
    expect(refused).toMatchObject([{ code: 'CONFLICT', field: ['input', 'revision'] }]);
    const done = updates.find(({ instance }) => instance);
    expect(await marketplace.instance(id, 'revision plan { name }')).toEqual({
      revision: 2,
      plan: done.instance.plan,
    });
  });

  it('refuses what the quota has no room for', async () => {
    const tight = await marketplace.environment({ quota: { memory: '512Mi' } });
    const id = await marketplace.create(tight.id);
    await marketplace.becomes(id, 'READY');
    const refusal = await marketplace.admin.refusal('updateInstance', { instanceId: id, plan: 'medium' });
    expect(refusal).toMatchObject({ code: 'QUOTA_EXCEEDED', field: ['input', 'plan'] });
  });
});

describe('deleting an instance', () => {
  it('removes everything, data included, and frees the name', async () => {
    const { id, name } = await ready();
    const { instance } = await marketplace.admin.mutate(
      'deleteInstance',
      { instanceId: id },
      'instance { id status }',
    );
    expect(instance).toEqual({ id, status: 'DELETING' });
    await marketplace.gone(id);
    for (const kind of [
      'statefulsets',
      'pods',
      'services',
      'secrets',
      'configmaps',
      'persistentvolumeclaims',
    ]) {
      expect([kind, owned(id, kind)]).toEqual([kind, []]);
    }
    await ready({ name });
    const [event] = (await marketplace.platform.audited('deleteInstance')).filter(
      (each) => each.target_id === id,
    );
    expect(event).toMatchObject({ result: 'DONE', changes: [{ path: 'retainData', after: false }] });
  });

  it('is refused while a service is bound, and names it', async () => {
    const { id } = await ready();
    const binding = [`binding-of-${id}`, id];
    await marketplace.platform.sql(
      `INSERT INTO deployments.published_binding VALUES ($1, $2, 'service_1', 'checkout')`,
      binding,
    );
    const refusal = await marketplace.admin.refusal('deleteInstance', { instanceId: id });
    expect(refusal).toMatchObject({ code: 'CONFLICT', field: ['input', 'instanceId'] });
    expect(refusal.message).toContain('"checkout"');
    expect(await marketplace.instance(id, 'status')).toEqual({ status: 'READY' });
    await marketplace.platform.sql('DELETE FROM deployments.published_binding WHERE id = $1', [
      `binding-of-${id}`,
    ]);
    await marketplace.admin.mutate('deleteInstance', { instanceId: id });
    await marketplace.gone(id);
  });

  it('takes it out of the view that bindings are made from at once', async () => {
    const { id } = await ready();
    const published = new PublishedInstances(marketplace.platform.services.published);
    expect(await published.find(id)).toMatchObject({
      id,
      environmentId: environment.id,
      namespace: environment.namespace,
      podLabels: { 'meridian.dev/instance': id },
      variables: expect.arrayContaining([{ name: 'PASSWORD', key: 'password' }]),
    });
    await marketplace.admin.mutate('deleteInstance', { instanceId: id });
    expect(await published.find(id)).toBeUndefined();
  });

  it('refuses a second time and any change meanwhile', async () => {
    const { id } = await ready();
    await marketplace.admin.mutate('deleteInstance', { instanceId: id });
    for (const mutation of ['deleteInstance', 'updateInstance']) {
      const refusal = await marketplace.admin.refusal(mutation, { instanceId: id });
      // Gone already, when the cluster was quick.
      expect(['CONFLICT', 'NOT_FOUND']).toContain(refusal.code);
    }
    await marketplace.gone(id);
  });
});

describe('data that is retained', () => {
  const retain = async (input: object = {}) => {
    const made = await ready(input);
    const password = passwordOf(made.name);
    await marketplace.admin.mutate('deleteInstance', { instanceId: made.id, retainData: true });
    await marketplace.gone(made.id);
    return { ...made, password };
  };
  const again = (name: string, input: object = {}) =>
    marketplace.admin.attempt(
      'createInstance',
      { environmentId: environment.id, name, offering: 'redis', ...input },
      'instance { id storageSize }',
    );

  it('is the volumes and the credentials, and nothing else', async () => {
    const { id } = await retain();
    const left = ['statefulsets', 'pods', 'services', 'configmaps', 'secrets', 'persistentvolumeclaims'].map(
      (kind) => owned(id, kind).length,
    );
    expect(left).toEqual([0, 0, 0, 0, 1, 1]);
  });

  it('is not taken over by accident', async () => {
    const { name } = await retain();
    const { instance, userErrors } = await again(name);
    expect(instance).toBeNull();
    expect(userErrors[0]).toMatchObject({ code: 'CONFLICT', field: ['input', 'name'] });
    expect(userErrors[0].message).toContain('adoptRetainedData: true');
  });

  it('is taken over with its password and size by an instance that asks for it', async () => {
    const { id, name, password } = await retain({ storage: '2Gi' });
    const [claim] = owned(id, 'persistentvolumeclaims');
    const { instance, userErrors } = await again(name, { adoptRetainedData: true });
    expect(userErrors).toEqual([]);
    expect(instance.storageSize).toBe('2Gi');
    await marketplace.becomes(instance.id, 'READY');
    expect(passwordOf(name)).toBe(password);
    expect(owned(instance.id, 'persistentvolumeclaims').map(({ metadata }) => metadata.uid)).toEqual([
      claim?.metadata.uid,
    ]);
    await marketplace.admin.mutate('deleteInstance', { instanceId: instance.id });
    await marketplace.gone(instance.id);
    expect(
      marketplace.sandbox.api.get('secrets', environment.namespace, `${name}-credentials`),
    ).toBeUndefined();
  });

  it('is not opened by an older version, nor by another offering', async () => {
    const { name } = await retain();
    const older = await again(name, { adoptRetainedData: true, version: '7.4' });
    expect(older.userErrors[0]).toMatchObject({ code: 'BAD_USER_INPUT', field: ['input', 'version'] });
    const other = await again(name, { adoptRetainedData: true, offering: 'mysql' });
    expect(other.userErrors[0]).toMatchObject({ code: 'CONFLICT', field: ['input', 'name'] });
  });
});

describe('an environment that is deleted', () => {
  it('takes its instances along', async () => {
    const doomed = await marketplace.environment();
    const id = await marketplace.create(doomed.id);
    await marketplace.becomes(id, 'READY');
    await marketplace.platform.admin.projects.mutate('deleteEnvironment', { environmentId: doomed.id });
    await marketplace.gone(id);
  });
});
