import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Asker } from '../clusters/platform.js';
import { type Marketplace, startMarketplace } from './marketplace.js';

let marketplace: Marketplace;
let owner: Asker;
let instanceId: string;
beforeAll(async () => {
  marketplace = await startMarketplace();
  const environment = await marketplace.environment();
  owner = await marketplace.member(environment.projectId, 'project-owner');
  instanceId = await marketplace.create(environment.id, { name: 'cache' });
  await marketplace.becomes(instanceId, 'READY');
});
afterAll(() => marketplace?.dispose());

const reveal = (reason: string): Promise<any> =>
  owner.attempt('revealCredentials', { instanceId, reason }, 'credentials { name value }');
const audited = async (result: string) =>
  (await marketplace.platform.audited('revealCredentials')).filter((event) => event.result === result);

describe('revealing credentials', () => {
  it.each(['', 'short', '         x         '])(
    'is refused without a reason, and the refusal is audited: %j',
    async (reason) => {
      const before = (await audited('REFUSED')).length;
      const { credentials, userErrors } = await reveal(reason);
      expect(credentials).toBeNull();
      expect(userErrors).toMatchObject([{ code: 'BAD_USER_INPUT', field: ['input', 'reason'] }]);
      expect(await audited('REFUSED')).toHaveLength(before + 1);
      expect(await audited('DONE')).toEqual([]);
    },
  );

  it('gives what a binding would inject, and is audited with its reason and without a value', async () => {
    const { credentials, userErrors } = await reveal('restore of the backup, ticket 4711');
    expect(userErrors).toEqual([]);
    const values = Object.fromEntries(credentials.map(({ name, value }: any) => [name, value]));
    expect(values).toMatchObject({
      PORT: '6379',
      USERNAME: 'default',
      PASSWORD: expect.stringMatching(/^\w{32}$/),
    });
    expect(values['URL']).toBe(`redis://default:${values['PASSWORD']}@${values['HOST']}:6379/0`);
    const events = await audited('DONE');
    expect(events).toMatchObject([{ target_id: instanceId, reason: 'restore of the backup, ticket 4711' }]);
    expect(JSON.stringify(events)).not.toContain(values['PASSWORD']);
    expect(marketplace.platform.log.join('')).not.toContain(values['PASSWORD']);
  });

  it('gives nothing when it can not be audited', async () => {
    await marketplace.platform.sql('ALTER TABLE audit.event RENAME TO event_away');
    try {
      const query =
        'mutation ($input: RevealCredentialsInput!) { revealCredentials(input: $input) { credentials { value } } }';
      const { data, errors } = await owner.send(query, { input: { instanceId, reason: 'nobody will know' } });
      expect(data?.revealCredentials ?? null).toBeNull();
      expect(errors.length).toBeGreaterThan(0);
    } finally {
      await marketplace.platform.sql('ALTER TABLE audit.event_away RENAME TO event');
    }
  });

  it('says so when the Secret is not there', async () => {
    const [secret] = marketplace.sandbox.api.list('secrets', {
      labels: { 'meridian.dev/instance': instanceId },
    });
    marketplace.sandbox.api.remove('secrets', secret?.metadata.namespace, secret?.metadata.name ?? '');
    const { userErrors } = await reveal('is it still there at all');
    expect(userErrors).toMatchObject([{ code: 'CONFLICT' }]);
  });
});
