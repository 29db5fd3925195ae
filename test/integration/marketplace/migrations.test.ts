import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { InstanceEntity } from '../../../subgraphs/marketplace/instance/instance.entity.js';
import { marketplaceMigrations } from '../../../subgraphs/marketplace/migrations/migrations.js';
import { Database } from '../../../subgraphs/shared/database.js';
import { createLogger } from '../../../subgraphs/shared/logger.js';
import { createTestDatabase, type TestDatabase } from '../../kit/postgres.js';

describe('the migrations of the marketplace', () => {
  let server: TestDatabase;
  beforeAll(async () => {
    server = await createTestDatabase();
  });
  afterAll(() => server?.dispose());

  const open = () =>
    Database.open({
      url: server.url,
      subgraph: 'marketplace',
      entities: [InstanceEntity],
      migrations: marketplaceMigrations,
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
       WHERE table_schema = 'marketplace' AND table_name = 'published_instance' ORDER BY ordinal_position`,
    );
    await database.dispose();
    const text = [
      'id',
      'name',
      'environment_id',
      'project_id',
      'landscape_id',
      'cluster_id',
      'namespace',
      'offering',
    ];
    expect(columns).toEqual([
      ...[...text, 'credentials_secret'].map((name) => ({ name, type: 'text' })),
      ...['variables', 'pod_labels'].map((name) => ({ name, type: 'json' })),
    ]);
  });

  it('can be undone and done again', async () => {
    const database = await open();
    await database.dataSource.undoLastMigration();
    const [{ count }] = await database.dataSource.query(
      "SELECT count(*)::int FROM pg_class WHERE relnamespace = 'marketplace'::regnamespace AND relname IN ('instance', 'published_instance')",
    );
    expect(count).toBe(0);
    await database.dispose();
    await (await open()).dispose();
  });
});
