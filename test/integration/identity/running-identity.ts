import { randomBytes } from 'node:crypto';
import { jwtVerify } from 'jose';
import { Client } from 'pg';
import { readIdentityConfig } from '../../../subgraphs/identity/config.js';
import { type IdentitySubgraph, startIdentitySubgraph } from '../../../subgraphs/identity/subgraph.js';
import type { Caller } from '../../../subgraphs/shared/caller.js';
import { deriveKey } from '../../../subgraphs/shared/keys.js';
import { createLogger } from '../../../subgraphs/shared/logger.js';
import { openSharedServices, type SharedServices } from '../../../subgraphs/shared/shared-services.js';
import { executeOnSubgraph } from '../../../subgraphs/shared/subgraph-execution.js';
import { createTestDatabase } from '../../kit/postgres.js';

type Data = any;

/** Somebody who asks the identity subgraph, as the gateway would hand them over. */
export class Asker {
  constructor(
    private readonly subgraph: IdentitySubgraph,
    readonly caller: Caller,
  ) {}

  async send(
    query: string,
    variables: Record<string, unknown> = {},
  ): Promise<{ data: Data; errors: Data[] }> {
    const request = { query, variables };
    const result = await executeOnSubgraph(this.subgraph, request, this.caller, new AbortController().signal);
    return { data: result.data, errors: [...(result.errors ?? [])] };
  }

  async query(query: string, variables: Record<string, unknown> = {}): Promise<Data> {
    const { data, errors } = await this.send(query, variables);
    if (errors.length > 0) throw errors[0].originalError ?? errors[0];
    return data;
  }

  /** The payload of `mutation { name(input: …) { fields userErrors } }`, refusals included. */
  async attempt(name: string, input: object | null, fields = ''): Promise<Data> {
    const inputType = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`;
    const document =
      input === null
        ? `mutation { ${name} { ${fields} userErrors { code field message } } }`
        : `mutation ($input: ${inputType}!) { ${name}(input: $input) { ${fields} userErrors { code field message } } }`;
    const data = await this.query(document, input === null ? {} : { input });
    return data[name];
  }

  /** Like attempt, of what must succeed. */
  async mutate(name: string, input: object | null, fields = ''): Promise<Data> {
    const payload = await this.attempt(name, input, fields);
    if (payload.userErrors.length > 0) throw new Error(`${name}: ${JSON.stringify(payload.userErrors)}`);
    return payload;
  }

  /** The code of the first refusal. */
  async refusal(name: string, input: object | null): Promise<string | undefined> {
    return (await this.attempt(name, input)).userErrors[0]?.code;
  }
}

export interface RunningIdentity {
  readonly subgraph: IdentitySubgraph;
  readonly services: SharedServices;
  readonly databaseUrl: string;
  /** Time that the subgraph sees; `advance` moves it. */
  readonly clock: { now(): number; advance(milliseconds: number): void };
  readonly admin: Asker;
  readonly anonymous: Asker;
  as(caller: Caller): Asker;
  /** Whoever a bearer token stands for. */
  withToken(token: string): Promise<Asker>;
  signIn(login: string, password: string): Promise<Asker>;
  user(binding?: {
    role: string;
    scope?: object;
  }): Promise<{ id: string; login: string; password: string; asker: Asker }>;
  sql(text: string, values?: unknown[]): Promise<Data[]>;
  /** What the audit log has of an action, oldest first. */
  audited(action: string): Promise<Data[]>;
  dispose(): Promise<void>;
}

export const adminPassword = 'correct horse battery staple';

/** The identity subgraph on a database of its own, with a first administrator unless its password is null. */
export async function startIdentity(
  env: Record<string, string> = {},
  password: string | null = adminPassword,
): Promise<RunningIdentity> {
  const database = await createTestDatabase();
  const secretKey = randomBytes(32).toString('base64');
  const logger = createLogger({ level: 'silent' });
  let skew = 0;
  const clock = {
    now: () => Date.now() + skew,
    advance(milliseconds: number) {
      skew += milliseconds;
    },
  };
  const services = await openSharedServices(
    { databaseUrl: database.url, secretKey, clusterAddresses: { networks: [], origins: [] } },
    logger,
    clock,
  );
  const subgraph = await startIdentitySubgraph(readIdentityConfig(env), services);
  if (password !== null) await subgraph.ensureFirstAdministrator(password);
  const sqlClient = new Client({ connectionString: database.url });
  await sqlClient.connect();
  const origin = { requestId: 'test', address: '192.0.2.1' };
  const as = (caller: Caller): Asker => new Asker(subgraph, caller);
  const anonymous = as({ ...origin, userId: null });

  const running: RunningIdentity = {
    subgraph,
    services,
    databaseUrl: database.url,
    clock,
    anonymous,
    admin: anonymous,
    as,
    async withToken(token) {
      const { payload } = await jwtVerify(token, deriveKey(secretKey, 'token-signing'), {
        issuer: 'meridian',
        audience: 'meridian',
        typ: 'at+jwt',
        currentDate: new Date(clock.now()),
      });
      return as({
        ...origin,
        userId: String(payload.sub),
        credentialId: String(payload['cid']),
        credentialKind: payload['ck'] as 'SESSION' | 'ACCESS_TOKEN',
        expiresAt: Number(payload.exp) * 1_000,
      });
    },
    async signIn(login, password) {
      const { token } = await anonymous.mutate('signIn', { login, password }, 'token');
      return running.withToken(token);
    },
    async user(binding) {
      const login = `user-${randomBytes(4).toString('hex')}`;
      const password = `password ${login}`;
      const { user } = await running.admin.mutate('createUser', { login, password }, 'user { id }');
      if (binding) await running.admin.mutate('bindRole', { userId: user.id, ...binding });
      return { id: user.id, login, password, asker: await running.signIn(login, password) };
    },
    sql: async (text, values = []) => (await sqlClient.query(text, values)).rows,
    audited: (action) => running.sql('SELECT * FROM audit.event WHERE action = $1 ORDER BY id', [action]),
    async dispose() {
      await sqlClient.end();
      await subgraph.dispose();
      await services.dispose();
      await database.dispose();
    },
  };
  if (password === null) return running;
  return Object.assign(running, { admin: await running.signIn('admin', password) });
}
