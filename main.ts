import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gatewaySettings } from './gateway/config.js';
import { type Gateway, startGateway } from './gateway/server.js';
import { localSource } from './gateway/sources/local.js';
import { loadGeneration } from './gateway/supergraph/generation.js';
import { type Sandbox, startSandbox } from './sandbox/sandbox.js';
import { readClustersConfig } from './subgraphs/clusters/config.js';
import { type ClustersSubgraph, startClustersSubgraph } from './subgraphs/clusters/subgraph.js';
import { readDeploymentsConfig } from './subgraphs/deployments/config.js';
import { startDeploymentsSubgraph } from './subgraphs/deployments/subgraph.js';
import { readIdentityConfig } from './subgraphs/identity/config.js';
import { startIdentitySubgraph } from './subgraphs/identity/subgraph.js';
import { readMarketplaceConfig } from './subgraphs/marketplace/config.js';
import { startMarketplaceSubgraph } from './subgraphs/marketplace/subgraph.js';
import { readProjectsConfig } from './subgraphs/projects/config.js';
import { startProjectsSubgraph } from './subgraphs/projects/subgraph.js';
import { type Clock, systemClock } from './subgraphs/shared/clock.js';
import {
  decimal,
  type Env,
  integer,
  optionalUrl,
  readConfig,
  readConfigs,
  text,
} from './subgraphs/shared/config.js';
import { openDataFolder } from './subgraphs/shared/data-folder.js';
import { type Disposables, runProcess } from './subgraphs/shared/exit.js';
import { decodeSecretKey } from './subgraphs/shared/keys.js';
import type { Logger } from './subgraphs/shared/logger.js';
import { startEmbeddedPostgres } from './subgraphs/shared/postgres/embedded-postgres.js';
import { projectRoot } from './subgraphs/shared/project-root.js';
import { loggingSettings, processLogger } from './subgraphs/shared/service.js';
import {
  openSharedServices,
  type SharedServices,
  sharedSettings,
} from './subgraphs/shared/shared-services.js';
import type { Subgraph } from './subgraphs/shared/subgraph.js';

/** Everything in one process, as it was started. */
export interface Meridian {
  readonly gateway: Gateway;
  readonly services: SharedServices;
  readonly subgraphs: readonly Subgraph[];
  readonly sandboxes: readonly Sandbox[];
  /** The first administrator's password when this start has made it up. */
  readonly generatedPassword: string | null;
}

/** The sandbox clusters of a first start: different infrastructures and locations. */
const sandboxClusters = [
  {
    name: 'sandbox-frankfurt',
    displayName: 'Sandbox Frankfurt',
    infrastructure: 'BARE_METAL',
    location: 'Frankfurt',
  },
  { name: 'sandbox-dublin', displayName: 'Sandbox Dublin', infrastructure: 'AWS', location: 'eu-west-1' },
  {
    name: 'sandbox-singapore',
    displayName: 'Sandbox Singapore',
    infrastructure: 'GCP',
    location: 'asia-southeast1',
  },
  { name: 'sandbox-austin', displayName: 'Sandbox Austin', infrastructure: 'VMWARE', location: 'Austin' },
  { name: 'sandbox-zurich', displayName: 'Sandbox Zurich', infrastructure: 'OPENSTACK', location: 'Zurich' },
] as const;

const settings = {
  data: text('MERIDIAN_DATA', '.meridian'),
  databaseUrl: optionalUrl('DATABASE_URL', ['postgres:', 'postgresql:']),
  secretKey: {
    name: 'MERIDIAN_SECRET_KEY',
    parse: (value: string | undefined): string | null => {
      if (value !== undefined) decodeSecretKey(value);
      return value ?? null;
    },
  },
  sandboxes: integer('MERIDIAN_SANDBOX', { min: 0, max: sandboxClusters.length }, 2),
  /** Multiplies the times that the sandbox simulates: 0.1 makes rollouts ten times as fast. */
  sandboxPace: decimal('MERIDIAN_SANDBOX_PACE', { min: 0.01, max: 100 }, 1),
  clusterAddresses: sharedSettings.clusterAddresses,
  gateway: gatewaySettings,
  // Used before the rest is read; here so that a bad one is reported.
  logging: loggingSettings,
};

/**
 * Starts PostgreSQL (unless DATABASE_URL names one), the sandbox clusters, the five subgraphs and the gateway in this
 * process. What was started is added to `parts`, also when a later part fails.
 */
