import { randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import { type Meridian, startMeridian } from '../../main.js';
import type { Clock } from '../../subgraphs/shared/clock.js';
import { Disposables } from '../../subgraphs/shared/exit.js';
import { createLogger } from '../../subgraphs/shared/logger.js';
import { Canaries } from './canaries.js';
import { GraphqlClient } from './graphql-client.js';
import { createTestDatabase } from './postgres.js';
import { Seed } from './seed.js';

export interface Stack {
  readonly meridian: Meridian;
  readonly url: string;
  /** Signed in as the first administrator. */
  readonly admin: GraphqlClient;
  readonly adminPassword: string;
  readonly databaseUrl: string;
  readonly seed: Seed;
  /** Secrets that must not leave; add those that a test makes up. Checked when the stack is disposed. */
  readonly canaries: Canaries;
  /** All log lines so far, at debug level: searched for secrets, printed when MERIDIAN_LOG_LEVEL is set. */
  readonly log: string[];
  /** A client with a token, or with none. Closed with the stack. */
  client(token: string | null): GraphqlClient;
  signIn(login: string, password: string): Promise<GraphqlClient>;
  dispose(): Promise<void>;
}

/** Path of the kubeconfig of a real cluster to run the end-to-end suite on, instead of sandbox clusters. */
export const realCluster = process.env['MERIDIAN_TEST_KUBECONFIG'];

/**
 * The whole system in this process, as `npm start` makes it, with a database of its own and fast sandbox clusters, or
 * with the one real cluster of MERIDIAN_TEST_KUBECONFIG.
 */
export async function startStack(
  options: {
    sandboxes?: number;
    env?: Record<string, string>;
    clock?: Clock;
    informerTimes?: Parameters<typeof startMeridian>[4];
  } = {},
): Promise<Stack> {
  const log: string[] = [];
  const logger = createLogger({
    level: 'debug',
    destination: new Writable({
      write(chunk, _encoding, done) {
        log.push(String(chunk));
        if (process.env['MERIDIAN_LOG_LEVEL']) process.stderr.write(chunk);
        done();
      },
    }),
  });
  const parts = new Disposables(logger);
  const database = parts.add('test database', await createTestDatabase());
  const folder = await mkdtemp(join(tmpdir(), 'meridian-stack-'));
  parts.add('data folder', { dispose: () => rm(folder, { recursive: true, force: true }) });
  const adminPassword =
    options.env?.['MERIDIAN_ADMIN_PASSWORD'] ?? `admin-${randomBytes(9).toString('base64url')}`;
  const secretKey = randomBytes(32).toString('base64');
  const canaries = new Canaries();
  canaries.add('administrator password', adminPassword);
  canaries.add('secret key', secretKey);
  const answers: string[] = [];
  const env = {
    DATABASE_URL: database.url,
    MERIDIAN_DATA: folder,
    MERIDIAN_PORT: '0',
    MERIDIAN_ADMIN_PASSWORD: adminPassword,
    MERIDIAN_SECRET_KEY: secretKey,
    MERIDIAN_SANDBOX: String(realCluster ? 0 : (options.sandboxes ?? 1)),
    // Only the tests' own clusters are registered: they may be anywhere.
    ...(realCluster ? { MERIDIAN_CLUSTER_NETWORKS: '0.0.0.0/0,::/0' } : {}),
    ...(process.env['MERIDIAN_CLUSTER_ORIGINS']
      ? { MERIDIAN_CLUSTER_ORIGINS: process.env['MERIDIAN_CLUSTER_ORIGINS'] }
      : {}),
    MERIDIAN_SANDBOX_PACE: '0.1',
    ...options.env,
  };
  try {
    const meridian = await startMeridian(env, parts, logger, options.clock, options.informerTimes);
    const { url } = meridian.gateway;
    for (const sandbox of meridian.sandboxes) canaries.add(`token of ${sandbox.name}`, sandbox.token);
    const client = (token: string | null): GraphqlClient =>
      parts.add('client', new GraphqlClient(url, token, (answer) => answers.push(answer)));
    const signIn = async (login: string, password: string): Promise<GraphqlClient> => {
      const { token } = await client(null).mutate(
        'mutation ($input: SignInInput!) { signIn(input: $input) { token userErrors { code message } } }',
        { input: { login, password } },
      );
      return client(token);
    };
    const admin = await signIn('admin', adminPassword);
    if (realCluster) await registerRealCluster(admin, realCluster);
    return {
      meridian,
      url,
      admin,
      adminPassword,
      databaseUrl: database.url,
      seed: new Seed(admin, signIn),
      canaries,
      log,
      client,
      signIn,
      async dispose() {
        const audit = await readAuditLog(meridian);
        await parts.dispose();
        const leaks = [
          ...canaries.findIn(log.join('')).map((name) => `${name} in the log`),
          ...canaries.findIn(answers.join('\n')).map((name) => `${name} in an answer`),
          ...canaries.findIn(audit).map((name) => `${name} in the audit log`),
        ];
        if (leaks.length > 0) throw new Error(`secrets left the system: ${leaks.join(', ')}`);
      },
    };
  } catch (error) {
    await parts.dispose();
    throw error;
  }
}

async function registerRealCluster(admin: GraphqlClient, path: string): Promise<void> {
  await admin.mutate(
    `mutation ($input: RegisterClusterInput!) { registerCluster(input: $input) { cluster { id } userErrors { code field message } } }`,
    { input: { name: 'real', infrastructure: 'OTHER', kubeconfig: await readFile(path, 'utf8') } },
  );
}

async function readAuditLog(meridian: Meridian): Promise<string> {
  const rows = await meridian.services.published.query('SELECT * FROM audit.event', []).catch(() => []);
  return JSON.stringify(rows);
}
