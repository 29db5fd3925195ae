import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FaultProxy } from '../../kit/fault-proxy.js';
import { DrainedCluster } from './drained-cluster.js';
import { type Platform, startPlatform } from './platform.js';

type Data = any;

let cluster: DrainedCluster;
let proxy: FaultProxy;
let platform: Platform;

beforeAll(async () => {
  cluster = await DrainedCluster.start('acting');
  proxy = await FaultProxy.start(cluster.sandbox.url);
  platform = await startPlatform({ origins: [proxy.url] });
  await cluster.register(platform.admin, {
    server: proxy.url,
    token: cluster.sandbox.token,
    impersonate: true,
  });
});
afterAll(async () => {
  await platform?.dispose();
  await proxy?.dispose();
  await cluster?.sandbox.dispose();
});

const allow = (): void => {
  cluster.sandbox.api.create('clusterrolebindings', {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRoleBinding',
    metadata: { name: 'people' },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'meridian:users' }],
  });
};

describe('on a cluster that wants to know who acts', () => {
  it('nodes are cordoned and pods evicted in the name of whoever asked, with the rights of this one', async () => {
    const input = { clusterId: cluster.clusterId, nodeName: 'node-1' };
    expect(await platform.admin.clusters.refusal('cordonNode', input)).toMatchObject({
      code: 'CLUSTER_REJECTED',
      message: expect.stringContaining('meridian:admin'),
    });
    allow();
    await cluster.run('web', 1);
    const { id } = await cluster.drain(platform.admin);
    const done = await cluster.until(platform.admin, id, ({ finishedAt }: Data) => finishedAt);
    expect(done.state).toBe('SUCCEEDED');
    const acted = proxy.seen(({ method, url }) => method === 'PATCH' || url.pathname.endsWith('/eviction'));
    expect(acted.map(({ method }) => method)).toEqual(['PATCH', 'POST']);
    expect(acted.map(({ headers }) => headers['impersonate-user'])).toEqual(
      acted.map(() => 'meridian:admin'),
    );
  });
});
