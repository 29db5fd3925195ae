import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostileNames } from '../../kit/hostile-names.js';
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

const create = (input: object) =>
  marketplace.admin.attempt(
    'createInstance',
    { environmentId: environment.id, name: uniqueName('store'), offering: 'redis', ...input },
    'instance { id name status }',
  );

describe('creating an instance', () => {
  it.each(['redis', 'mysql', 'postgresql', 'rabbitmq'])('provides %s until it is READY', async (offering) => {
    const name = uniqueName(offering);
    const { instance } = await marketplace.admin.mutate(
      'createInstance',
      { environmentId: environment.id, name, offering },
      'instance { id name status offering { name } version plan { name } environment { id } host port credentialsSecret }',
    );
    expect(instance).toMatchObject({
      name,
      status: 'PROVISIONING',
      offering: { name: offering },
      plan: { name: 'small' },
      environment: { id: environment.id },
      host: `${name}.${environment.namespace}.svc.cluster.local`,
      credentialsSecret: `${name}-credentials`,
    });
    await marketplace.becomes(instance.id, 'READY');
    const ready = await marketplace.instance(
      instance.id,
      'statusReason observed { cluster { id } stale observedAt error { code } } storage { name phase storageClass size } revision',
    );
    expect(ready).toMatchObject({
      statusReason: null,
      observed: { cluster: { id: marketplace.clusterId }, stale: false, error: null },
      storage: [{ name: `data-${name}-0`, phase: 'Bound', storageClass: 'standard' }],
      revision: 1,
    });
  });

  it('labels all that it makes, so that it is found again', async () => {
    const id = await marketplace.create(environment.id);
    await marketplace.becomes(id, 'READY');
    for (const resource of [
      'statefulsets',
      'pods',
      'services',
      'secrets',
      'configmaps',
      'persistentvolumeclaims',
    ]) {
      const found = marketplace.sandbox.api.list(resource, { labels: { 'meridian.dev/instance': id } });
      expect([resource, found.length]).toEqual([resource, 1]);
      expect(found[0]?.metadata.labels).toMatchObject({ 'app.kubernetes.io/managed-by': 'meridian' });
    }
  });

  it('keeps the password in the Secret alone', async () => {
    const name = uniqueName('store');
    const id = await marketplace.create(environment.id, { name });
    await marketplace.becomes(id, 'READY');
    const secret = marketplace.sandbox.api.get('secrets', environment.namespace, `${name}-credentials`);
    const password = Buffer.from(secret?.['data'].password, 'base64').toString();
    expect(password).toMatch(/^[A-Za-z0-9]{32}$/);
    const tables = await marketplace.platform.sql(
      `SELECT i::text AS text FROM marketplace.instance i UNION ALL SELECT e::text FROM audit.event e
       UNION ALL SELECT k::text FROM marketplace.idempotency_key k`,
    );
    for (const found of [JSON.stringify(tables), marketplace.platform.log.join('\n')]) {
      for (const form of [password, secret?.['data'].password]) expect(found).not.toContain(form);
    }
  });

  it('gives every instance a password of its own', async () => {
    const names = [uniqueName('store'), uniqueName('store')];
    const ids = await Promise.all(names.map((name) => marketplace.create(environment.id, { name })));
    for (const id of ids) await marketplace.becomes(id, 'READY');
    const [one, other] = names.map(
      (name) =>
        marketplace.sandbox.api.get('secrets', environment.namespace, `${name}-credentials`)?.['data']
          .password,
    );
    expect(one).not.toBe(other);
  });

  it('is one audit event with what was asked for', async () => {
    const id = await marketplace.create(environment.id, {
      parameters: { databases: 4 },
      plan: 'medium',
      version: '7.4',
    });
    const events = (await marketplace.platform.audited('createInstance')).filter(
      ({ target_id }) => target_id === id,
    );
    expect(events).toMatchObject([
      { result: 'DONE', project_id: environment.projectId, target_type: 'Instance' },
    ]);
    expect(events[0].changes).toEqual([
      { path: 'offering', after: 'redis' },
      { path: 'version', after: '7.4' },
      { path: 'plan', after: 'medium' },
      { path: 'parameters', after: { databases: 4, appendOnly: 'yes', maxmemoryPolicy: 'noeviction' } },
    ]);
  });

  it('is done once for a request that is sent twice', async () => {
    const input = {
      environmentId: environment.id,
      name: uniqueName('store'),
      offering: 'redis',
      idempotencyKey: 'k1',
    };
    const first = await marketplace.admin.mutate('createInstance', input, 'instance { id }');
    const second = await marketplace.admin.mutate('createInstance', input, 'instance { id }');
    expect(second).toEqual(first);
  });

  it('succeeds once when the same name is asked for at the same moment', async () => {
    const name = uniqueName('store');
    const payloads = await Promise.all([create({ name }), create({ name }), create({ name })]);
    const refused = payloads.filter(({ userErrors }) => userErrors.length > 0);
    expect(refused.map(({ userErrors }) => [userErrors[0].code, userErrors[0].field])).toEqual([
      ['CONFLICT', ['input', 'name']],
      ['CONFLICT', ['input', 'name']],
    ]);
    expect(payloads.filter(({ instance }) => instance)).toHaveLength(1);
  });
});

