import { randomBytes } from 'node:crypto';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { PublishedPermissions } from '../../../gateway/subscriptions/published-permissions.js';
import type { SignedInCaller } from '../../../subgraphs/shared/caller.js';
import { newId } from '../../../subgraphs/shared/ids.js';
import { createLogger } from '../../../subgraphs/shared/logger.js';
import { listenOnLastingPort } from '../../kit/lasting-port.js';
import { type Asker, type RunningIdentity, startIdentity } from './running-identity.js';

/** The way to the database, which leads there while it is open. */
class Way {
  #server: Server | undefined;
  readonly #sockets = new Set<Socket>();
  port = 0;

  constructor(private readonly to: URL) {}

  async open(): Promise<void> {
    const server = createServer((socket) => {
      const other = connect(Number(this.to.port || 5432), this.to.hostname);
      for (const [one, two] of [
        [socket, other],
        [other, socket],
      ] as const) {
        this.#sockets.add(one);
        one.on('error', () => undefined);
        one.once('close', () => two.destroy());
        one.pipe(two);
      }
    });
    this.#server = server;
    if (this.port === 0) this.port = await listenOnLastingPort(server);
    else await new Promise<void>((resolve) => server.listen(this.port, '127.0.0.1', resolve));
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server?.close(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}

describe('what a gateway of its own knows of permissions', () => {
  const reader = `reader_${randomBytes(6).toString('hex')}`;
  const log: string[] = [];
  const logger = createLogger({ level: 'info', destination: { write: (line) => void log.push(line) } });
  let identity: RunningIdentity;
  let way: Way;
  let url: string;
  let permissions: PublishedPermissions;

  beforeAll(async () => {
    identity = await startIdentity();
    // As README.md says, and no more.
    for (const statement of [
      `CREATE USER ${reader} PASSWORD 'reads'`,
      `GRANT USAGE ON SCHEMA identity TO ${reader}`,
      `GRANT SELECT ON identity.published_credential, identity.published_role_grant TO ${reader}`,
    ]) {
      await identity.sql(statement);
    }
    const at = new URL(identity.databaseUrl);
    way = new Way(new URL(identity.databaseUrl));
    await way.open();
    at.username = reader;
    at.password = 'reads';
    at.host = `127.0.0.1:${way.port}`;
    url = at.href;
  });
  afterEach(() => permissions?.dispose());
  afterAll(async () => {
    await way?.close();
    await identity?.sql(`DROP OWNED BY ${reader}`);
    await identity?.sql(`DROP USER ${reader}`);
    await identity?.dispose();
  });

  const start = () => {
    permissions = new PublishedPermissions(url, logger, identity.clock);
    return permissions;
  };
  const fingerprint = ({ caller }: Asker) => permissions.fingerprint(caller as SignedInCaller);

  it('is the same for users with the same rights, and another when those of one change', async () => {
    const scope = { projectId: newId('project') };
    const [one, other] = [await identity.user(), await identity.user()];
    const bindings = [];
    for (const { id: userId } of [one, other]) {
      bindings.push(
        await identity.admin.mutate('bindRole', { role: 'developer', userId, scope }, 'roleBinding { id }'),
      );
    }
    start();
    const [first, second] = await Promise.all([fingerprint(one.asker), fingerprint(other.asker)]);
    expect(first).toBe(second);
    await identity.admin.mutate('unbindRole', { roleBindingId: bindings[1].roleBinding.id });
    await expect.poll(() => fingerprint(other.asker)).not.toBe(first);
    expect(await fingerprint(one.asker)).toBe(first);
  });

  it('notes no use of an access token: it only looks', async () => {
    const { asker } = await identity.user();
    const { secret } = await asker.mutate('createAccessToken', { name: 'watcher' }, 'secret');
    start();
    await fingerprint(await identity.withToken(secret));
    const { accessTokens } = (await asker.query('{ viewer { accessTokens { lastUsedAt } } }')).viewer;
    expect(accessTokens).toEqual([{ lastUsedAt: null }]);
  });

  it('is nothing while the database does not answer, which is logged once, and comes back with it', async () => {
    await way.close();
    start();
    await expect(fingerprint(identity.admin)).rejects.toThrow();
    await expect(fingerprint(identity.admin)).rejects.toThrow();
    await way.open();
    await expect.poll(() => fingerprint(identity.admin).catch(() => undefined)).toBeTypeOf('string');
    const about = log.filter((line) => line.includes('share'));
    expect(about.map((line) => JSON.parse(line).level)).toEqual(['warn', 'info']);
    // And it is told of changes again.
    const told = new Set<string | null>();
    const changed: string[] = [];
    permissions.onChanged((userId) => told.add(userId));
    await expect
      .poll(async () => {
        changed.push((await identity.user({ role: 'viewer' })).id);
        return changed.some((id) => told.has(id));
      })
      .toBe(true);
  });
});
