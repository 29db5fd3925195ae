import { In } from 'typeorm';
import { type Database, isUniqueViolation, type Transaction } from '../../shared/database.js';
import { ConflictError, NotFoundError } from '../../shared/errors.js';
import { newId } from '../../shared/ids.js';
import { updateVersioned } from '../versioned-update.js';
import type { BuiltInRole } from './built-in-roles.js';
import { RoleEntity } from './role.entity.js';

export class RoleRepository {
  constructor(private readonly database: Database) {}

  listAll(): Promise<RoleEntity[]> {
    return this.database.manager.find(RoleEntity, { order: { builtIn: 'DESC', name: 'ASC' } });
  }

  listByIds(ids: readonly string[]): Promise<RoleEntity[]> {
    return this.database.manager.findBy(RoleEntity, { id: In([...ids]) });
  }

  async get(
    id: string,
    field: readonly string[],
    manager: Transaction = this.database.manager,
  ): Promise<RoleEntity> {
    const role = await manager.findOneBy(RoleEntity, { id });
    if (!role) throw new NotFoundError('Role', id, field);
    return role;
  }

  async getByName(
    name: string,
    field: readonly string[],
    manager: Transaction = this.database.manager,
  ): Promise<RoleEntity> {
    const role = await manager.findOneBy(RoleEntity, { name });
    if (!role) throw new NotFoundError('Role', name, field);
    return role;
  }

  async insert(transaction: Transaction, role: RoleEntity): Promise<RoleEntity> {
    try {
      await transaction.insert(RoleEntity, role);
      return role;
    } catch (error) {
      if (!isUniqueViolation(error, 'role_name_unique')) throw error;
      throw new ConflictError(`The role name ${JSON.stringify(role.name)} is taken: choose another.`, {
        field: ['input', 'name'],
      });
    }
  }

  update(transaction: Transaction, role: RoleEntity, patch: Partial<RoleEntity>): Promise<RoleEntity> {
    return updateVersioned(transaction, RoleEntity, role, patch);
  }

  async remove(transaction: Transaction, id: string): Promise<void> {
    await transaction.delete(RoleEntity, { id });
  }

  /** True when the stored role differed. Safe while other processes do the same. */
  async keepBuiltIn(transaction: Transaction, role: BuiltInRole, at: Date): Promise<boolean> {
    const rows: unknown[] = await transaction.query(
      `INSERT INTO identity.role AS stored (id, name, description, built_in, permissions, created_at, updated_at, version)
       VALUES ($1, $2, $3, true, $4, $5, $5, 1)
       ON CONFLICT ON CONSTRAINT role_name_unique DO UPDATE
         SET description = excluded.description, permissions = excluded.permissions, built_in = true,
             updated_at = excluded.updated_at, version = stored.version + 1
         WHERE (stored.description, stored.permissions, stored.built_in) IS DISTINCT FROM
               (excluded.description, excluded.permissions, true)
       RETURNING id`,
      [newId('role', at.getTime()), role.name, role.description, [...role.permissions].sort(), at],
    );
    return rows.length > 0;
  }
}
