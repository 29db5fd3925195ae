import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AuditSealRepository } from '../../../subgraphs/identity/audit-seal/audit-seal.repository.js';
import { AuditSealer } from '../../../subgraphs/identity/audit-seal/audit-sealer.js';
import { AuditVerificationService } from '../../../subgraphs/identity/audit-seal/audit-verification.service.js';
import { Database } from '../../../subgraphs/shared/database.js';
import { newId } from '../../../subgraphs/shared/ids.js';
import { deriveKey } from '../../../subgraphs/shared/keys.js';
import { createLogger } from '../../../subgraphs/shared/logger.js';
import { type RunningIdentity, startIdentity } from './running-identity.js';

const fields =
  'intact complete verifiedEvents unsealedEvents lastSeal problems { kind eventId seal message }';

describe('the seals of the audit log (SE-5)', () => {
  let identity: RunningIdentity;
  let database: Database;
  let sealer: AuditSealer;
  let verifications: (patienceMilliseconds: number) => AuditVerificationService;
  beforeAll(async () => {
    // What is sealed when is up to the tests.
    identity = await startIdentity({ MERIDIAN_AUDIT_SEAL_INTERVAL: '24h' });
    const logger = createLogger({ level: 'silent' });
    database = await Database.open({
      url: identity.databaseUrl,
      subgraph: 'identity',
      entities: [],
      migrations: [],
      logger,
    });
    const seals = new AuditSealRepository(database);
    const { config, clock, permissions } = identity.services;
    const key = deriveKey(config.secretKey, 'audit-seals');
    sealer = new AuditSealer({ seals, key, clock, logger, intervalMilliseconds: 1 });
    verifications = (patience) => new AuditVerificationService(seals, permissions, key, clock, patience);
  });
  afterAll(async () => {
    await sealer?.dispose();
    await database?.dispose();
    await identity?.dispose();
  });

  const verify = async (after?: string | null, asker = identity.admin) =>
    (await asker.query(`query ($after: String) { verifyAuditLog(after: $after) { ${fields} } }`, { after }))
      .verifyAuditLog;
  /** A new event under a seal of its own. */
  async function sealOne(): Promise<{ id: string; seal: number }> {
    const name = `team-${randomBytes(4).toString('hex')}`;
    await sealer.seal();
    await identity.admin.mutate('createTeam', { name });
    await sealer.seal();
    const [row] = await identity.sql(
      'SELECT id, seal::int FROM audit.event JOIN audit.sealed_event ON event_id = id WHERE target_name = $1',
      [name],
    );
    return row;
  }
  /** As a superuser of the database can: nobody else gets past the trigger. Undone after the work. */
  async function withTampered(
    table: 'event' | 'seal' | 'sealed_event',
    rows: string,
    how: string,
    work: () => Promise<void>,
  ): Promise<void> {
    const pastTheTrigger = async (statement: string): Promise<void> => {
      await identity.sql(`ALTER TABLE audit.${table} DISABLE TRIGGER ALL`);
      await identity.sql(statement);
      await identity.sql(`ALTER TABLE audit.${table} ENABLE TRIGGER ALL`);
    };
    await identity.sql(`CREATE TEMPORARY TABLE kept_${table} AS SELECT * FROM audit.${table} WHERE ${rows}`);
    await pastTheTrigger(`${how} WHERE ${rows}`);
    await work();
    await pastTheTrigger(`DELETE FROM audit.${table} WHERE ${rows}`);
    await pastTheTrigger(`INSERT INTO audit.${table} SELECT * FROM kept_${table}`);
    await identity.sql(`DROP TABLE kept_${table}`);
    expect(await verify()).toMatchObject({ intact: true });
  }

  it('cover every event, each once, also when two processes seal at the same moment', async () => {
    await identity.user();
    await Promise.all([sealer.seal(), sealer.seal()]);
    await sealer.seal();
    const [{ events }] = await identity.sql('SELECT count(*)::int AS events FROM audit.event');
    expect(events).toBeGreaterThan(3);
    const intact = { intact: true, complete: true, verifiedEvents: events, unsealedEvents: 0, problems: [] };
    expect(await verify()).toMatchObject(intact);
    await identity.admin.mutate('createTeam', { name: 'not-yet-sealed' });
    expect(await verify()).toMatchObject({ ...intact, unsealedEvents: 1 });
  });

  it('tell which event was changed', async () => {
    const { id, seal } = await sealOne();
    await withTampered('event', `id = '${id}'`, `UPDATE audit.event SET user_id = NULL`, async () => {
      const message = expect.stringContaining(id);
      expect(await verify()).toMatchObject({
        intact: false,
        problems: [{ kind: 'EVENT_CHANGED', eventId: id, seal, message }],
      });
    });
  });

  it('tell which event was removed, also with what says that it was sealed', async () => {
    const { id, seal } = await sealOne();
    await withTampered('event', `id = '${id}'`, 'DELETE FROM audit.event', async () => {
      expect((await verify()).problems).toMatchObject([{ kind: 'EVENT_MISSING', eventId: id, seal }]);
    });
    await withTampered('sealed_event', `event_id = '${id}'`, 'DELETE FROM audit.sealed_event', async () => {
      expect((await verify()).problems).toMatchObject([{ kind: 'SEAL_BROKEN', eventId: null, seal }]);
    });
  });

  it('are missed when one is taken out, or when the end is cut off that somebody noted', async () => {
    const { seal } = await sealOne();
    const noted = (await verify()).lastSeal;
    expect(noted.startsWith(`${seal}:`)).toBe(true);
    expect(await verify(noted)).toMatchObject({ intact: true, verifiedEvents: 0, lastSeal: noted });
    const missing = { kind: 'SEAL_BROKEN', eventId: null, seal };
    await withTampered('seal', `number = ${seal}`, 'DELETE FROM audit.seal', async () => {
      expect(await verify()).toMatchObject({ intact: true });
      expect((await verify(noted)).problems).toMatchObject([missing]);
    });
    await sealOne();
    await withTampered('seal', `number = ${seal}`, 'DELETE FROM audit.seal', async () => {
      expect((await verify()).problems).toMatchObject([missing]);
    });
  });

  it('cannot be changed by whoever may write there', async () => {
    await sealOne();
    for (const table of ['seal', 'sealed_event']) {
      await expect(identity.sql(`UPDATE audit.${table} SET digest = ''`)).rejects.toThrow('append-only');
      await expect(identity.sql(`DELETE FROM audit.${table}`)).rejects.toThrow('append-only');
    }
  });

  it('are looked at in parts when there are many', async () => {
    for (let seal = 0; seal < 21; seal++) await sealOne();
    const { caller } = identity.admin;
    const parts = [await verifications(0).verify(caller, null)];
    while (!parts.at(-1)?.complete) {
      parts.push(await verifications(0).verify(caller, parts.at(-1)?.lastSeal ?? null));
    }
    expect(parts.length).toBeGreaterThan(1);
    expect(parts.every(({ intact }) => intact)).toBe(true);
    const all = await verify();
    expect(all).toMatchObject({ intact: true, complete: true, lastSeal: parts.at(-1)?.lastSeal });
    expect(parts.reduce((sum, { verifiedEvents }) => sum + verifiedEvents, 0)).toBe(all.verifiedEvents);
  });

  it('are for those who may read the whole log', async () => {
    const owner = await identity.user({ role: 'project-owner', scope: { projectId: newId('project') } });
    await expect(verify(null, owner.asker)).rejects.toMatchObject({ code: 'FORBIDDEN' });
    const auditor = await identity.user({ role: 'auditor' });
    expect(await verify(null, auditor.asker)).toMatchObject({ intact: true });
    await expect(verify('1:nonsense')).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });
});

describe('a running subgraph', () => {
  it('seals its audit log by itself', async () => {
    const identity = await startIdentity({ MERIDIAN_AUDIT_SEAL_INTERVAL: '1s' });
    const verified = async () =>
      (await identity.admin.query(`{ verifyAuditLog { ${fields} } }`)).verifyAuditLog;
    await expect
      .poll(verified)
      .toMatchObject({ intact: true, unsealedEvents: 0, lastSeal: expect.any(String) });
    await identity.dispose();
  });
});
