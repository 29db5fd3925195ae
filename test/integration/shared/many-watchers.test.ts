import { SignJWT } from 'jose';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { deriveKey } from '../../../subgraphs/shared/keys.js';
import { type GraphqlClient, SubscriptionError } from '../../kit/graphql-client.js';
import type { SeededService } from '../../kit/seed.js';
import { type Stack, startStack } from '../../kit/stack.js';
import { eventually } from '../../kit/wait.js';

const users = 200;
const ids = Array.from({ length: users }, (_, n) => n);
const podStatus = 'subscription ($id: ID!) { podStatus(serviceId: $id) { __typename } }';
const hints = 'subscription { servicesChanged { cursor } }';

let stack: Stack;
let service: SeededService;
let clients: GraphqlClient[];

beforeAll(async () => {
  stack = await startStack();
  service = await stack.seed.service();
  clients = await signedInUsers();
});
afterAll(() => stack?.dispose());

/** Users with a session each, without the seconds of hashing that many passwords. Every second has a role of its own. */
async function signedInUsers(): Promise<GraphqlClient[]> {
  const sql = (text: string, values: unknown[] = []) => stack.meridian.services.published.query(text, values);
  await sql(
    `INSERT INTO identity."user" (id, login, display_name, password_hash, disabled, created_at, updated_at, version)
     SELECT 'user_w' || n, 'watcher-' || n, 'watcher', 'none', false, now(), now(), 1 FROM generate_series(0, $1) n`,
    [users - 1],
  );
  await sql(
    `INSERT INTO identity.session (id, user_id, created_at, expires_at)
     SELECT 'session_w' || n, 'user_w' || n, now(), now() + interval '1 day' FROM generate_series(0, $1) n`,
    [users - 1],
  );
  await sql(
    `INSERT INTO identity.role_binding (id, role_id, user_id, effect, project_id, unique_key, created_at)
     SELECT 'binding_w' || n || project, role.id, 'user_w' || n, 'ALLOW', project, n || project, now()
     FROM generate_series(0, $1) n, identity.role,
          LATERAL (SELECT $2 UNION SELECT 'project_of_' || n WHERE n % 2 = 0) AS scope (project)
     WHERE role.name = 'developer'`,
    [users - 1, service.projectId],
  );
  const key = deriveKey(stack.meridian.services.config.secretKey, 'token-signing');
  return Promise.all(
    ids.map(async (n) =>
      stack.client(
        await new SignJWT({ cid: `session_w${n}`, ck: 'SESSION' })
          .setProtectedHeader({ alg: 'HS256', typ: 'at+jwt' })
          .setSubject(`user_w${n}`)
          .setIssuer('meridian')
          .setAudience('meridian')
          .setIssuedAt()
          .setExpirationTime('1h')
          .sign(key),
      ),
    ),
  );
}

it('the rights of hundreds who watch are asked for together, with the few statements that one of them would cost', async () => {
  const streams = clients.map((client) => client.subscribe(podStatus, { id: service.serviceId }));
  const hinted = clients.map((client) => client.subscribe(hints));
  for (const stream of hinted) stream.next().catch(() => undefined);
  await Promise.all(streams.map((stream) => stream.next()));
  const open = () => stack.meridian.gateway.subscriptions;
  // One for all whose rights are the same, one for each of the others, and hints are everybody's own.
  await eventually(() => open().upstreams === 1 + users / 2 + users, {
    what: 'a stream for each set of rights',
  });

  const query = vi.spyOn(Client.prototype, 'query');
  const statements = (): { text: string; values: unknown[] }[] =>
    query.mock.calls.map(([statement, values]: any[]) => ({
      text: statement?.text ?? String(statement),
      values: values ?? statement?.values ?? [],
    }));
  /** How often each session has been looked at. */
  const looks = (): Map<string, number> => {
    const found = new Map<string, number>();
    for (const { text, values } of statements()) {
      if (!text.includes('published_credential')) continue;
      for (const id of [values[0]].flat() as string[]) found.set(id, (found.get(id) ?? 0) + 1);
    }
    return found;
  };
  await eventually(() => ids.every((n) => (looks().get(`session_w${n}`) ?? 0) >= 3), {
    what: 'three looks at everybody',
  });
  const about = ['published_credential', 'published_role_grant', '"deployments"."service"'];
  const asked = statements().filter(({ text }) => about.some((name) => text.includes(name)));
  const most = Math.max(...looks().values());
  query.mockRestore();
  // Gateway and subgraphs look at them in turns of their own: some seven statements each time.
  expect(asked.length).toBeLessThanOrEqual(20 * most);
  await Promise.all(clients.map((client) => client.dispose()));
  await eventually(() => open().subscriptions === 0, { what: 'all gone' });
});

it('a right that is lost without a word ends the stream of who lost it, and of nobody else', async () => {
  const ended = new Map<number, string>();
  const streams = [1, 3, 5].map(async (n) => {
    const stream = clients[n]?.subscribe(podStatus, { id: service.serviceId });
    if (!stream) throw new Error(`there is no user ${n}`);
    try {
      for await (const _ of stream);
    } catch (error) {
      ended.set(n, error instanceof SubscriptionError ? String(error.code) : String(error));
    }
  });
  const open = () => stack.meridian.gateway.subscriptions;
  await eventually(() => open().subscriptions === streams.length, { what: 'all subscribed' });
  await eventually(() => open().upstreams === 1, { what: 'one stream for all' });
  await stack.meridian.services.published.query(
    `DELETE FROM identity.role_binding WHERE user_id = 'user_w3'`,
    [],
  );
  await eventually(() => ended.size > 0, { what: 'the end of the stream' });
  expect([...ended]).toEqual([[3, 'FORBIDDEN']]);
  await eventually(() => open().subscriptions === 2 && open().upstreams === 1, {
    what: 'one stream for the rest',
  });
});
