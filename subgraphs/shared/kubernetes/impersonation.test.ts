import { describe, expect, it } from 'vitest';
import { toMeridianError } from './errors.js';
import { impersonationHeaders, impersonationOf } from './impersonation.js';

const actor = (login: string, ...teams: string[]) => ({ userId: 'user_1', login, teams });

describe('the name that a person has in a cluster', () => {
  it('is the login and the teams, each with a prefix that no name of the cluster has', () => {
    expect(impersonationOf(actor('ada', 'payments', 'search'))).toEqual({
      user: 'meridian:ada',
      uid: 'user_1',
      groups: ['meridian:users', 'meridian:team:payments', 'meridian:team:search'],
    });
    expect(impersonationOf(actor('system:masters')).user).toBe('meridian:system%3Amasters');
  });

  it.each([
    ['ada\r\nImpersonate-Group: system:masters', 'meridian:ada%0D%0AImpersonate-Group%3A%20system%3Amasters'],
    ['ada, Connection', 'meridian:ada%2C%20Connection'],
    ['Zoë', 'meridian:Zo%C3%AB'],
    ['ada%0D', 'meridian:ada%250D'],
    ['ada@example.org', 'meridian:ada@example.org'],
  ])('of %j is safe in a header', (login, user) => {
    expect(impersonationOf(actor(login)).user).toBe(user);
    expect(impersonationHeaders(impersonationOf(actor('ada', login)))['impersonate-group']).toContain(
      user.replace('meridian:', 'meridian:team:'),
    );
  });

  it('never reaches a header unencoded, whoever made it', () => {
    const fine = { user: 'meridian:ada', uid: 'user_1', groups: ['meridian:users'] };
    expect(impersonationHeaders(fine)).toEqual({
      'impersonate-user': 'meridian:ada',
      'impersonate-uid': 'user_1',
      'impersonate-group': ['meridian:users'],
    });
    for (const value of ['', 'a b', 'a,b', 'a\nb', 'é', '\u007f']) {
      expect(() => impersonationHeaders({ ...fine, user: value })).toThrow('not fit');
      expect(() => impersonationHeaders({ ...fine, uid: value })).toThrow('not fit');
      expect(() => impersonationHeaders({ ...fine, groups: [value] })).toThrow('not fit');
    }
  });
});

describe('a refusal of the cluster', () => {
  const refused = (message: string) =>
    toMeridianError(
      { code: 403, reason: 'Forbidden', message, details: {}, retryAfterSeconds: undefined },
      { clusterId: 'cluster_a', clusterName: 'alpha' },
    );

  // As recorded: kubernetes-captures/15-tokenreview-rbac.json.
  it.each([
    'users "john" is forbidden: User "system:serviceaccount:cap-15:impersonator" cannot impersonate resource "users" in API group "" at the cluster scope',
    'groups "system:masters" is forbidden: User "system:serviceaccount:cap-15:impersonator" cannot impersonate resource "groups" in API group "" at the cluster scope',
    'pods is forbidden: User "system:serviceaccount:cap-15:limited" cannot impersonate-on:user-info:list resource "pods" in API group "" in the namespace "cap-15"',
  ])('to impersonate names the right that is missing', (message) => {
    expect(refused(message)).toMatchObject({
      code: 'CLUSTER_REJECTED',
      message: expect.stringContaining('the right "impersonate" on users, groups and uids') as string,
    });
  });

  it('of what a person may not do there names the person', () => {
    const error = refused(
      'deployments.apps "web" is forbidden: User "meridian:ada" cannot patch resource "deployments" in API group "apps" in the namespace "shop-dev"',
    );
    expect(error).toMatchObject({
      code: 'CLUSTER_REJECTED',
      message: expect.stringMatching(
        /does not let meridian:ada patch deployments: .* meridian:users/,
      ) as string,
    });
  });
});
