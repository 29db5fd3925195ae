import { describe, expect, it } from 'vitest';
import type { SignedInCaller } from './caller.js';
import { PermissionSet } from './permissions.js';
import type { Grant } from './published/grant.js';
import { seenThroughEnvironments } from './seen-through-environments.js';

const caller: SignedInCaller = {
  userId: 'user_1',
  credentialId: 'session_1',
  credentialKind: 'SESSION',
  expiresAt: 10_000,
  requestId: 'r1',
  address: null,
};
const shopInTest = { projectId: 'project_shop', landscapeId: 'landscape_test', clusterId: 'cluster_east' };
const bankInProduction = {
  projectId: 'project_bank',
  landscapeId: 'landscape_prod',
  clusterId: 'cluster_west',
};

const seen = (level: 'clusterId' | 'projectId', ...grants: Grant[]): string[] => [
  ...seenThroughEnvironments(new PermissionSet(caller, grants, null), level, [shopInTest, bankInProduction]),
];
const inTest: Grant = { permissions: ['environments.read'], effect: 'ALLOW', landscapeId: 'landscape_test' };
const deny = (permission: string, scope: object): Grant => ({
  permissions: [permission],
  effect: 'DENY',
  ...scope,
});

describe('what is seen through environments', () => {
  it('are the clusters and projects of those that may be seen', () => {
    expect(seen('clusterId', inTest)).toEqual(['cluster_east']);
    expect(seen('projectId', inTest)).toEqual(['project_shop']);
    expect(seen('projectId')).toEqual([]);
  });

  it('is not what a denial names as a whole', () => {
    expect(seen('clusterId', inTest, deny('clusters.read', { clusterId: 'cluster_east' }))).toEqual([]);
    expect(seen('projectId', inTest, deny('projects.read', { projectId: 'project_shop' }))).toEqual([]);
    expect(seen('projectId', inTest, deny('projects.read', {}))).toEqual([]);
    const elsewhere = { projectId: 'project_shop', landscapeId: 'landscape_prod' };
    expect(seen('projectId', inTest, deny('projects.read', elsewhere))).toEqual(['project_shop']);
  });
});
