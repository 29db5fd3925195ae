import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deploymentEntities, deploymentMigrations } from '../../../subgraphs/deployments/subgraph.js';
import { Database } from '../../../subgraphs/shared/database.js';
import { createLogger } from '../../../subgraphs/shared/logger.js';
import { createTestDatabase, type TestDatabase } from '../../kit/postgres.js';

describe('the migrations of deployments', () => {
  let server: TestDatabase;
  beforeAll(async () => {
    server = await createTestDatabase();
  });
  afterAll(() => server?.dispose());

  const open = () =>
    Database.open({
      url: server.url,
      subgraph: 'deployments',
      entities: deploymentEntities,
      migrations: deploymentMigrations,
      logger: createLogger({ level: 'silent' }),
    });

  it('make exactly the tables that the entities describe', async () => {
    const database = await open();
    const { upQueries } = await database.dataSource.driver.createSchemaBuilder().log();
    await database.dispose();
    expect(upQueries.map(({ query }) => query)).toEqual([]);
  });

  it('publish the view that other subgraphs read', async () => {
    const database = await open();
    const columns = await database.dataSource.query(
      `SELECT column_name AS name, data_type AS type FROM information_schema.columns
       WHERE table_schema = 'deployments' AND table_name = 'published_binding' ORDER BY ordinal_position`,
    );
    await database.dispose();
    expect(columns).toEqual(
      ['id', 'instance_id', 'service_id', 'service_name'].map((name) => ({ name, type: 'text' })),
    );
  });

  it('can be undone and done again', async () => {
    const database = await open();
    await database.dataSource.undoLastMigration();
    const [{ count }] = await database.dataSource.query(
      "SELECT count(*)::int FROM pg_class WHERE relnamespace = 'deployments'::regnamespace AND relname IN ('service', 'deployment', 'binding')",
    );
    expect(count).toBe(0);
    await database.dispose();
    await (await open()).dispose();
  });
});
