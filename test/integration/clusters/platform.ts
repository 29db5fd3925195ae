import { randomBytes } from 'node:crypto';
import { jwtVerify } from 'jose';
import { Client } from 'pg';
import { readClustersConfig } from '../../../subgraphs/clusters/config.js';
import { type ClustersSubgraph, startClustersSubgraph } from '../../../subgraphs/clusters/subgraph.js';
import { readIdentityConfig } from '../../../subgraphs/identity/config.js';
import { startIdentitySubgraph } from '../../../subgraphs/identity/subgraph.js';
import { readProjectsConfig } from '../../../subgraphs/projects/config.js';
import { startProjectsSubgraph } from '../../../subgraphs/projects/subgraph.js';
import type { Caller } from '../../../subgraphs/shared/caller.js';
import { deriveKey } from '../../../subgraphs/shared/keys.js';
import { createLogger } from '../../../subgraphs/shared/logger.js';
import { openSharedServices, type SharedServices } from '../../../subgraphs/shared/shared-services.js';
import type { Subgraph } from '../../../subgraphs/shared/subgraph.js';
import { executeOnSubgraph, subscribeOnSubgraph } from '../../../subgraphs/shared/subgraph-execution.js';
import { createTestDatabase } from '../../kit/postgres.js';

type Data = any;

/** Somebody who asks one subgraph, as the gateway would hand them over. */
export class Asker {
  constructor(
    readonly subgraph: Subgraph,
    readonly caller: Caller,
  ) {}

  async send(query: string, variables: object = {}): Promise<{ data: Data; errors: Data[] }> {
    const request = { query, variables: variables as Record<string, unknown> };
    const result = await executeOnSubgraph(this.subgraph, request, this.caller, new AbortController().signal);
    return { data: result.data, errors: [...(result.errors ?? [])] };
  }

  /** The data of an answer without errors. */
  async query(query: string, variables: object = {}): Promise<Data> {
    const { data, errors } = await this.send(query, variables);
    if (errors.length > 0) throw errors[0].originalError ?? errors[0];
    return data;
  }

  /** The payload of a mutation, refusals included. */
  async attempt(name: string, input: object, fields = ''): Promise<Data> {
    const type = `${name.charAt(0).toUpperCase()}${name.slice(1)}Input`;
    const document = `mutation ($input: ${type}!) { ${name}(input: $input) { ${fields} userErrors { code field message } } }`;
    return (await this.query(document, { input }))[name];
  }

  /** Like attempt, of what must succeed. */
  async mutate(name: string, input: object, fields = ''): Promise<Data> {
    const payload = await this.attempt(name, input, fields);
    if (payload.userErrors.length > 0) throw new Error(`${name}: ${JSON.stringify(payload.userErrors)}`);
    return payload;
  }

  /** The first refusal of a mutation. */
  async refusal(name: string, input: object): Promise<{ code: string; field: string[]; message: string }> {
    return (await this.attempt(name, input)).userErrors[0];
  }

  /** The events of a subscription, each the value of its root field. */
  async *subscribe(query: string, variables: object, signal: AbortSignal): AsyncGenerator<Data> {
    const request = { query, variables: variables as Record<string, unknown> };
    const events = await subscribeOnSubgraph(this.subgraph, request, this.caller, signal);
    if (!(Symbol.asyncIterator in events)) throw events.errors?.[0]?.originalError ?? events.errors?.[0];
    for await (const { data, errors } of events) {
      if (errors) throw errors[0]?.originalError ?? errors[0];
      yield Object.values(data ?? {})[0];
    }
  }
}

/** One user, at both subgraphs under test and at identity. */
export interface User {
  readonly id: string;
  readonly clusters: Asker;
  readonly projects: Asker;
  readonly identity: Asker;
}

