import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { builtInCatalogue } from '../../../subgraphs/marketplace/offering/catalogue.js';
import { startMarketplaceSubgraph } from '../../../subgraphs/marketplace/subgraph.js';
import { eventually } from '../../kit/wait.js';
import { uniqueName } from '../clusters/platform.js';
import { type Marketplace, type SeededEnvironment, startMarketplace } from './marketplace.js';

let marketplace: Marketplace;
let environment: SeededEnvironment;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'catalogue-'));
  // What the API server refuses, though the catalogue's own checks can't know it.
  await cp(join(builtInCatalogue(), 'redis'), join(folder, 'broken'), { recursive: true });
  const offering = join(folder, 'broken/offering.yaml');
  await writeFile(offering, (await readFile(offering, 'utf8')).replace('name: redis', 'name: broken'));
  const manifest = join(folder, 'broken/manifests/service.yaml');
  await writeFile(manifest, (await readFile(manifest, 'utf8')).replace('type: ClusterIP', 'type: Nonsense'));
  marketplace = await startMarketplace({ catalogues: [folder] });
  environment = await marketplace.environment();
});
afterAll(async () => {
  await marketplace?.dispose();
  await rm(folder, { recursive: true, force: true });
});

describe('an instance that the cluster refuses', () => {
  it('is FAILED with the reason, told at once, and can be deleted', async () => {
    const { instance, userErrors } = await marketplace.admin.attempt(
      'createInstance',
      { environmentId: environment.id, name: uniqueName('store'), offering: 'broken' },
      'instance { id status statusReason }',
    );
    expect(userErrors).toMatchObject([{ code: 'CLUSTER_REJECTED' }]);
    expect(instance).toMatchObject({ status: 'FAILED', statusReason: expect.stringContaining('Nonsense') });
    await marketplace.admin.mutate('deleteInstance', { instanceId: instance.id });
    await marketplace.gone(instance.id);
    expect(
      marketplace.sandbox.api.list('secrets', { labels: { 'meridian.dev/instance': instance.id } }),
    ).toEqual([]);
  });
});

describe('an instance whose process ended between the row and the cluster', () => {
  it('is provided by whoever looks next, with the password that is there', async () => {
    const name = uniqueName('store');
    const id = await marketplace.create(environment.id, { name });
    await marketplace.becomes(id, 'READY');
    const passwordOf = () =>
      marketplace.sandbox.api.get('secrets', environment.namespace, `${name}-credentials`)?.['data'].password;
    const password = passwordOf();
    marketplace.sandbox.api.remove('statefulsets', environment.namespace, name);
    await marketplace.platform.sql(
      'UPDATE marketplace.instance SET revision = revision + 1, applied_revision = NULL, settled_revision = NULL, next_attempt_at = now() WHERE id = $1',
      [id],
    );
    await eventually(() => marketplace.sandbox.api.get('statefulsets', environment.namespace, name));
    await marketplace.becomes(id, 'READY');
    expect(passwordOf()).toBe(password);
  });

  it('is deleted to the end by a process that starts later', async () => {
    const id = await marketplace.create(environment.id);
    await marketplace.becomes(id, 'READY');
    await marketplace.platform.sql(
      `UPDATE marketplace.instance SET phase = 'DELETING', revision = revision + 1, next_attempt_at = now() WHERE id = $1`,
      [id],
    );
    await marketplace.gone(id);
    expect(marketplace.sandbox.api.list('pods', { labels: { 'meridian.dev/instance': id } })).toEqual([]);
  });
});

describe('an instance whose pods the cluster does not take', () => {
  it('says so while it is PROVISIONING, and is READY once they fit', async () => {
    const tight = await marketplace.environment();
    const limits = marketplace.sandbox.api.create('limitranges', {
      apiVersion: 'v1',
      kind: 'LimitRange',
      metadata: { name: 'small', namespace: tight.namespace },
      spec: { limits: [{ type: 'Container', max: { memory: '64Mi' } }] },
    });
    const id = await marketplace.create(tight.id);
    const reason = await eventually(async () => {
      const { status, statusReason } = await marketplace.instance(id, 'status statusReason');
      return status === 'PROVISIONING' && /maximum memory usage/.test(statusReason ?? '') && statusReason;
    });
    expect(reason).toContain('64Mi');
    marketplace.sandbox.api.remove('limitranges', tight.namespace, limits.metadata.name);
    await marketplace.becomes(id, 'READY');
  });
});

