import { describe, expect, it } from 'vitest';
import type { SignedInCaller } from './caller.js';
import type { DomainEvent } from './domain-events.js';
import { ForbiddenError, NotFoundError } from './errors.js';
import type { PermissionName } from './permission-names.js';
import type { Scope } from './permission-scope.js';
import { type GrantSource, PermissionSet, Permissions } from './permissions.js';
import type { Credential, CredentialKey, Grant } from './published/grant.js';

const caller: SignedInCaller = {
  userId: 'user_1',
  credentialId: 'session_1',
  credentialKind: 'SESSION',
  expiresAt: 10_000,
  requestId: 'r1',
  address: null,
};
const shop = { projectId: 'project_shop' };
const bank = { projectId: 'project_bank' };
const shopInProduction = { ...shop, landscapeId: 'landscape_prod', clusterId: 'cluster_east' };
const shopInTest = { ...shop, landscapeId: 'landscape_test', clusterId: 'cluster_east' };

const allow = (permission: PermissionName, scope: Scope = {}): Grant => ({
  permissions: [permission],
  effect: 'ALLOW',
  ...scope,
});
const deny = (permission: PermissionName, scope: Scope = {}): Grant => ({
  permissions: [permission],
  effect: 'DENY',
  ...scope,
});
const holding = (
  grants: Grant[],
  limit: { permissions: string[] | null; scope: Scope } | null = null,
): PermissionSet => new PermissionSet(caller, grants, limit);

describe('a permission given in a scope', () => {
  const cases: [what: string, scope: Scope, record: Scope, update: boolean, read: boolean][] = [
    ['the platform covers everything', {}, shopInProduction, true, true],
    ['the platform covers the platform', {}, {}, true, true],
    ['a project covers itself', shop, shop, true, true],
    ['a project covers what is in it', shop, shopInProduction, true, true],
    ['a project covers no other', shop, bank, false, false],
    ['a project does not cover the platform', shop, {}, false, false],
    ['a cluster covers what is on it', { clusterId: 'cluster_east' }, shopInTest, true, true],
    ['a cluster covers no other', { clusterId: 'cluster_west' }, shopInTest, false, false],
    [
      'project and landscape cover both together',
      { ...shop, landscapeId: 'landscape_prod' },
      shopInProduction,
      true,
      true,
    ],
    [
      'project and landscape do not cover another landscape',
      { ...shop, landscapeId: 'landscape_prod' },
      shopInTest,
      false,
      false,
    ],
    [
      'project and landscape show the project, and do not change it',
      { ...shop, landscapeId: 'landscape_prod' },
      shop,
      false,
      true,
    ],
    [
      'project and landscape do not show another project',
      { ...shop, landscapeId: 'landscape_prod' },
      bank,
      false,
      false,
    ],
    [
      'an application covers itself',
      { applicationId: 'application_a' },
      { ...shop, applicationId: 'application_a' },
      true,
      true,
    ],
    ['an application shows its project only with it', { applicationId: 'application_a' }, shop, false, false],
  ];
  it.each(cases)('%s', (_, scope, record, update, read) => {
    expect(holding([allow('projects.update', scope)]).allows('projects.update', record)).toBe(update);
    expect(holding([allow('projects.read', scope)]).allows('projects.read', record)).toBe(read);
  });

  it.each([
    'project_shop-2',
    'project_sho',
    'PROJECT_SHOP',
    'project_shop ',
    'project_ѕhop',
    'project_shop\u200b',
    '',
  ])('covers only the very same id: not %j', (projectId) => {
    expect(holding([allow('projects.read', shop)]).allows('projects.read', { projectId })).toBe(false);
    expect(holding([allow('projects.read', { projectId })]).allows('projects.read', shop)).toBe(false);
  });

  it('is that permission alone: neither a part of its name nor another of the same kind', () => {
    const permissions = holding([allow('deployments.read')]);
    for (const other of [
      'deployments.deploy',
      'services.read',
      'deployments',
      'deployments.rea',
      'DEPLOYMENTS.READ',
    ]) {
      expect(permissions.has(other as PermissionName)).toBe(false);
      expect(permissions.allows(other as PermissionName, {})).toBe(false);
    }
  });
});

describe('a denial', () => {
  it('wins over what is allowed, where it holds', () => {
    const permissions = holding([
      allow('deployments.deploy', shop),
      deny('deployments.deploy', { ...shop, landscapeId: 'landscape_prod' }),
    ]);
    expect(permissions.allows('deployments.deploy', shopInProduction)).toBe(false);
    expect(permissions.allows('deployments.deploy', shopInTest)).toBe(true);
    expect(permissions.has('deployments.deploy')).toBe(true);
  });

  it('for the whole platform takes the permission altogether', () => {
    const permissions = holding([allow('exec.open'), allow('exec.open', shop), deny('exec.open')]);
    expect(permissions.has('exec.open')).toBe(false);
    expect(permissions.names).toEqual([]);
    expect(permissions.filter('exec.open').allow).toEqual([]);
  });

  it('of one landscape leaves the record above readable', () => {
    const permissions = holding([
      allow('projects.read'),
      deny('projects.read', { landscapeId: 'landscape_prod' }),
    ]);
    expect(permissions.allows('projects.read', shop)).toBe(true);
    expect(permissions.allows('projects.read', shopInProduction)).toBe(false);
  });
});

