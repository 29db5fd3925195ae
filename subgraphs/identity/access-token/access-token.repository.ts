import { In, IsNull, MoreThan } from 'typeorm';
import type { Database, Transaction } from '../../shared/database.js';
import { AccessTokenEntity } from './access-token.entity.js';

export class AccessTokenRepository {
  constructor(private readonly database: Database) {}

  async find(
    id: string,
    manager: Transaction = this.database.manager,
  ): Promise<AccessTokenEntity | undefined> {
    return (await manager.findOneBy(AccessTokenEntity, { id })) ?? undefined;
  }

  listByIds(ids: readonly string[]): Promise<AccessTokenEntity[]> {
    return this.database.manager.findBy(AccessTokenEntity, { id: In([...ids]) });
  }

  /** Those that still count, newest first. */
  listActiveOf(userId: string, now: Date): Promise<AccessTokenEntity[]> {
    return this.database.manager.find(AccessTokenEntity, {
      where: { userId, revokedAt: IsNull(), expiresAt: MoreThan(now) },
      order: { id: 'DESC' },
    });
  }

  countActiveOf(transaction: Transaction, userId: string, now: Date): Promise<number> {
    return transaction.countBy(AccessTokenEntity, {
      userId,
      revokedAt: IsNull(),
      expiresAt: MoreThan(now),
    });
  }

  async insert(transaction: Transaction, token: AccessTokenEntity): Promise<void> {
    await transaction.insert(AccessTokenEntity, token);
  }

  /** A token that was revoked before keeps its time. */
  async revoke(transaction: Transaction, id: string, at: Date): Promise<void> {
    await transaction.update(AccessTokenEntity, { id, revokedAt: IsNull() }, { revokedAt: at });
  }
}
