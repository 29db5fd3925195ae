import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DistributedSystem } from '../kit/distributed-system.js';
import { type GraphqlClient, SubscriptionError } from '../kit/graphql-client.js';
import { Seed, type SeededService } from '../kit/seed.js';
import { eventually } from '../kit/wait.js';

/** The code that a stream ends with. */
async function toItsEnd(stream: AsyncGenerator<unknown>): Promise<string | undefined> {
  try {
    for await (const _ of stream);
    return undefined;
  } catch (error) {
    return error instanceof SubscriptionError ? error.code : String(error);
  }
}

/** Gateway and subgraphs as six processes, as `npm run gateway` and `npm run subgraph -- <name>` start them. */
describe('six processes', () => {
  let system: DistributedSystem;
  let admin: GraphqlClient;
  let seed: Seed;
  let service: SeededService;

  beforeAll(async () => {
    system = await DistributedSystem.start();
    admin = await system.admin();
    seed = new Seed(admin, (login, password) => system.signIn(login, password));
  });
  afterAll(() => system?.dispose());

  it('roll out a service on a registered cluster and stream it to the end', async () => {
    const clusterId = await system.registerCluster(admin);
    const environment = await seed.environment({ clusterId });
    service = await seed.service({ environment });
    const deploymentId = await seed.deploy(service.serviceId);
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

  it('let users with the same rights share a stream, and end it for who loses them (SU-6)', async () => {
    const upstreams = () => system.gauge('meridian_gateway_upstreams_open');
    const viewers = await Promise.all([seed.user(), seed.user()]);
    const [, binding = ''] = await Promise.all(
      viewers.map(({ id }) => seed.bind(id, 'developer', { projectId: service.projectId })),
    );
    // Rights elsewhere, so that what is hidden from who loses those here is this service alone.
    const elsewhere = await seed.project();
    for (const { id } of viewers) await seed.bind(id, 'developer', { projectId: elsewhere.id });
    const [staying, leaving] = viewers.map(({ client }) =>
      client.subscribe(
        'subscription ($id: ID!) { podStatus(serviceId: $id) { __typename ... on PodAdded { pod { name } } } }',
        { id: service.serviceId },
      ),
    ) as [AsyncGenerator<any>, AsyncGenerator<any>];
    expect((await staying.next()).value.__typename).toBe('PodsSnapshot');
    expect((await leaving.next()).value.__typename).toBe('PodsSnapshot');
    await eventually(async () => (await upstreams()) === 1, { what: 'one stream for both' });

    const end = toItsEnd(leaving);
    await admin.mutate(
      'mutation ($input: UnbindRoleInput!) { unbindRole(input: $input) { userErrors { code } } }',
      { input: { roleBindingId: binding } },
    );
    expect(await end).toBe('FORBIDDEN');
    await seed.deploy(service.serviceId, { image: 'nginx:1.28' });
    const seen: string[] = [];
    while (!seen.includes('PodAdded')) seen.push((await staying.next()).value.__typename);
    expect(seen).not.toContain('StreamReset');
    await staying.return(undefined);
  });

  it('end with exit code 0 on SIGTERM', async () => {
    await admin.dispose();
    const { programs } = system;
    expect(await Promise.all(programs.map((program) => program.stop()))).toEqual(programs.map(() => 0));
  });
});
