import type { AuditEventEntity } from '../../shared/audit.js';
import type { Caller } from '../../shared/caller.js';
import type { Page, PageArguments } from '../../shared/pagination.js';
import { type DataFilter, levelsOf } from '../../shared/permission-scope.js';
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
    return this.events.list(wholeProjects(permissions.filter('audit.read')), criteria, page);
  }
}

/**
 * An event says of which project it is, not of which part of it. So whoever has the permission in a part only, such as
 * one landscape, sees nothing: what was changed in the others is not for them.
 */
const wholeProjects = ({ allow, deny }: DataFilter): DataFilter => ({
  allow: allow.filter((scope) => levelsOf(scope).every((level) => level === 'projectId')),
  deny,
});
