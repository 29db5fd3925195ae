import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.js';
import { ApiClient } from './api-client.js';

const RBAC = '/apis/rbac.authorization.k8s.io/v1';
const apiGroup = 'rbac.authorization.k8s.io';

describe('rights in a sandbox', () => {
  let sandbox: Sandbox;
  let admin: ApiClient;

  beforeAll(async () => {
    sandbox = await startSandbox({ name: 'test', seed: 1, controllers: false });
    admin = new ApiClient(sandbox);
    sandbox.api.create('namespaces', { metadata: { name: 'shop' } });
  });

  afterAll(() => sandbox.dispose());

  /** A service account of `shop` with one cluster role there. */
  const accountWith = async (name: string, role: string): Promise<ApiClient> => {
    await admin.post('/api/v1/namespaces/shop/serviceaccounts', { metadata: { name } });
    await admin.post(`${RBAC}/namespaces/shop/rolebindings`, {
      metadata: { name },
      roleRef: { apiGroup, kind: 'ClusterRole', name: role },
      subjects: [{ kind: 'ServiceAccount', namespace: 'shop', name }],
    });
    const { body } = await admin.post(`/api/v1/namespaces/shop/serviceaccounts/${name}/token`, { spec: {} });
    return new ApiClient(sandbox, body.status.token);
  };

  test('come with the roles that every cluster has', async () => {
    const viewer = await accountWith('viewer', 'view');
    const editor = await accountWith('editor', 'edit');
    const pods = '/api/v1/namespaces/shop/pods';
    expect(await viewer.status('GET', pods)).toBe(200);
    expect(await viewer.status('DELETE', `${pods}/x`)).toBe(403);
    expect(await viewer.status('GET', '/api/v1/namespaces/shop/secrets')).toBe(403);
    expect(await editor.status('DELETE', `${pods}/x`)).toBe(404);
    expect(await editor.status('GET', '/api/v1/namespaces/shop/secrets')).toBe(200);
    expect(await editor.status('GET', '/api/v1/namespaces/default/pods')).toBe(403);
  });

  test('are listed to whoever asks about themselves', async () => {
    const reader = await accountWith('reader', 'view');
    const { code, body } = await reader.post('/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', {
      spec: { namespace: 'shop' },
    });
    expect(code).toBe(201);
    expect(body.status.incomplete).toBe(false);
    expect(body.status.resourceRules.some(({ resources }: any) => resources.includes('pods'))).toBe(true);
    expect(body.status.nonResourceRules[0].nonResourceURLs).toContain('/apis');
  });

  test('cannot be given by those who do not have them', async () => {
    const owner = await accountWith('owner', 'admin');
    const role = (name: string, resources: string[]) => ({
      metadata: { name },
      rules: [{ apiGroups: [''], resources, verbs: ['get'] }],
    });
    expect(await owner.status('POST', `${RBAC}/namespaces/shop/roles`, role('fine', ['pods']))).toBe(201);
    const refused = await owner.post(`${RBAC}/namespaces/shop/roles`, role('much', ['pods', 'nodes']));
    expect(refused.code).toBe(403);
    expect(refused.body.message).toContain(
      'is attempting to grant RBAC permissions not currently held:\n{APIGroups:[""], Resources:["nodes"], Verbs:["get"]}',
    );
    const grown = await owner.patch(`${RBAC}/namespaces/shop/roles/fine`, role('fine', ['nodes']));
    expect(grown.code).toBe(403);
    const bound = await owner.post(`${RBAC}/namespaces/shop/rolebindings`, {
      metadata: { name: 'all' },
      roleRef: { apiGroup, kind: 'ClusterRole', name: 'cluster-admin' },
      subjects: [{ kind: 'ServiceAccount', namespace: 'shop', name: 'owner' }],
    });
    expect(bound.code).toBe(403);
  });

  test('can be given by those who may escalate or bind', async () => {
    const giver = await accountWith('giver', 'admin');
    await admin.post(`${RBAC}/namespaces/shop/roles`, {
      metadata: { name: 'giving' },
      rules: [
        { apiGroups: [apiGroup], resources: ['roles'], verbs: ['escalate'] },
        { apiGroups: [apiGroup], resources: ['clusterroles'], resourceNames: ['edit'], verbs: ['bind'] },
      ],
    });
    await admin.post(`${RBAC}/namespaces/shop/rolebindings`, {
      metadata: { name: 'giving' },
      roleRef: { apiGroup, kind: 'Role', name: 'giving' },
      subjects: [{ kind: 'ServiceAccount', namespace: 'shop', name: 'giver' }],
    });
    const rules = [{ apiGroups: [''], resources: ['nodes'], verbs: ['get'] }];
    expect(
      await giver.status('POST', `${RBAC}/namespaces/shop/roles`, { metadata: { name: 'nodes' }, rules }),
    ).toBe(201);
    const binding = (name: string) => ({
      metadata: { name },
      roleRef: { apiGroup, kind: 'ClusterRole', name },
      subjects: [],
    });
    expect(await giver.status('POST', `${RBAC}/namespaces/shop/rolebindings`, binding('edit'))).toBe(201);
    expect(await giver.status('POST', `${RBAC}/namespaces/shop/rolebindings`, binding('cluster-admin'))).toBe(
      403,
    );
  });
});
