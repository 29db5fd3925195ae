import { IsNull, LessThan, MoreThan } from 'typeorm';
import type { Database, Transaction } from '../../shared/database.js';
import { SessionEntity } from './session.entity.js';

/** Ended sessions are kept this long, to look up what an audit event refers to. */
const keptMilliseconds = 90 * 86_400_000;

export class SessionRepository {
  constructor(private readonly database: Database) {}

  /** Those that still count, newest first. */
  listActiveOf(userId: string, now: Date): Promise<SessionEntity[]> {
    return this.database.manager.find(SessionEntity, {
      where: { userId, revokedAt: IsNull(), expiresAt: MoreThan(now) },
      order: { id: 'DESC' },
      take: 100,
    });
  }

  async findOf(userId: string, id: string, transaction: Transaction): Promise<SessionEntity | undefined> {
    return (await transaction.findOneBy(SessionEntity, { id, userId })) ?? undefined;
  }

  /** Also forgets the user's sessions of long ago. */
  async insert(transaction: Transaction, session: SessionEntity): Promise<void> {
    const longAgo = new Date(session.createdAt.getTime() - keptMilliseconds);
    await transaction.delete(SessionEntity, { userId: session.userId, expiresAt: LessThan(longAgo) });
    await transaction.insert(SessionEntity, session);
  }

  async revoke(transaction: Transaction, id: string, at: Date): Promise<void> {
    await transaction.update(SessionEntity, { id, revokedAt: IsNull() }, { revokedAt: at });
  }

  async revokeAll(transaction: Transaction, userId: string, at: Date, exceptId?: string): Promise<void> {
    const query = transaction
      .createQueryBuilder()
      .update(SessionEntity)
      .set({ revokedAt: at })
      .where('user_id = :userId AND revoked_at IS NULL', { userId });
    if (exceptId !== undefined) query.andWhere('id <> :exceptId', { exceptId });
    await query.execute();
  }
}
