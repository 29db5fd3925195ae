import { type Sandbox, startSandbox } from '../../../sandbox/sandbox.js';
import type { MarketplaceConfig } from '../../../subgraphs/marketplace/config.js';
import { startMarketplaceSubgraph } from '../../../subgraphs/marketplace/subgraph.js';
import type { Subgraph } from '../../../subgraphs/shared/subgraph.js';
import { lastingPort } from '../../kit/lasting-port.js';
import { eventually } from '../../kit/wait.js';
import { Asker, type Platform, startPlatform, type User, uniqueName } from '../clusters/platform.js';

type Data = any;

export interface SeededEnvironment {
  readonly id: string;
  readonly projectId: string;
  readonly namespace: string;
}

/** The marketplace with its neighbours and a sandbox cluster; bindings are rows that a test writes. */
export interface Marketplace {
  readonly subgraph: Subgraph;
  readonly platform: Platform;
  readonly sandbox: Sandbox;
  readonly clusterId: string;
  readonly admin: Asker;
  /** Somebody of the platform, at the marketplace. */
  as(user: User): Asker;
  environment(options?: {
    projectId?: string;
    landscape?: string;
    quota?: object;
  }): Promise<SeededEnvironment>;
  /** A user who has a role in one project. */
  member(projectId: string, role: string): Promise<Asker>;
  /** Creates an instance and gives its id at once. */
  create(environmentId: string, input?: object): Promise<string>;
  instance(id: string, fields: string, asker?: Asker): Promise<Data>;
  /** Waits for a status. */
  becomes(id: string, status: string, asker?: Asker): Promise<void>;
  /** Waits until nothing has the id any more. */
  gone(id: string): Promise<void>;
  dispose(): Promise<void>;
}

export async function startMarketplace(config: MarketplaceConfig = { catalogues: [] }): Promise<Marketplace> {
  const sandbox = await startSandbox({ name: 'one', pace: 0.05, seed: 1, port: await lastingPort() });
  const platform = await startPlatform({ origins: [sandbox.url] });
  await platform.sql(`CREATE SCHEMA IF NOT EXISTS deployments`);
  await platform.sql(
    'CREATE TABLE deployments.published_binding (id text, instance_id text, service_id text, service_name text)',
  );
  const subgraph = await startMarketplaceSubgraph(config, platform.services);
  const { cluster } = await platform.admin.clusters.mutate(
    'registerCluster',
    { name: 'one', infrastructure: 'OTHER', kubeconfig: sandbox.kubeconfig },
    'cluster { id }',
  );
  const as = (user: User): Asker => new Asker(subgraph, user.projects.caller);
  const admin = as(platform.admin);
  const instance = async (id: string, fields: string, asker = admin): Promise<Data> =>
    (await asker.query(`query ($id: ID!) { instance(id: $id) { ${fields} } }`, { id })).instance;

  return {
    subgraph,
    platform,
    sandbox,
    clusterId: cluster.id,
    admin,
    as,
    instance,
    async environment({ projectId, landscape = 'DEV', quota } = {}) {
      const id = projectId ?? (await project(platform));
      const { environment } = await platform.admin.projects.mutate(
        'createEnvironment',
        { projectId: id, landscape, clusterId: cluster.id, ...(quota ? { quota } : {}) },
        'environment { id namespace }',
      );
      return { ...environment, projectId: id };
    },
    member: async (projectId, role) => as(await platform.user({ role, scope: { projectId } })),
    async create(environmentId, input = {}) {
      const given = { environmentId, name: uniqueName('store'), offering: 'redis', ...input };
      return (await admin.mutate('createInstance', given, 'instance { id }')).instance.id;
    },
    async becomes(id, status, asker) {
      let last: unknown;
      const reached = async (): Promise<boolean> => {
        const found = await instance(id, 'status statusReason', asker);
        last = found;
        return found?.status === status;
      };
      await eventually(reached, { what: `${status} of ${id}` }).catch((error: Error) => {
        throw new Error(`${error.message}; it is ${JSON.stringify(last)}`);
      });
    },
    gone: async (id) =>
      void (await eventually(async () => (await instance(id, 'id')) === null, { what: `the end of ${id}` })),
    async dispose() {
      await subgraph.dispose();
      await platform.dispose();
      await sandbox.dispose();
    },
  };
}

const project = async (platform: Platform): Promise<string> =>
  (await platform.admin.projects.mutate('createProject', { name: uniqueName('shop') }, 'project { id }'))
    .project.id;
