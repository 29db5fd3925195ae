import { In } from 'typeorm';
import type { Database } from '../../shared/database.js';
import { LandscapeEntity } from './landscape.entity.js';

export class LandscapeRepository {
  constructor(private readonly database: Database) {}

  /** In order. A handful. */
  listAll(): Promise<LandscapeEntity[]> {
    return this.database.manager.find(LandscapeEntity, { order: { order: 'ASC' } });
  }

  listByIds(ids: readonly string[]): Promise<LandscapeEntity[]> {
    return this.database.manager.findBy(LandscapeEntity, { id: In([...ids]) });
  }
}
