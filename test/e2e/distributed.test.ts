import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.js';
import { GraphqlClient } from '../kit/graphql-client.js';
import { createTestDatabase, type TestDatabase } from '../kit/postgres.js';
import { Program } from '../kit/program.js';
import { Seed } from '../kit/seed.js';

const subgraphs = ['identity', 'clusters', 'projects', 'deployments', 'marketplace'] as const;

/** Gateway and subgraphs as six processes, as `npm run gateway` and `npm run subgraph -- <name>` start them. */
describe('six processes', () => {
  const programs: Program[] = [];
  let database: TestDatabase;
  let sandbox: Sandbox;
  let url: string;
  let admin: GraphqlClient;

  beforeAll(async () => {
    database = await createTestDatabase();
    sandbox = await startSandbox({ name: 'remote', pace: 0.1 });
    const env = {
      DATABASE_URL: database.url,
      MERIDIAN_SECRET_KEY: randomBytes(32).toString('base64'),
      MERIDIAN_ADMIN_PASSWORD: 'given-by-the-operator',
      MERIDIAN_CLUSTER_ORIGINS: sandbox.url,
      MERIDIAN_SUBGRAPH_PORT: '0',
      MERIDIAN_PORT: '0',
    };
    const urls: Record<string, string> = {};
    await Promise.all(
      subgraphs.map(async (name) => {
        const program = await Program.start(`subgraphs/${name}/main.js`, env);
        programs.push(program);
        const [, subgraphUrl] = await program.printed(/"url":"([^"]+)"[^\n]*subgraph ready/);
        urls[`MERIDIAN_${name.toUpperCase()}_URL`] = subgraphUrl as string;
      }),
    );
    const gateway = await Program.start('gateway/main.js', { ...env, ...urls });
    programs.push(gateway);
    url = (await gateway.printed(/"url":"([^"]+)"/))[1] as string;
    const { token } = await new GraphqlClient(url, null).mutate(
      'mutation ($input: SignInInput!) { signIn(input: $input) { token userErrors { message } } }',
      { input: { login: 'admin', password: 'given-by-the-operator' } },
    );
    admin = new GraphqlClient(url, token);
  });
  afterAll(async () => {
    await admin?.dispose();
    await Promise.all(programs.map((program) => program.stop()));
    await sandbox?.dispose();
    await database?.dispose();
  });

  it('roll out a service on a registered cluster and stream it to the end', async () => {
    const { cluster } = await admin.mutate(
      `mutation ($input: RegisterClusterInput!) { registerCluster(input: $input) { cluster { id name } userErrors { code field message } } }`,
      {
        input: {
          name: 'remote',
          infrastructure: 'OTHER',
          location: 'rack 4',
          kubeconfig: sandbox.kubeconfig,
        },
      },
    );
    const seed = new Seed(admin, async () => admin);
    const environment = await seed.environment({ clusterId: cluster.id });
    const { serviceId } = await seed.service({ environment });
    const deploymentId = await seed.deploy(serviceId);
    const events: any[] = [];
    for await (const event of admin.subscribe(
      `subscription ($id: ID!) { rolloutProgress(deploymentId: $id) { __typename
         ... on RolloutCompleted { phase deployment { service { environment { cluster { name } project { name } } } actor { displayName } } } } }`,
      { id: deploymentId },
    )) {
      events.push(event);
    }
    expect(events.at(-1)).toMatchObject({
      __typename: 'RolloutCompleted',
      phase: 'SUCCEEDED',
      deployment: {
        service: { environment: { cluster: { name: 'remote' }, project: { name: environment.projectName } } },
        actor: { displayName: expect.any(String) },
      },
    });
  });

  it('end with exit code 0 on SIGTERM', async () => {
    await admin.dispose();
    expect(await Promise.all(programs.map((program) => program.stop()))).toEqual(programs.map(() => 0));
  });
});