describe('an instance is refused, and nothing is made,', () => {
  it.each([
    ['a name that is no host name', { name: 'Store' }, 'BAD_USER_INPUT', 'name'],
    ['a name that is too long', { name: 'a'.repeat(41) }, 'BAD_USER_INPUT', 'name'],
    ['an unknown offering', { offering: 'oracle' }, 'NOT_FOUND', 'offering'],
    ['an unknown version', { version: '1.0' }, 'BAD_USER_INPUT', 'version'],
    ['an unknown plan', { plan: 'huge' }, 'BAD_USER_INPUT', 'plan'],
    [
      'a parameter of the wrong type',
      { parameters: { databases: 'many' } },
      'BAD_USER_INPUT',
      'parameters.databases',
    ],
    [
      'an unknown parameter',
      { parameters: { requirepass: 'x' } },
      'BAD_USER_INPUT',
      'parameters.requirepass',
    ],
    ['parameters that are no object', { parameters: [1] }, 'BAD_USER_INPUT', 'parameters'],
    ['less storage than the plan has', { storage: '1Mi' }, 'BAD_USER_INPUT', 'storage'],
    ['an unknown storage class', { storageClass: 'golden' }, 'BAD_USER_INPUT', 'storageClass'],
    [
      'an environment that does not exist',
      { environmentId: 'environment_00000000000000000000000000' },
      'NOT_FOUND',
      'environmentId',
    ],
    ['data that nobody left', { adoptRetainedData: true }, 'BAD_USER_INPUT', 'adoptRetainedData'],
  ])('for %s', async (_, input, code, field) => {
    const before = await marketplace.platform.sql('SELECT count(*) FROM marketplace.instance');
    const { instance, userErrors } = await create(input);
    expect(instance).toBeNull();
    expect(userErrors[0]).toMatchObject({ code, field: ['input', ...field.split('.')] });
    expect(await marketplace.platform.sql('SELECT count(*) FROM marketplace.instance')).toEqual(before);
  });

  it('for a quota without room, naming what is short', async () => {
    const small = await marketplace.environment({ quota: { memory: '200Mi', storage: '512Mi' } });
    const { instance, userErrors } = await create({ environmentId: small.id });
    expect(instance).toBeNull();
    expect(userErrors[0]).toMatchObject({ code: 'QUOTA_EXCEEDED', field: ['input', 'plan'] });
    expect(userErrors[0].message).toContain('requests.storage: 1Gi needed, 0 of 512Mi used');
    expect(marketplace.sandbox.api.list('statefulsets', { namespace: small.namespace })).toEqual([]);
  });

  it('for a name that something else in the namespace has, which stays as it was', async () => {
    const name = uniqueName('taken');
    const theirs = marketplace.sandbox.api.create('services', {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace: environment.namespace },
      spec: { ports: [{ port: 80 }] },
    });
    const { userErrors } = await create({ name });
    expect(userErrors[0]).toMatchObject({ code: 'CONFLICT', field: ['input', 'name'] });
    expect(marketplace.sandbox.api.get('services', environment.namespace, name)).toEqual(theirs);
  });
});

