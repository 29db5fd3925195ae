import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { clusterEntities, clusterMigrations } from '../../../subgraphs/clusters/subgraph.js';
import { Database } from '../../../subgraphs/shared/database.js';
import { createLogger } from '../../../subgraphs/shared/logger.js';
import { createTestDatabase, type TestDatabase } from '../../kit/postgres.js';

describe('the migrations of clusters', () => {
  let server: TestDatabase;
  beforeAll(async () => {
    server = await createTestDatabase();
  });
  afterAll(() => server?.dispose());

  const open = () =>
    Database.open({
      url: server.url,
      subgraph: 'clusters',
      entities: clusterEntities,
      migrations: clusterMigrations,
      logger: createLogger({ level: 'silent' }),
    });

  it('make exactly the tables that the entities describe', async () => {
    const database = await open();
    const { upQueries } = await database.dataSource.driver.createSchemaBuilder().log();
    await database.dispose();
    expect(upQueries.map(({ query }) => query)).toEqual([]);
  });

  it('can be undone and done again', async () => {
    const database = await open();
    await database.dataSource.undoLastMigration();
    const [{ count }] = await database.dataSource.query(
      "SELECT count(*)::int FROM pg_class WHERE relnamespace = 'clusters'::regnamespace AND relname IN ('cluster', 'published_connection')",
    );
    expect(count).toBe(0);
    await database.dispose();
    await (await open()).dispose();
  });
});
