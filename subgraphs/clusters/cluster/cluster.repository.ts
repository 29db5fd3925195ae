import { type EntityManager, In, IsNull, LessThan } from 'typeorm';
import type { Database } from '../../shared/database.js';
import { ClusterEntity } from './cluster.entity.js';

const registered = { unregisteredAt: IsNull() };

export class ClusterRepository {
  constructor(private readonly database: Database) {}

  find(id: string, manager: EntityManager = this.database.manager): Promise<ClusterEntity | null> {
    return manager.findOneBy(ClusterEntity, { id, ...registered });
  }

  findByName(name: string, manager: EntityManager = this.database.manager): Promise<ClusterEntity | null> {
    return manager.findOneBy(ClusterEntity, { name, ...registered });
  }

  /** Unregistered ones too: other records may still refer to them. */
  listByIds(
    ids: readonly string[],
    manager: EntityManager = this.database.manager,
  ): Promise<ClusterEntity[]> {
    return manager.findBy(ClusterEntity, { id: In([...ids]) });
  }

  /** A short list: clusters are counted in hundreds. */
  async listIds(): Promise<string[]> {
    const rows = await this.database.manager.find(ClusterEntity, { where: registered, select: { id: true } });
    return rows.map((row) => row.id);
  }

  async isRegistered(id: string): Promise<boolean> {
    return this.database.manager.existsBy(ClusterEntity, { id, ...registered });
  }

  async findCredentials(id: string, manager: EntityManager = this.database.manager): Promise<string | null> {
    const row = await manager.findOne(ClusterEntity, {
      where: { id, ...registered },
      select: { id: true, encryptedCredentials: true },
    });
    return row?.encryptedCredentials ?? null;
  }

  async insert(row: ClusterEntity, manager: EntityManager): Promise<void> {
    await manager.insert(ClusterEntity, row);
  }

  /** False when the row has another version by now. */
  async update(
    { id, version }: Pick<ClusterEntity, 'id' | 'version'>,
    fields: Partial<Omit<ClusterEntity, 'id' | 'version'>>,
    manager: EntityManager,
  ): Promise<boolean> {
    const { affected } = await manager.update(
      ClusterEntity,
      { id, version, ...registered },
      // TypeORM types jsonb columns as partial entities.
      { ...(fields as object), version: version + 1 },
    );
    return affected === 1;
  }

  /** Of what was found out by looking: no change that anybody made, so the version stays. */
  async setRights(
    id: string,
    fields: Pick<ClusterEntity, 'missingRights' | 'rightsCheckedAt'>,
    manager: EntityManager = this.database.manager,
  ): Promise<void> {
    await manager.update(ClusterEntity, { id, ...registered }, fields as object);
  }

  /** Whose rights were last looked at before that time, or never. */
  listUnchecked(before: Date): Promise<ClusterEntity[]> {
    return this.database.manager.find(ClusterEntity, {
      where: [
        { ...registered, rightsCheckedAt: IsNull() },
        { ...registered, rightsCheckedAt: LessThan(before) },
      ],
      order: { id: 'ASC' },
    });
  }

  async setKubernetesVersion(id: string, kubernetesVersion: string): Promise<void> {
    await this.database.manager.update(ClusterEntity, { id, ...registered }, { kubernetesVersion });
  }
}