describe("an access token's limit", () => {
  const everything = [allow('projects.read'), allow('projects.update'), allow('exec.open', bank)];

  it('leaves only the permissions that it names, of those that the owner holds', () => {
    const permissions = holding(everything, { permissions: ['projects.read', 'users.manage'], scope: {} });
    expect(permissions.names).toEqual(['projects.read']);
    expect(permissions.allows('users.manage', {})).toBe(false);
  });

  it('leaves only its scope, of what the owner may', () => {
    const permissions = holding(everything, { permissions: null, scope: shop });
    expect(permissions.allows('projects.update', shopInTest)).toBe(true);
    expect(permissions.allows('projects.update', bank)).toBe(false);
    expect(permissions.allows('projects.update', {})).toBe(false);
    expect(permissions.filter('projects.read')).toEqual({ allow: [shop], deny: [] });
    expect(permissions.filter('exec.open').allow).toEqual([]);
  });

  it('keeps a denial of the owner', () => {
    const permissions = holding([...everything, deny('projects.update', shop)], {
      permissions: null,
      scope: shop,
    });
    expect(permissions.allows('projects.update', shop)).toBe(false);
  });
});

describe('a check of one record', () => {
  const what = { kind: 'Project', id: 'project_shop', readPermission: 'projects.read' } as const;
  const check = (grants: Grant[], record: Scope | undefined) => () =>
    holding(grants).requireOn('projects.update', record, what);

  it('needs the functional permission and the data permission', () => {
    expect(check([allow('projects.read'), allow('projects.update', shop)], shop)()).toBe(shop);
    expect(check([allow('projects.read')], shop)).toThrow(ForbiddenError);
    expect(check([allow('projects.read'), allow('projects.update', bank)], shop)).toThrow(ForbiddenError);
  });

  it('says the same of a record that is absent and of one that may not be read', () => {
    const messageOf = (run: () => unknown): string => {
      try {
        run();
      } catch (error) {
        if (error instanceof NotFoundError) return error.message;
      }
      throw new Error('expected a NotFoundError');
    };
    const grants = [allow('projects.update', bank), allow('projects.read', bank)];
    expect(messageOf(check(grants, shop))).toBe(messageOf(check(grants, undefined)));
  });

  it('tells nobody who lacks the permission everywhere whether there is such a record', () => {
    expect(check([], shop)).toThrow(ForbiddenError);
    expect(check([], undefined)).toThrow(ForbiddenError);
  });
});

