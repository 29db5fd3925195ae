import { randomBytes } from 'node:crypto';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.js';
import { GraphqlClient } from './graphql-client.js';
import { createTestDatabase, type TestDatabase } from './postgres.js';
import { Program } from './program.js';
import { RoundRobin } from './round-robin.js';

const names = ['identity', 'clusters', 'projects', 'deployments', 'marketplace'] as const;
type Name = (typeof names)[number];

export interface ServedProgram {
  readonly program: Program;
  /** Of its GraphQL endpoint. */
  readonly url: string;
  /** Where Prometheus reads; of gateways alone. */
  readonly metricsUrl: string | undefined;
}

/**
 * Gateways and subgraphs as processes of their own, as `npm run gateway` and `npm run subgraph -- <name>` start them,
 * with one sandbox cluster, which is registered as "remote". Replicas of deployments are behind a load balancer.
 */
export class DistributedSystem {
  readonly gateways: ServedProgram[] = [];
  readonly deployments: ServedProgram[] = [];
  readonly #started: Program[] = [];
  readonly #clients: GraphqlClient[] = [];
  #balancer: RoundRobin | undefined;

  private constructor(
    readonly database: TestDatabase,
    readonly sandbox: Sandbox,
  ) {}

  static async start(
    options: { gateways?: number; deployments?: number; env?: Readonly<Record<string, string>> } = {},
  ): Promise<DistributedSystem> {
    const database = await createTestDatabase();
    const system = new DistributedSystem(database, await startSandbox({ name: 'remote', pace: 0.1 }));
    try {
      await system.#start(options.gateways ?? 1, options.deployments ?? 1, options.env ?? {});
      return system;
    } catch (error) {
      await system.dispose();
      throw error;
    }
  }

  /** All that were started. */
  get programs(): readonly Program[] {
    return this.#started;
  }

  /** A client of the first administrator at one of the gateways. */
  admin(gateway = 0): Promise<GraphqlClient> {
    return this.signIn('admin', 'given-by-the-operator', gateway);
  }

  async signIn(login: string, password: string, gateway = 0): Promise<GraphqlClient> {
    const url = this.gateways[gateway]?.url ?? '';
    const { token } = await new GraphqlClient(url, null).mutate(
      'mutation ($input: SignInInput!) { signIn(input: $input) { token userErrors { message } } }',
      { input: { login, password } },
    );
    const client = new GraphqlClient(url, token);
    this.#clients.push(client);
    return client;
  }

  /** The value of a gauge of a gateway. */
  async gauge(name: string, gateway = 0): Promise<number> {
    const response = await fetch(this.gateways[gateway]?.metricsUrl ?? '');
    const line = (await response.text()).split('\n').find((text) => text.startsWith(`${name} `));
    if (line === undefined) throw new Error(`there is no gauge ${name}`);
    return Number(line.split(' ')[1]);
  }

  /** The id of the sandbox as a cluster of Meridian. */
  async registerCluster(admin: GraphqlClient): Promise<string> {
    const { cluster } = await admin.mutate(
      `mutation ($input: RegisterClusterInput!) { registerCluster(input: $input) { cluster { id } userErrors { code field message } } }`,
      {
        input: {
          name: 'remote',
          infrastructure: 'OTHER',
          location: 'rack 4',
          kubeconfig: this.sandbox.kubeconfig,
        },
      },
    );
    return cluster.id;
  }

  async dispose(): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.dispose()));
    await Promise.all(this.#started.map((program) => program.dispose()));
    await this.#balancer?.dispose();
    await this.sandbox.dispose();
    await this.database.dispose();
  }

  async #start(
    gateways: number,
    deployments: number,
    given: Readonly<Record<string, string>>,
  ): Promise<void> {
    const env = {
      DATABASE_URL: this.database.url,
      MERIDIAN_SECRET_KEY: randomBytes(32).toString('base64'),
      MERIDIAN_ADMIN_PASSWORD: 'given-by-the-operator',
      MERIDIAN_CLUSTER_ORIGINS: this.sandbox.url,
      MERIDIAN_SUBGRAPH_PORT: '0',
      MERIDIAN_PORT: '0',
      MERIDIAN_METRICS_PORT: '0',
      ...given,
    };
    const urls: Record<string, string> = {};
    const startSubgraph = async (name: Name): Promise<void> => {
      const served = await this.#serve(
        `subgraphs/${name}/main.js`,
        env,
        /"url":"([^"]+)"[^\n]*subgraph ready/,
      );
      if (name === 'deployments') this.deployments.push(served);
      urls[`MERIDIAN_${name.toUpperCase()}_URL`] = served.url;
    };
    const replicas = names.flatMap((name) =>
      name === 'deployments' ? Array.from({ length: deployments }, () => name) : [name],
    );
    await Promise.all(replicas.map(startSubgraph));
    this.#balancer = await RoundRobin.start(this.deployments.map(({ url }) => url));
    urls['MERIDIAN_DEPLOYMENTS_URL'] = this.#balancer.url;
    const startGateway = async (): Promise<void> => {
      const served = await this.#serve(
        'gateway/main.js',
        { ...env, ...urls },
        /"url":"([^"]+)","metricsUrl":"([^"]+)"[^\n]*gateway ready/,
      );
      this.gateways.push(served);
    };
    await Promise.all(Array.from({ length: gateways }, startGateway));
  }

  async #serve(file: string, env: Readonly<Record<string, string>>, ready: RegExp): Promise<ServedProgram> {
    const program = await Program.start(file, env);
    this.#started.push(program);
    const [, url = '', metricsUrl] = await program.printed(ready);
    return { program, url, metricsUrl };
  }
}
