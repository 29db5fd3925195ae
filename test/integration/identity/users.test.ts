import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hostileNames } from '../../kit/hostile-names.js';
import { type RunningIdentity, startIdentity } from './running-identity.js';

describe('users', () => {
  let identity: RunningIdentity;
  beforeAll(async () => {
    identity = await startIdentity();
  });
  afterAll(() => identity?.dispose());

  const create = (input: object) =>
    identity.admin.attempt(
      'createUser',
      { password: 'long enough', ...input },
      'user { id login displayName email disabled version }',
    );

  describe('creating one', () => {
    it('takes login, name and address, and gives no role', async () => {
      const { user, userErrors } = await create({
        login: 'ada.lovelace',
        displayName: ' Ada ',
        email: 'ada@example.org',
      });
      expect(userErrors).toEqual([]);
      expect(user).toMatchObject({
        login: 'ada.lovelace',
        displayName: 'Ada',
        email: 'ada@example.org',
        disabled: false,
        version: 1,
      });
      const asker = await identity.signIn('ada.lovelace', 'long enough');
      expect((await asker.query('{ viewer { permissions } }')).viewer.permissions).toEqual([]);
    });

    it('stores the password as argon2id with the parameters of OWASP, and nowhere else', async () => {
      await create({ login: 'hashed', password: 'canary-4711', idempotencyKey: 'hashed' });
      const [row] = await identity.sql(`SELECT password_hash FROM identity."user" WHERE login = 'hashed'`);
      expect(row.password_hash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
      const [{ dump }] = await identity.sql(
        `SELECT (SELECT json_agg(u) FROM identity."user" u)::text || (SELECT json_agg(e) FROM audit.event e)::text AS dump`,
      );
      expect(dump).not.toContain('canary-4711');
    });

    it.each(
      hostileNames.map((name) => [
        name.length > 20 ? `${name.length} characters` : JSON.stringify(name),
        name,
      ]),
    )('refuses the login %s', async (_, login) => {
      const { user, userErrors } = await create({ login });
      expect(user).toBeNull();
      expect(userErrors).toMatchObject([{ code: 'BAD_USER_INPUT', field: ['input', 'login'] }]);
    });

    it.each([
      ['password', 'short'],
      ['password', 'aaaaaaaaaaaa'],
      ['password', 'x'.repeat(201)],
      ['email', 'not an address'],
      ['displayName', 'two\nlines'],
    ])('refuses a bad %s', async (field, value) => {
      const { userErrors } = await create({ login: 'well-named', [field]: value });
      expect(userErrors).toMatchObject([{ code: 'BAD_USER_INPUT', field: ['input', field] }]);
    });

    it('succeeds once when the same login is asked for twice at the same moment', async () => {
      const answers = await Promise.all([create({ login: 'twice' }), create({ login: 'twice' })]);
      const codes = answers.map(({ userErrors }) => userErrors[0]?.code ?? 'DONE').sort();
      expect(codes).toEqual(['CONFLICT', 'DONE']);
    });

    it('is done once for one idempotency key', async () => {
      const first = await create({ login: 'repeated', idempotencyKey: 'k1' });
      const second = await create({ login: 'repeated', idempotencyKey: 'k1' });
      expect(second).toEqual(first);
      expect((await create({ login: 'other', idempotencyKey: 'k1' })).userErrors[0].code).toBe('CONFLICT');
    });
  });

  describe('updating one', () => {
    it('changes what is given and leaves the rest', async () => {
      const { user } = await create({ login: 'grace', displayName: 'Grace', email: 'grace@example.org' });
      const updated = await identity.admin.mutate(
        'updateUser',
        { userId: user.id, displayName: 'Rear Admiral' },
        'user { displayName email version }',
      );
      expect(updated.user).toEqual({ displayName: 'Rear Admiral', email: 'grace@example.org', version: 2 });
      const [event] = (await identity.audited('updateUser')).slice(-1);
      expect(event.changes).toEqual([{ path: 'displayName', before: 'Grace', after: 'Rear Admiral' }]);
    });

    it('refuses the second of two who read the same version, and keeps what the first wrote', async () => {
      const { user } = await create({ login: 'contended' });
      await identity.admin.mutate('updateUser', { userId: user.id, displayName: 'First', version: 1 });
      const second = await identity.admin.attempt('updateUser', {
        userId: user.id,
        displayName: 'Second',
        version: 1,
      });
      expect(second.userErrors).toMatchObject([
        { code: 'CONFLICT', message: expect.stringContaining('Its version is 2') },
      ]);
      const { users } = await identity.admin.query(
        '{ users(filter: { search: "contended" }) { nodes { displayName } } }',
      );
      expect(users.nodes).toEqual([{ displayName: 'First' }]);
    });

    it('loses no update of many at the same moment: done or CONFLICT', async () => {
      const { user } = await create({ login: 'busy' });
      const answers = await Promise.all(
        Array.from({ length: 12 }, (_, index) =>
          identity.admin.attempt(
            'updateUser',
            { userId: user.id, displayName: `Name ${index}` },
            'user { version }',
          ),
        ),
      );
      const done = answers.filter(({ userErrors }) => userErrors.length === 0);
      expect(answers.flatMap(({ userErrors }) => userErrors).every(({ code }) => code === 'CONFLICT')).toBe(
        true,
      );
      const [row] = await identity.sql(`SELECT version FROM identity."user" WHERE login = 'busy'`);
      expect(row.version).toBe(1 + done.length);
    });

    it('says NOT_FOUND for one who is absent', async () => {
      expect(await identity.admin.refusal('updateUser', { userId: 'user_absent', displayName: 'X' })).toBe(
        'NOT_FOUND',
      );
    });
  });

  describe('the last platform administrator', () => {
    it('can be neither disabled, nor lose the role, nor be denied it', async () => {
      const { viewer } = await identity.admin.query('{ viewer { user { id } } }');
      const userId = viewer.user.id;
      expect(await identity.admin.refusal('disableUser', { userId })).toBe('CONFLICT');
      const { roleBindings } = await identity.admin.query(
        'query ($userId: ID) { roleBindings(filter: { userId: $userId }) { nodes { id } } }',
        { userId },
      );
      expect(await identity.admin.refusal('unbindRole', { roleBindingId: roleBindings.nodes[0].id })).toBe(
        'CONFLICT',
      );
      const helper = await identity.user({ role: 'platform-admin' });
      await identity.admin.mutate('disableUser', { userId: helper.id });
      expect(await identity.admin.refusal('disableUser', { userId })).toBe('CONFLICT');
      expect((await identity.admin.query('{ viewer { permissions } }')).viewer.permissions).toContain(
        'users.manage',
      );
    });

    it('is one of two who take the other away at the same moment', async () => {
      const one = await identity.user({ role: 'platform-admin' });
      const { viewer } = await identity.admin.query('{ viewer { user { id } } }');
      const codes = await Promise.all([
        identity.admin.refusal('disableUser', { userId: one.id }),
        one.asker.refusal('disableUser', { userId: viewer.user.id }).catch((error) => error.code),
      ]);
      expect(codes.filter((code) => code === undefined)).toHaveLength(1);
      const [{ count }] =
        await identity.sql(`SELECT count(*)::int FROM identity."user" WHERE NOT disabled AND login = 'admin'
        OR NOT disabled AND id = '${one.id}'`);
      expect(count).toBe(1);
      if (codes[1] === undefined) {
        await one.asker.mutate('enableUser', { userId: viewer.user.id });
        Object.assign(identity, { admin: await identity.signIn('admin', 'correct horse battery staple') });
      }
    });
  });

  describe('what others may know of one', () => {
    const details = 'login email disabled createdAt';

    it('is the name for everybody, and more for oneself and those who may read users', async () => {
      const target = await identity.user();
      await identity.admin.mutate('updateUser', { userId: target.id, email: 'seen@example.org' });
      const stranger = await identity.user();
      const owner = await identity.user({
        role: 'project-owner',
        scope: { projectId: `project_${'0'.repeat(26)}` },
      });
      const auditor = await identity.user({ role: 'auditor' });
      const reference = { __typename: 'User', id: target.id };
      const entity = (fields: string) =>
        `query ($of: [_Any!]!) { _entities(representations: $of) { ... on User { ${fields} } } }`;
      const ask = (asker: RunningIdentity['admin'], fields: string) =>
        asker.send(entity(fields), { of: [reference] });

      for (const { asker } of [stranger, owner]) {
        expect((await ask(asker, 'login email')).data._entities).toEqual([
          { login: target.login, email: null },
        ]);
        expect((await ask(asker, 'login disabled')).errors[0].extensions.code).toBe('FORBIDDEN');
      }
      for (const { asker } of [target, auditor]) {
        const { data } = await ask(asker, details);
        expect(data._entities[0]).toMatchObject({
          login: target.login,
          email: 'seen@example.org',
          disabled: false,
        });
      }
      expect(
        (await owner.asker.query(`{ users(filter: { search: "${target.login}" }) { totalCount } }`)).users
          .totalCount,
      ).toBe(1);
      await expect(stranger.asker.query('{ users { totalCount } }')).rejects.toMatchObject({
        code: 'FORBIDDEN',
      });
      await expect(
        owner.asker.query('{ users(filter: { disabled: true }) { totalCount } }'),
      ).rejects.toMatchObject({
        code: 'FORBIDDEN',
      });
    });

    it('comes in pages, in order of login, and can be searched for without wildcards of its own', async () => {
      const all = (await identity.admin.query('{ users(first: 500) { totalCount nodes { login } } }')).users;
      const paged: string[] = [];
      for (let after: string | null = null; ; ) {
        const { users }: any = await identity.admin.query(
          'query ($after: String) { users(first: 4, after: $after) { nodes { login } pageInfo { hasNextPage endCursor } } }',
          { after },
        );
        paged.push(...users.nodes.map((user: any) => user.login));
        if (!users.pageInfo.hasNextPage) break;
        after = users.pageInfo.endCursor;
      }
      expect(paged).toEqual(all.nodes.map((user: any) => user.login));
      expect(paged).toHaveLength(all.totalCount);
      for (const search of ['%', '_', "' OR '1'='1", '\\']) {
        const { users } = await identity.admin.query(
          'query ($search: String) { users(filter: { search: $search }) { totalCount } }',
          { search },
        );
        expect(users.totalCount).toBe(0);
      }
    });
  });

  describe('resetting a password', () => {
    it('needs all that the other may do', async () => {
      await identity.admin.mutate('createRole', {
        name: 'help-desk',
        permissions: ['users.manage', 'users.read'],
      });
      const helper = await identity.user({ role: 'help-desk' });
      const powerful = await identity.user({ role: 'developer' });
      const plain = await identity.user();
      const newPassword = 'fresh and secret';
      expect(await helper.asker.refusal('resetPassword', { userId: powerful.id, newPassword })).toBe(
        'FORBIDDEN',
      );
      await identity.signIn(powerful.login, powerful.password);
      await helper.asker.mutate('resetPassword', { userId: plain.id, newPassword, reason: 'Forgot it' });
      await expect(plain.asker.query('{ viewer { permissions } }')).rejects.toMatchObject({
        code: 'UNAUTHENTICATED',
      });
      await identity.signIn(plain.login, newPassword);
      // One's own needs the current one.
      expect(await helper.asker.refusal('resetPassword', { userId: helper.id, newPassword })).toBe(
        'BAD_USER_INPUT',
      );
    });
  });
});