export async function startMeridian(
  env: Env,
  parts: Disposables,
  logger: Logger,
  clock: Clock = systemClock,
  informerTimes: Parameters<typeof openSharedServices>[3] = {},
): Promise<Meridian> {
  const { config, ...subgraphs } = readConfigs({
    config: () => readConfig(env, settings),
    identity: () => readIdentityConfig(env),
    clusters: () => readClustersConfig(env),
    projects: () => readProjectsConfig(env),
    deployments: () => readDeploymentsConfig(env),
    marketplace: () => readMarketplaceConfig(env),
  });
  const folder = await openDataFolder(config.data);
  parts.add('data folder', { dispose: () => folder.release() });
  const secretKey = config.secretKey ?? (await folder.secretKey());

  const supergraphSdl = await readFile(join(projectRoot(), 'schema', 'supergraph.graphql'), 'utf8');
  const [databaseUrl, generation, sandboxes] = await Promise.all([
    config.databaseUrl ?? startDatabase(folder.path, parts, logger),
    // Takes a second of computing, while PostgreSQL starts in a process of its own.
    loadGeneration(supergraphSdl, logger),
    Promise.all(
      sandboxClusters
        .slice(0, config.sandboxes)
        .map(async ({ name }, index) =>
          parts.add(name, await startSandbox({ name, seed: index + 1, pace: config.sandboxPace })),
        ),
    ),
  ]);
  const services = parts.add(
    'shared services',
    await openSharedServices(
      {
        databaseUrl,
        secretKey,
        clusterAddresses: {
          networks: config.clusterAddresses.networks,
          origins: [...config.clusterAddresses.origins, ...sandboxes.map((sandbox) => sandbox.url)],
        },
      },
      logger,
      clock,
      informerTimes,
    ),
  );
  const added = async <T extends Subgraph>(starting: Promise<T>): Promise<T> => {
    const subgraph = await starting;
    return parts.add(subgraph.name, subgraph);
  };
  const [identity, clusters] = await Promise.all([
    added(startIdentitySubgraph(subgraphs.identity, services)),
    added(startClustersSubgraph(subgraphs.clusters, services)),
  ]);
  const administrator = await identity.ensureFirstAdministrator(subgraphs.identity.adminPassword);
  // Before those that watch clusters: a sandbox is at a new address.
  await registerSandboxes(clusters, sandboxes);
  const others = await Promise.all([
    added(startProjectsSubgraph(subgraphs.projects, services)),
    added(startDeploymentsSubgraph(subgraphs.deployments, services)),
    added(startMarketplaceSubgraph(subgraphs.marketplace, services)),
  ]);
  const gateway = parts.add(
    'gateway',
    await startGateway(
      { ...config.gateway, secretKey },
      {
        supergraphSdl,
        generation,
        sources: [identity, clusters, ...others].map(localSource),
        permissions: services.permissions,
        logger,
        clock,
      },
    ),
  );
  return {
    gateway,
    services,
    subgraphs: [identity, clusters, ...others],
    sandboxes,
    generatedPassword: administrator.generatedPassword,
  };
}

async function startDatabase(folder: string, parts: Disposables, logger: Logger): Promise<string> {
  const server = parts.add('PostgreSQL', await startEmbeddedPostgres({ folder, logger }));
  server.onUnexpectedExit(() => {
    throw new Error('the embedded PostgreSQL ended unexpectedly');
  });
  return server.url;
}

/** A sandbox has a new port at each start: the registered cluster follows it. */
async function registerSandboxes(clusters: ClustersSubgraph, sandboxes: readonly Sandbox[]): Promise<void> {
  await Promise.all(
    sandboxes.map(async (sandbox, index) => {
      const cluster = sandboxClusters[index];
      if (!cluster) return;
      await clusters.ensureCluster({
        ...cluster,
        kubeconfig: sandbox.kubeconfig,
        ingressDomain: `${cluster.name}.localhost`,
        labels: { sandbox: 'true' },
      });
    }),
  );
}

function welcome({ gateway, sandboxes, generatedPassword }: Meridian, startedAt: number): string {
  const seconds = ((Date.now() - startedAt) / 1_000).toFixed(1);
  const signIn = JSON.stringify({
    query: 'mutation ($input: SignInInput!) { signIn(input: $input) { token userErrors { message } } }',
    variables: { input: { login: 'admin', password: generatedPassword ?? '<your password>' } },
  });
  return [
    '',
    `  Meridian is ready (${seconds} s)`,
    '',
    `  Explore      ${gateway.url.replace(/graphql$/, '')}`,
    `  API          ${gateway.url} (HTTP and WebSocket)`,
    `  Sign in as   admin${generatedPassword ? `, password ${generatedPassword} (shown only this once: keep it)` : ' with your password'}`,
    ...(sandboxes.length > 0
      ? [`  Clusters     ${sandboxes.map((sandbox) => sandbox.name).join(', ')} (sandboxes)`]
      : []),
    '',
    '  Try next:',
    `    curl -s ${gateway.url} -H 'content-type: application/json' -d '${signIn}'`,
    '  and go on with the five-minute tour in README.md.',
    '',
    '',
  ].join('\n');
}

async function main(): Promise<void> {
  const startedAt = Date.now() - Math.round(process.uptime() * 1_000);
  const logger = processLogger(process.env, process.stdout.isTTY, process.stdout.isTTY ? 'warn' : 'info');
  await runProcess(logger, async (parts) => {
    const meridian = await startMeridian(process.env, parts, logger);
    // On a terminal the signal says that the terminal is gone.
    if (!process.stdout.isTTY) process.on('SIGHUP', () => void meridian.gateway.reload());
    process.stdout.write(welcome(meridian, startedAt));
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
