import type { RequestContext } from '../../shared/request-context.js';
import { loadById } from '../load-by-id.js';
import type { RoleService } from './role.service.js';
import type { Role } from './role.type.js';

const key = Symbol('roles');

/** For fields that name a role. */
export const loadRole = (roles: RoleService, id: string, context: RequestContext): Promise<Role | null> =>
  loadById(context, key, id, (ids) => roles.listByIds(context.caller, ids));