describe('a hostile name', () => {
  const asked = (): number =>
    marketplace.sandbox.requests.count(({ path }) => path.includes(`/namespaces/${environment.namespace}/`));

  it.each(['name', 'storageClass'])('given as %s is refused before the cluster is asked', async (field) => {
    // What an earlier test has begun is still being looked after.
    await eventually(async () => {
      const waiting = 'SELECT 1 FROM marketplace.instance WHERE settled_revision IS DISTINCT FROM revision';
      return (await marketplace.platform.sql(waiting)).length === 0;
    });
    const before = asked();
    for (const hostile of hostileNames) {
      const { instance, userErrors } = await create({ [field]: hostile });
      expect([hostile, instance, userErrors[0]?.code]).toEqual([hostile, null, 'BAD_USER_INPUT']);
      expect(userErrors[0].field).toEqual(['input', field]);
    }
    expect(asked()).toBe(before);
  });

  it('given as an id is an id that nothing has', async () => {
    for (const instanceId of hostileNames.filter((name) => !name.includes('\0'))) {
      expect(await marketplace.instance(instanceId, 'id')).toBeNull();
      expect((await marketplace.admin.refusal('updateInstance', { instanceId })).code).toBe('NOT_FOUND');
      expect((await marketplace.admin.refusal('deleteInstance', { instanceId })).code).toBe('NOT_FOUND');
    }
  });
});

describe('a hostile parameter value', () => {
  it.each([
    'app\nkind: Secret',
    '${credentials.password}',
    '$(MYSQL_ROOT_PASSWORD)',
    "app'; DROP DATABASE x",
    '../../etc',
  ])('is refused: %j', async (database) => {
    const { userErrors } = await create({ offering: 'mysql', parameters: { database } });
    expect(userErrors[0]).toMatchObject({
      code: 'BAD_USER_INPUT',
      field: ['input', 'parameters', 'database'],
    });
  });
});

describe('the catalogue', () => {
  it('is shown with what createInstance takes', async () => {
    const { offering } = await marketplace.admin.query(
      '{ offering(name: "redis") { displayName category versions plans { name replicas cpu memory storage } parameters variables available } }',
    );
    expect(offering).toMatchObject({
      displayName: 'Redis',
      category: 'CACHE',
      versions: ['8.2', '8.0', '7.4'],
      parameters: { type: 'object', properties: { databases: { type: 'integer' } } },
      variables: ['HOST', 'PORT', 'USERNAME', 'PASSWORD', 'URL'],
      available: true,
    });
    expect(offering.plans[0]).toEqual({
      name: 'small',
      replicas: 1,
      cpu: '100m',
      memory: '128Mi',
      storage: '1Gi',
    });
    expect((await marketplace.admin.query('{ offering(name: "oracle") { name } }')).offering).toBeNull();
  });

  it('is filtered by category and by a word', async () => {
    const names = async (filter: object): Promise<string[]> =>
      (
        await marketplace.admin.query(
          'query ($filter: OfferingFilter) { offerings(filter: $filter) { name } }',
          {
            filter,
          },
        )
      ).offerings.map(({ name }: { name: string }) => name);
    expect(await names({})).toEqual(['mysql', 'postgresql', 'rabbitmq', 'redis']);
    expect(await names({ category: 'DATABASE' })).toEqual(['mysql', 'postgresql']);
    expect(await names({ category: 'data' })).toEqual([]);
    expect(await names({ search: ' BROKER ' })).toEqual(['rabbitmq']);
  });
});
