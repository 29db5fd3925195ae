import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { AuditEventEntity } from '../../../subgraphs/shared/audit.js';
import type { SignedInCaller } from '../../../subgraphs/shared/caller.js';
import { Changes } from '../../../subgraphs/shared/changes.js';
import { systemClock } from '../../../subgraphs/shared/clock.js';
import { Database } from '../../../subgraphs/shared/database.js';
import { DomainEvents, notifyDomainEvent } from '../../../subgraphs/shared/domain-events.js';
import { createLogger } from '../../../subgraphs/shared/logger.js';
import { createTestDatabase, type TestDatabase } from '../../kit/postgres.js';

const logger = createLogger({ level: 'silent' });
const caller: SignedInCaller = {
  userId: 'user_1',
  credentialId: 'session_1',
  credentialKind: 'SESSION',
  expiresAt: Number.MAX_SAFE_INTEGER,
  requestId: 'request-1',
  address: '192.0.2.1',
};
const entry = { targetType: 'Thing', targetId: 'thing_1', targetName: 'one' };

describe('a change', () => {
  let testDatabase: TestDatabase;
  let database: Database;
  let events: DomainEvents;
  let changes: Changes;

  beforeAll(async () => {
    testDatabase = await createTestDatabase();
    database = await open();
    events = await DomainEvents.open(testDatabase.url, logger);
    changes = new Changes(database, systemClock, events);
  });
  afterAll(async () => {
    await events.dispose();
    await database.dispose();
    await testDatabase.dispose();
  });

  const open = () =>
    Database.open({ url: testDatabase.url, subgraph: 'projects', entities: [], migrations: [], logger });
  const auditedActions = async (): Promise<string[]> =>
    (await database.manager.find(AuditEventEntity)).map((event) => `${event.action} ${event.result}`);

  it('is audited and announced when it is committed', async () => {
    const elsewhere = await DomainEvents.open(testDatabase.url, logger);
    const heardElsewhere = new Promise((resolve) => elsewhere.on('project.changed', resolve));
    const heard: unknown[] = [];
    events.on('project.changed', (event) => heard.push(event));
    await changes.run(caller, { action: 'createThing' }, async (change) => {
      change.audit(entry);
      change.notify({ type: 'project.changed', projectId: 'project_1' });
      return { id: 'thing_1' };
    });
    // This process has heard it when the change is made; another one hears it by itself, and this one not again.
    expect(heard).toEqual([{ type: 'project.changed', projectId: 'project_1' }]);
    expect(await heardElsewhere).toEqual({ type: 'project.changed', projectId: 'project_1' });
    expect(await auditedActions()).toContain('createThing DONE');
    const nextHeard = new Promise((resolve) => events.on('environment.changed', resolve));
    await database.transaction((transaction) =>
      notifyDomainEvent(transaction, { type: 'environment.changed', environmentId: 'environment_1' }),
    );
    await nextHeard;
    expect(heard).toHaveLength(1);
    await elsewhere.dispose();
  });

  it('leaves no audit event when it is rolled back', async () => {
    const failing = changes.run(caller, { action: 'failingThing' }, async (change) => {
      change.audit(entry);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await auditedActions()).not.toContain('failingThing DONE');
  });

  it('is refused when it records no audit event', async () => {
    await expect(changes.run(caller, { action: 'silentThing' }, async () => ({ id: 'x' }))).rejects.toThrow(
      'silentThing recorded 0 audit events',
    );
  });

  it('is done once for one idempotency key, also when asked twice at the same moment', async () => {
    let made = 0;
    const attempt = () =>
      changes.run(
        caller,
        {
          action: 'makeThing',
          idempotency: { key: 'k1', input: { name: 'a' }, replay: async (id) => ({ id }) },
        },
        async (change) => {
          made += 1;
          change.audit(entry);
          return { id: `made_${made}` };
        },
      );
    const results = await Promise.all([attempt(), attempt(), attempt()]);
    expect(made).toBe(1);
    expect(results).toEqual([{ id: 'made_1' }, { id: 'made_1' }, { id: 'made_1' }]);
  });

  it('refuses an idempotency key that was used with other input', async () => {
    const attempt = (name: string) =>
      changes.run(
        caller,
        { action: 'nameThing', idempotency: { key: 'k2', input: { name }, replay: async (id) => ({ id }) } },
        async (change) => {
          change.audit(entry);
          return { id: name };
        },
      );
    await attempt('a');
    await expect(attempt('b')).rejects.toMatchObject({
      code: 'CONFLICT',
      field: ['input', 'idempotencyKey'],
    });
  });

  it('cannot be undone in the audit log, not even by SQL', async () => {
    await expect(database.manager.query('DELETE FROM audit.event')).rejects.toThrow('append-only');
    await expect(database.manager.query("UPDATE audit.event SET action = 'x'")).rejects.toThrow(
      'append-only',
    );
  });

  it('finds migrations run once when several processes start at the same moment', async () => {
    const opened = await Promise.all([open(), open(), open()]);
    for (const other of opened) await other.dispose();
    expect(opened).toHaveLength(3);
  });
});
