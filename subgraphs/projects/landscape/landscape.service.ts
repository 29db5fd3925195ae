import type { Caller } from '../../shared/caller.js';
import type { Permissions } from '../../shared/permissions.js';
import type { LandscapeEntity } from './landscape.entity.js';
import type { LandscapeRepository } from './landscape.repository.js';

/** Landscapes are common knowledge of everybody who is signed in. */
export class LandscapeService {
  constructor(
    private readonly landscapes: LandscapeRepository,
    private readonly permissions: Pick<Permissions, 'of'>,
  ) {}

  async list(caller: Caller): Promise<LandscapeEntity[]> {
    await this.permissions.of(caller);
    return this.landscapes.listAll();
  }

  async mapByIds(caller: Caller, ids: readonly string[]): Promise<Map<string, LandscapeEntity>> {
    await this.permissions.of(caller);
    const rows = await this.landscapes.listByIds(ids);
    return new Map(rows.map((row) => [row.id, row]));
  }
}