describe('what a caller may', () => {
  interface Stored {
    credential: Credential | undefined;
    grants: Grant[];
  }
  const active: Credential = {
    kind: 'SESSION',
    active: true,
    expiresAt: new Date(10_000),
    permissions: null,
  };

  function stored(first: Stored) {
    let now = 0;
    let answer: Stored | Error = first;
    let loads = 0;
    const listeners: ((event: DomainEvent) => void)[] = [];
    const source: GrantSource = {
      async find(keys) {
        loads += 1;
        if (answer instanceof Error) throw answer;
        const found = answer;
        return keys.map(() => found);
      },
    };
    const events = {
      on: (_: unknown, listener: (event: never) => void) => {
        listeners.push(listener as (event: DomainEvent) => void);
        return () => undefined;
      },
      onResynced: () => () => undefined,
    };
    return {
      permissions: new Permissions(source, { now: () => now }, events),
      loads: () => loads,
      change: (next: Stored | Error) => {
        answer = next;
      },
      tell: (userId: string | null = null) => {
        for (const listener of listeners) listener({ type: 'identity.changed', userId });
      },
      wait: (milliseconds: number) => {
        now += milliseconds;
      },
    };
  }

  it('is loaded once for many requests, and again after an identity event', async () => {
    const world = stored({ credential: active, grants: [allow('exec.open')] });
    await Promise.all([world.permissions.of(caller), world.permissions.of({ ...caller, requestId: 'r2' })]);
    expect(world.loads()).toBe(1);
    world.change({ credential: active, grants: [] });
    world.tell();
    expect((await world.permissions.of(caller)).names).toEqual([]);
  });

  it('is loaded again before five seconds have passed, even when the event was lost', async () => {
    const world = stored({ credential: active, grants: [allow('exec.open')] });
    await world.permissions.of(caller);
    world.change({ credential: { ...active, active: false }, grants: [] });
    world.wait(4_999);
    await expect(world.permissions.of(caller)).rejects.toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  it('is nothing for nobody, for an ended session and after the token has expired', async () => {
    const unauthenticated = { code: 'UNAUTHENTICATED' };
    const world = stored({ credential: undefined, grants: [allow('exec.open')] });
    await expect(world.permissions.of({ userId: null, requestId: 'r', address: null })).rejects.toMatchObject(
      unauthenticated,
    );
    await expect(world.permissions.of(caller)).rejects.toMatchObject(unauthenticated);
    world.change({ credential: active, grants: [] });
    await world.permissions.of(caller);
    world.wait(10_000);
    await expect(world.permissions.of(caller)).rejects.toMatchObject(unauthenticated);
  });

  it('is loaded together for all who ask at one moment, each by the own credential', async () => {
    const asked: string[][] = [];
    const permissions = new Permissions(
      {
        async find(keys) {
          asked.push(keys.map(({ userId, credentialId }) => `${userId} ${credentialId}`));
          return keys.map(({ userId }) => ({
            credential: active,
            grants: userId === 'user_2' ? [] : [allow('exec.open')],
          }));
        },
      },
      { now: () => 0 },
      { on: () => () => undefined, onResynced: () => () => undefined },
    );
    const other = { ...caller, userId: 'user_2', credentialId: 'session_2' };
    const sets = await Promise.all([caller, other].map((one) => permissions.of(one)));
    expect(sets.map((set) => set.has('exec.open'))).toEqual([true, false]);
    expect(asked).toEqual([['user_1 session_1', 'user_2 session_2']]);
  });

  it('is asked for again only of the user whom an identity event names', async () => {
    const world = stored({ credential: active, grants: [allow('exec.open')] });
    const changed: (string | null)[] = [];
    world.permissions.onChanged((userId) => changed.push(userId));
    await world.permissions.of(caller);
    world.tell('user_2');
    await world.permissions.of(caller);
    expect(world.loads()).toBe(1);
    world.tell('user_1');
    await world.permissions.of(caller);
    expect(world.loads()).toBe(2);
    expect(changed).toEqual(['user_2', 'user_1']);
  });

  it('is nothing while it cannot be loaded, and is asked for again', async () => {
    const world = stored({ credential: active, grants: [allow('exec.open')] });
    world.change(new Error('database down'));
    await expect(world.permissions.of(caller)).rejects.toThrow('database down');
    world.change({ credential: active, grants: [allow('exec.open')] });
    expect((await world.permissions.of(caller)).has('exec.open')).toBe(true);
  });
});

describe('loading permissions', () => {
  it('asks once for two requests of a credential, and names each request as its own', async () => {
    let loads = 0;
    const clock = { now: () => 1_000 };
    const credential = {
      kind: 'SESSION',
      active: true,
      expiresAt: new Date(10_000),
      permissions: null,
    } as const;
    const source = {
      find: async (keys: readonly CredentialKey[]) => {
        loads += 1;
        return keys.map(() => ({
          credential,
          grants: [{ permissions: ['projects.read'], effect: 'ALLOW' as const }],
        }));
      },
    };
    const permissions = new Permissions(source, clock, { on: () => () => {}, onResynced: () => () => {} });
    const request = (requestId: string) => ({
      userId: 'user_1',
      credentialId: 'session_1',
      credentialKind: 'SESSION' as const,
      expiresAt: 10_000,
      requestId,
      address: null,
    });
    const first = await permissions.of(request('r1'));
    const second = await permissions.of(request('r2'));
    expect(loads).toBe(1);
    expect([first.caller.requestId, second.caller.requestId]).toEqual(['r1', 'r2']);
    expect(second.allows('projects.read', { projectId: 'project_1' })).toBe(true);
  });
});

describe('the fingerprint of what a caller may', () => {
  const grants = [allow('services.read', shop), allow('logs.read'), deny('logs.read', bank)];

  it('is the same for another caller, in another order, and where a grant comes twice', () => {
    const same = new PermissionSet(
      { ...caller, userId: 'user_2', credentialId: 'session_2' },
      [...grants.toReversed(), allow('logs.read')],
      null,
    );
    expect(same.fingerprint).toBe(holding(grants).fingerprint);
  });

  it('does not tell by which roles they are given', () => {
    const both: Grant = { effect: 'ALLOW', permissions: ['logs.read', 'services.read'] };
    const split = [allow('services.read'), allow('logs.read')];
    expect(holding([both]).fingerprint).toBe(holding(split).fingerprint);
  });

  it.each<[string, PermissionSet]>([
    ['a grant more', holding([...grants, allow('exec.open')])],
    ['a grant less', holding(grants.slice(1))],
    ['another scope', holding([allow('services.read', shopInTest), ...grants.slice(1)])],
    ['a grant instead of a denial', holding([...grants.slice(0, 2), allow('logs.read', bank)])],
    ['a limit', holding(grants, { permissions: null, scope: {} })],
    ['a limit to some permissions', holding(grants, { permissions: ['logs.read'], scope: {} })],
    ['a limit to a scope', holding(grants, { permissions: null, scope: shop })],
  ])('differs with %s', (_, other) => {
    expect(other.fingerprint).not.toBe(holding(grants).fingerprint);
  });
});
