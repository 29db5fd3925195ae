import type { SelectQueryBuilder } from 'typeorm';
import { AuditEventEntity, type AuditResult } from '../../shared/audit.js';
import { andPermitted } from '../../shared/data-filter.js';
import type { Database } from '../../shared/database.js';
import {
  decodeCursor,
  type Page,
  type PageArguments,
  pageOfRows,
  pageSize,
} from '../../shared/pagination.js';
import type { DataFilter } from '../../shared/permission-scope.js';

export interface AuditCriteria {
  readonly projectId?: string | null;
  readonly actorId?: string | null;
  readonly action?: string | null;
  readonly targetType?: string | null;
  readonly targetId?: string | null;
  readonly result?: AuditResult | null;
  readonly requestId?: string | null;
  /** From this moment on. */
  readonly since?: Date | null;
  /** Before this moment. */
  readonly until?: Date | null;
}

/** Only our own text becomes SQL; what the client gives is a parameter. */
const conditions: Readonly<Record<keyof AuditCriteria, string>> = {
  projectId: 'event.project_id = :projectId',
  actorId: 'event.user_id = :actorId',
  action: 'event.action = :action',
  targetType: 'event.target_type = :targetType',
  targetId: 'event.target_id = :targetId',
  result: 'event.result = :result',
  requestId: 'event.request_id = :requestId',
  since: 'event.at >= :since',
  until: 'event.at < :until',
};

/** Reads the audit log. Nothing here, nor anywhere, changes it. */
export class AuditEventRepository {
  constructor(private readonly database: Database) {}

  /** Newest first; of those that belong to no project only who may read all sees anything. */
  async list(
    filter: DataFilter,
    criteria: AuditCriteria,
    page: PageArguments,
  ): Promise<Page<AuditEventEntity>> {
    const size = pageSize(page.first);
    const query = this.#matching(filter, criteria);
    const rows = query
      .clone()
      .orderBy('event.id', 'DESC')
      .limit(size + 1);
    if (page.after) rows.andWhere('event.id < :after', { after: decodeCursor(page.after, 1)[0] });
    return pageOfRows(await rows.getMany(), size, (event) => [event.id], {
      after: page.after,
      totalCount: () => query.getCount(),
    });
  }

  #matching(filter: DataFilter, criteria: AuditCriteria): SelectQueryBuilder<AuditEventEntity> {
    const query = this.database.manager.createQueryBuilder(AuditEventEntity, 'event').where('TRUE');
    andPermitted(query, filter, { projectId: 'event.project_id' });
    for (const [name, condition] of Object.entries(conditions)) {
      const value = criteria[name as keyof AuditCriteria];
      if (value != null) query.andWhere(condition, { [name]: value });
    }
    return query;
  }
}
