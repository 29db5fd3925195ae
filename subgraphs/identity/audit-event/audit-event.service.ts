import type { AuditEventEntity } from '../../shared/audit.js';
import type { Caller } from '../../shared/caller.js';
import type { Page, PageArguments } from '../../shared/pagination.js';
import type { Permissions } from '../../shared/permissions.js';
import type { AuditCriteria, AuditEventRepository } from './audit-event.repository.js';

export class AuditEventService {
  constructor(
    private readonly events: AuditEventRepository,
    private readonly permissions: Permissions,
  ) {}

  async list(caller: Caller, criteria: AuditCriteria, page: PageArguments): Promise<Page<AuditEventEntity>> {
    const permissions = await this.permissions.of(caller);
    permissions.requireFunctional('audit.read');
    return this.events.list(permissions.filter('audit.read'), criteria, page);
  }
}
