import type { EntityTarget, ObjectLiteral } from 'typeorm';
import type { QueryDeepPartialEntity } from 'typeorm/query-builder/QueryPartialEntity.js';
import type { Transaction } from '../shared/database.js';
import { ConflictError } from '../shared/errors.js';

/**
 * Writes `patch` if the row still has the version that was read; otherwise somebody else was quicker, and nothing
 * is written.
 */
export async function updateVersioned<T extends ObjectLiteral & { id: string; version: number }>(
  transaction: Transaction,
  entity: EntityTarget<T>,
  row: T,
  patch: Partial<T>,
): Promise<T> {
  const changed = { ...patch, version: row.version + 1 };
  const result = await transaction
    .createQueryBuilder()
    .update(entity)
    .set(changed as unknown as QueryDeepPartialEntity<T>)
    .where('id = :id AND version = :version', { id: row.id, version: row.version })
    .execute();
  if (result.affected !== 1)
    throw new ConflictError('It was changed by somebody else at the same moment: read it again.');
  return { ...row, ...changed };
}