export interface Platform {
  readonly clusters: ClustersSubgraph;
  readonly services: SharedServices;
  readonly databaseUrl: string;
  /** Everything that was logged so far. */
  readonly log: string[];
  readonly admin: User;
  readonly anonymous: User;
  user(...bindings: { role: string; scope?: object }[]): Promise<User>;
  sql(text: string, values?: unknown[]): Promise<Data[]>;
  audited(action: string): Promise<Data[]>;
  dispose(): Promise<void>;
}

export interface PlatformOptions {
  /** Origins that clusters may have. */
  readonly origins?: readonly string[];
  readonly networks?: readonly string[];
  readonly env?: Record<string, string>;
  readonly databaseUrl?: string;
  readonly secretKey?: string;
  readonly metricsTimes?: Parameters<typeof openSharedServices>[4];
}

const adminPassword = 'correct horse battery staple';

/** identity, clusters and projects in this process, on a database of their own. */
export async function startPlatform(options: PlatformOptions = {}): Promise<Platform> {
  const database = options.databaseUrl ? undefined : await createTestDatabase();
  const databaseUrl = options.databaseUrl ?? database?.url ?? '';
  const secretKey = options.secretKey ?? randomBytes(32).toString('base64');
  const log: string[] = [];
  const logger = createLogger({
    level: 'debug',
    destination: { write: (line: string) => void log.push(line) },
  });
  const services = await openSharedServices(
    {
      databaseUrl,
      secretKey,
      clusterAddresses: { networks: options.networks ?? [], origins: options.origins ?? [] },
    },
    logger,
    undefined,
    {},
    options.metricsTimes,
  );
  const env = { MERIDIAN_CLUSTER_PROBE_INTERVAL: '200ms', ...options.env };
  const [identity, clusters, projects] = await Promise.all([
    startIdentitySubgraph(readIdentityConfig(env), services),
    startClustersSubgraph(readClustersConfig(env), services),
    startProjectsSubgraph(readProjectsConfig(env), services),
  ]);
  await identity.ensureFirstAdministrator(adminPassword);
  const sqlClient = new Client({ connectionString: databaseUrl });
  await sqlClient.connect();

  const as = (id: string, caller: Caller): User => ({
    id,
    identity: new Asker(identity, caller),
    clusters: new Asker(clusters, caller),
    projects: new Asker(projects, caller),
  });
  const origin = { requestId: 'test', address: '192.0.2.1' };
  const anonymous = as('', { ...origin, userId: null });
  const signIn = async (login: string, password: string): Promise<User> => {
    const { token } = await anonymous.identity.mutate('signIn', { login, password }, 'token');
    const { payload } = await jwtVerify(token, deriveKey(secretKey, 'token-signing'), { typ: 'at+jwt' });
    const id = String(payload.sub);
    return as(id, {
      ...origin,
      userId: id,
      credentialId: String(payload['cid']),
      credentialKind: 'SESSION',
      expiresAt: Number(payload.exp) * 1_000,
    });
  };
  const admin = await signIn('admin', adminPassword);
  return {
    clusters,
    services,
    databaseUrl,
    log,
    admin,
    anonymous,
    async user(...bindings) {
      const login = `user-${randomBytes(4).toString('hex')}`;
      const password = `password of ${login}`;
      const { user } = await admin.identity.mutate('createUser', { login, password }, 'user { id }');
      for (const binding of bindings)
        await admin.identity.mutate('bindRole', { userId: user.id, ...binding });
      return signIn(login, password);
    },
    sql: async (text, values = []) => (await sqlClient.query(text, values)).rows,
    audited: async (action) =>
      (await sqlClient.query('SELECT * FROM audit.event WHERE action = $1 ORDER BY id', [action])).rows,
    async dispose() {
      await sqlClient.end();
      for (const subgraph of [projects, clusters, identity]) await subgraph.dispose();
      await services.dispose();
      await database?.dispose();
    },
  };
}

export const uniqueName = (prefix: string): string => `${prefix}-${randomBytes(4).toString('hex')}`;
