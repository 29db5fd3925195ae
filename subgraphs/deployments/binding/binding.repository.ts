import type { Database, Transaction } from '../../shared/database.js';
import { BindingEntity } from './binding.entity.js';

export class BindingRepository {
  constructor(private readonly database: Database) {}

  async find(id: string): Promise<BindingEntity | undefined> {
    return (await this.database.manager.findOneBy(BindingEntity, { id })) ?? undefined;
  }

  async listByServices(
    serviceIds: readonly string[],
    manager: Transaction = this.database.manager,
  ): Promise<BindingEntity[]> {
    return manager
      .createQueryBuilder(BindingEntity, 'binding')
      .where('binding.service_id = ANY(:serviceIds)', { serviceIds })
      .orderBy('binding.id')
      .getMany();
  }

  async listByInstances(instanceIds: readonly string[]): Promise<BindingEntity[]> {
    return this.database.manager
      .createQueryBuilder(BindingEntity, 'binding')
      .where('binding.instance_id = ANY(:instanceIds)', { instanceIds })
      .orderBy('binding.id')
      .getMany();
  }

  async insert(transaction: Transaction, row: BindingEntity): Promise<void> {
    // jsonb columns are typed as partial entities by TypeORM's insert.
    await transaction.insert(BindingEntity, row as never);
  }

  /** False when it was gone already. */
  async delete(transaction: Transaction, id: string): Promise<boolean> {
    return (await transaction.delete(BindingEntity, { id })).affected === 1;
  }

  async deleteByService(transaction: Transaction, serviceId: string): Promise<void> {
    await transaction.delete(BindingEntity, { serviceId });
  }
}
