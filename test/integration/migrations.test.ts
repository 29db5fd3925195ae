import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clusterEntities, clusterMigrations } from '../../subgraphs/clusters/subgraph.js';
import { deploymentEntities, deploymentMigrations } from '../../subgraphs/deployments/tables.js';
import { identityEntities, identityMigrations } from '../../subgraphs/identity/subgraph.js';
import { InstanceEntity } from '../../subgraphs/marketplace/instance/instance.entity.js';
import { marketplaceMigrations } from '../../subgraphs/marketplace/migrations/migrations.js';
import { projectEntities, projectMigrations } from '../../subgraphs/projects/subgraph.js';
import { Database } from '../../subgraphs/shared/database.js';
import { newId } from '../../subgraphs/shared/ids.js';
import { createLogger } from '../../subgraphs/shared/logger.js';
import { PublishedBindings } from '../../subgraphs/shared/published/binding.js';
import { PublishedClusterConnections } from '../../subgraphs/shared/published/cluster-connection.js';
import { PublishedEnvironments } from '../../subgraphs/shared/published/environment.js';
import { PublishedGrants } from '../../subgraphs/shared/published/grant.js';
import { PublishedInstances } from '../../subgraphs/shared/published/instance.js';
import { PublishedViews } from '../../subgraphs/shared/published/reader.js';
import { PublishedRecordScopes } from '../../subgraphs/shared/published/record-scope.js';
import type { SubgraphName } from '../../subgraphs/shared/subgraph.js';
import { createTestDatabase, type TestDatabase } from '../kit/postgres.js';

const logger = createLogger({ level: 'silent' });
type Parts = Pick<Parameters<typeof Database.open>[0], 'entities' | 'migrations'>;
const subgraphs: Record<SubgraphName, Parts> = {
  identity: { entities: identityEntities, migrations: identityMigrations },
  clusters: { entities: clusterEntities, migrations: clusterMigrations },
  projects: { entities: projectEntities, migrations: projectMigrations },
  deployments: { entities: deploymentEntities, migrations: deploymentMigrations },
  marketplace: { entities: [InstanceEntity], migrations: marketplaceMigrations },
};

describe.each(Object.keys(subgraphs) as SubgraphName[])('the migrations of %s', (name) => {
  let server: TestDatabase;
  beforeAll(async () => {
    server = await createTestDatabase();
  });
  afterAll(() => server?.dispose());

  const open = () => Database.open({ url: server.url, subgraph: name, ...subgraphs[name], logger });

  it('make exactly the tables that the entities describe', async () => {
    const database = await open();
    const { upQueries } = await database.dataSource.driver.createSchemaBuilder().log();
    await database.dispose();
    expect(upQueries.map(({ query }) => query)).toEqual([]);
  });

  it('can be undone and done again', async () => {
    const database = await open();
    for (const _ of database.dataSource.migrations) await database.dataSource.undoLastMigration();
    const left = await database.dataSource.query(
      `SELECT relname AS name FROM pg_class WHERE relnamespace = $1::regnamespace AND relkind IN ('r', 'v') ORDER BY 1`,
      [name],
    );
    await database.dispose();
    // What every subgraph has besides its own tables.
    expect(left).toEqual([{ name: 'idempotency_key' }, { name: 'migration' }]);
    await (await open()).dispose();
  });
});

describe('the published views', () => {
  it('have the columns that their readers ask for', async () => {
    const server = await createTestDatabase();
    for (const name of Object.keys(subgraphs) as SubgraphName[]) {
      await (await Database.open({ url: server.url, subgraph: name, ...subgraphs[name], logger })).dispose();
    }
    const views = new PublishedViews(server.url, logger);
    const environments = new PublishedEnvironments(views);
    const records = new PublishedRecordScopes(views);
    expect(
      await Promise.all([
        new PublishedGrants(views).find([{ userId: 'user_x', credentialId: 'session_x' }]),
        new PublishedClusterConnections(views).find('cluster_x'),
        environments.find('environment_x'),
        environments.findProject('project_x'),
        new PublishedInstances(views).find('instance_x'),
        new PublishedBindings(views).listByInstance('instance_x'),
      ]),
    ).toEqual([[{ credential: undefined, grants: [] }], undefined, undefined, undefined, undefined, []]);
    for (const kind of ['cluster', 'environment', 'service', 'instance'] as const) {
      expect(await records.find(newId(kind))).toBeUndefined();
    }
    const landscapeId = 'landscape_00000000000000000000000004';
    expect(await records.find(landscapeId)).toEqual({
      id: landscapeId,
      kind: 'landscape',
      scope: { clusterId: null, projectId: null, landscapeId, applicationId: null },
    });
    await views.dispose();
    await server.dispose();
  });
});