describe('an instance whose credentials were removed from the cluster', () => {
  it('is not given new ones that would not open its data', async () => {
    const name = uniqueName('store');
    const id = await marketplace.create(environment.id, { name });
    await marketplace.becomes(id, 'READY');
    marketplace.sandbox.api.remove('secrets', environment.namespace, `${name}-credentials`);
    const { instance, userErrors } = await marketplace.admin.attempt(
      'updateInstance',
      { instanceId: id, plan: 'medium' },
      'instance { status statusReason }',
    );
    expect(userErrors).toMatchObject([{ code: 'CONFLICT' }]);
    expect(instance).toMatchObject({
      status: 'FAILED',
      statusReason: expect.stringContaining('is gone from the cluster'),
    });
  });
});

describe('an instance whose offering left the catalogue', () => {
  it('is still shown and can only be deleted', async () => {
    const id = await marketplace.create(environment.id);
    await marketplace.becomes(id, 'READY');
    const [{ plan }] = await marketplace.platform.sql('SELECT plan FROM marketplace.instance WHERE id = $1', [
      id,
    ]);
    await marketplace.platform.sql(`UPDATE marketplace.instance SET offering = 'retired' WHERE id = $1`, [
      id,
    ]);
    expect(await marketplace.instance(id, 'status offering { name available } plan { name }')).toEqual({
      status: 'READY',
      offering: { name: 'retired', available: false },
      plan: { name: plan.name },
    });
    expect(
      await marketplace.admin.refusal('updateInstance', { instanceId: id, plan: 'medium' }),
    ).toMatchObject({
      code: 'CONFLICT',
    });
    await marketplace.admin.mutate('deleteInstance', { instanceId: id });
    await marketplace.gone(id);
  });
});

describe('a catalogue with a fault', () => {
  it('stops the start, naming file and field', async () => {
    const bad = await mkdtemp(join(tmpdir(), 'catalogue-'));
    await cp(join(folder, 'broken'), join(bad, 'broken'), { recursive: true });
    await writeFile(join(bad, 'broken/offering.yaml'), 'name: broken\nport: http\n');
    await expect(
      startMarketplaceSubgraph({ catalogues: [bad] }, marketplace.platform.services),
    ).rejects.toThrow(`${join(bad, 'broken/offering.yaml')}: port: `);
    await rm(bad, { recursive: true });
  });
});

describe('while the cluster does not answer', () => {
  let id: string;
  beforeAll(async () => {
    id = await marketplace.create(environment.id);
    await marketplace.becomes(id, 'READY');
    await marketplace.sandbox.dispose();
  });

  it('instances are shown as last known, and stale', async () => {
    const read = () => marketplace.instance(id, 'status observed { stale observedAt error { code } }');
    const found = await eventually(async () => {
      const instance = await read();
      return instance.observed.stale && instance;
    });
    expect(found).toMatchObject({ status: 'READY', observed: { error: { code: 'CLUSTER_UNAVAILABLE' } } });
    expect(found.observed.observedAt).not.toBeNull();
  });

  it('a new instance is not begun', async () => {
    const input = { environmentId: environment.id, name: uniqueName('store'), offering: 'redis' };
    const mutation =
      'mutation ($input: CreateInstanceInput!) { createInstance(input: $input) { userErrors { code } } }';
    const { errors } = await marketplace.admin.send(mutation, { input });
    expect(errors[0].originalError).toMatchObject({ code: 'CLUSTER_UNAVAILABLE' });
    const rows = await marketplace.platform.sql('SELECT 1 FROM marketplace.instance WHERE name = $1', [
      input.name,
    ]);
    expect(rows).toEqual([]);
  });

  it('a deletion is remembered and says what it waits for', async () => {
    const { instance } = await marketplace.admin.mutate(
      'deleteInstance',
      { instanceId: id },
      'instance { status }',
    );
    expect(instance.status).toBe('DELETING');
    const found = await eventually(async () => {
      const { statusReason } = await marketplace.instance(id, 'statusReason');
      return statusReason as string | null;
    });
    expect(found).toContain('Meridian tries again.');
  });
});
