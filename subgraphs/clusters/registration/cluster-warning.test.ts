import { describe, expect, it } from 'vitest';
import { permissionWarnings } from './cluster-warning.js';
import { clusterFeatures, impersonationRights, requiredRights, rightsFor } from './required-rights.js';

const none = { impersonate: false };

describe('the warnings about rights in a cluster', () => {
  it('are none when nothing is missing', () => expect(permissionWarnings([], none)).toEqual([]));

  it('say so when the cluster did not answer', () =>
    expect(permissionWarnings(null, none)).toMatchObject([{ code: 'PERMISSIONS_UNKNOWN' }]));

  it('name the verbs, the resource with its group, what does not work and what to do', () => {
    const [warning, ...others] = permissionWarnings(
      [{ group: 'apps', resource: 'deployments', verbs: ['create', 'patch'] }],
      none,
    );
    expect(others).toEqual([]);
    expect(warning).toEqual({
      code: 'PERMISSION_MISSING',
      message: `Meridian may not create, patch on deployments.apps. ${clusterFeatures.DEPLOYMENTS}`,
      remedy: expect.stringContaining(
        '{apiGroups: ["apps"], resources: ["deployments"], verbs: ["create","patch"]}',
      ),
      features: ['DEPLOYMENTS'],
      group: 'apps',
      resource: 'deployments',
      verbs: ['create', 'patch'],
    });
  });

  it('keep resources of one name in different groups apart', () => {
    const warnings = permissionWarnings(
      [{ group: 'metrics.k8s.io', resource: 'nodes', verbs: ['list'] }],
      none,
    );
    expect(warnings.map(({ features }) => features)).toEqual([['METRICS']]);
  });

  it('tell what is missing for each feature on its own', () => {
    const warnings = permissionWarnings([{ group: '', resource: 'pods', verbs: ['delete', 'watch'] }], none);
    expect(warnings.map(({ verbs, features }) => [verbs, features])).toEqual([
      [['watch'], ['DEPLOYMENTS', 'INSTANCES']],
      [['delete'], ['PODS']],
    ]);
  });

  it('are not about what is not needed: unknown resources, and impersonation where nobody asked for it', () => {
    const missing = [
      { group: '', resource: 'users', verbs: ['impersonate'] },
      { group: 'example.com', resource: 'things', verbs: ['get'] },
    ];
    expect(permissionWarnings(missing, none)).toEqual([]);
    expect(permissionWarnings(missing, { impersonate: true })).toMatchObject([{ resource: 'users' }]);
  });
});

describe('the list of rights', () => {
  it('names each verb of a resource once, and leaves no feature out', () => {
    const all = [...requiredRights, ...impersonationRights];
    const verbs = all.flatMap(({ group, resource, verbs: each }) =>
      each.map((verb) => `${verb} ${group}/${resource}`),
    );
    expect(new Set(verbs).size).toBe(verbs.length);
    expect(new Set(all.flatMap(({ features }) => features))).toEqual(new Set(Object.keys(clusterFeatures)));
    expect(rightsFor({ impersonate: true })).toEqual(all);
  });
});
